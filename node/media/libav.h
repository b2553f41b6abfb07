/*
 * What all users of FFmpeg's libraries share: their messages go to our log, at debug level, because
 * who handles an error logs it; their error codes become ours; what they allocate at once has a
 * limit. Any thread.
 */
#ifndef CAMNODE_MEDIA_LIBAV_H
#define CAMNODE_MEDIA_LIBAV_H

#include <libavutil/pixfmt.h>

#include "media/image.h"

/* Before the first use of a library; more calls do no harm. */
void libav_init(void);

/* A negative AVERROR as -errno: codes of libav's own become -EBADMSG, -ENODATA, -ENOSYS or -EIO. */
int libav_errno(int averror);

/* AV_PIX_FMT_NONE for a JPEG. The range is told separately. */
enum AVPixelFormat libav_pixel_format(enum image_format format);

#endif
