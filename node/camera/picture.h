/*
 * Fitting a shared JPEG to what a snapshot asks for: another quality, a smaller width, a limit in
 * bytes. Without wishes the frame itself is the result. Blocks for milliseconds: snapshot thread.
 */
#ifndef CAMNODE_CAMERA_PICTURE_H
#define CAMNODE_CAMERA_PICTURE_H

#include "media/frame.h"

struct picture_wish {
	int quality;      /* 1..100, 0: as it is */
	int max_width;    /* px, 0: as it is */
	size_t max_bytes; /* 0: any */
};

/* A new reference: 0, -EFBIG when even the smallest step is over max_bytes, -EBADMSG, -ENOMEM. */
int picture_fit(struct frame *frame, const struct picture_wish *wish, struct frame **ret_frame);

#endif
