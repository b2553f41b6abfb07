/*
 * The first picture of a recording as a small JPEG. Blocks on the disk, and takes some ms of CPU.
 */
#ifndef CAMNODE_MEDIA_POSTER_H
#define CAMNODE_MEDIA_POSTER_H

#include "media/frame.h"

/* At most `width` px wide. 0, -EBADMSG when the file has no picture that can be read, -errno. */
int poster_make(const char *path, int width, struct frame **ret_frame);

#endif
