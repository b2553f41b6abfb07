/*
 * The "no signal" picture: what viewers see while a camera is away, clearly marked, never a frozen
 * last frame. Frames carry the `placeholder` flag, so that recorders and snapshots skip them.
 */
#ifndef CAMNODE_CAMERA_NOSIGNAL_H
#define CAMNODE_CAMERA_NOSIGNAL_H

#include "media/frame.h"

struct nosignal_text {
	const char *title; /* "NO SIGNAL", "CAMERA OFF" */
	const char *name;  /* of the camera */
	const char *why;
};

/* A JPEG of about width × height (px): 0 or -errno. */
int nosignal_frame(int width, int height, const struct nosignal_text *text,
                   struct frame **ret_frame);

#endif
