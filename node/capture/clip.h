/*
 * A file or stream that libavformat reads, picture by picture: MJPEG as it is, everything else
 * decoded to YUV420 (without copying where the decoder gives that). Files start again at their end.
 *
 * One thread; only the flag given to clip_open() may be set by another, to break off what waits for
 * the network. Waits end after CLIP_TIMEOUT_US without data in any case.
 */
#ifndef CAMNODE_CAPTURE_CLIP_H
#define CAMNODE_CAPTURE_CLIP_H

#include <stdatomic.h>

#include "media/image.h"

#define CLIP_TIMEOUT_US 5000000
#define CLIP_NO_TIME INT64_MIN

struct clip;

struct clip_info {
	int width, height;        /* px */
	double fps;               /* nominal */
	enum image_format format; /* of the images: IMAGE_JPEG or IMAGE_YUV420 */
	bool is_live;             /* has neither an end nor a pace but its arrival's */
	const char *codec;
};

/* 0; -ENODEV with the reason in `ret_text` when it cannot be opened now, -EINVAL when there is
 * nothing to show in it. `stop` has to stay until clip_close(). */
int clip_open(const char *url, const atomic_bool *stop, struct clip **ret_clip, char *ret_text,
              size_t text_size);
void clip_close(struct clip *clip); /* takes NULL */
const struct clip_info *clip_info(const struct clip *clip);

/* Goes on to the next picture. `wanted` false: it isn't decoded, and has no image; the first one
 * that is wanted again takes longer, because those since the last key frame are decoded first (far
 * from a key frame, some are decoded before). 0; -ESHUTDOWN (stop was set),
 * -ETIMEDOUT, -ENODATA (the end of a stream), -errno. */
int clip_next(struct clip *clip, bool wanted);

/* Of the picture: when it is shown, within the clip. CLIP_NO_TIME: the clip doesn't say. */
int64_t clip_time_us(const struct clip *clip);
bool clip_is_first(const struct clip *clip); /* the clip starts, or starts again */

/* The picture as an image, the caller's. NULL: it was skipped, or no memory. */
struct image *clip_image(struct clip *clip, uint64_t sequence, int64_t pts_us);

#endif
