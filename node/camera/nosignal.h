/*
 * The "no signal" picture: what viewers see while a camera is away, clearly marked, never a frozen
 * last frame. Frames carry the `placeholder` flag, so that recorders and snapshots skip them.
 */
#ifndef CAMNODE_CAMERA_NOSIGNAL_H
#define CAMNODE_CAMERA_NOSIGNAL_H

#include "media/frame.h"

/* A JPEG of about width × height (px) with the camera's name and `why`: 0 or -errno. */
int nosignal_frame(int width, int height, const char *name, const char *why,
                   struct frame **ret_frame);

#endif
