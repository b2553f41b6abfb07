/*
 * Smaller pictures (libswscale, bilinear area): previews and snapshots with max_width. One thread.
 */
#ifndef CAMNODE_MEDIA_SCALER_H
#define CAMNODE_MEDIA_SCALER_H

#include "media/image.h"

struct scaler;

struct scaler *scaler_new(void);
void scaler_free(struct scaler *scaler); /* takes NULL */

/* The size of pictures that are to be at most `max_width` (px, even) wide, their shape kept. */
void scaler_fit(int max_width, int *width, int *height);

/* Any raw format to YUV420 of width × height (px, even), range kept. 0, -EINVAL, -ENOMEM. */
int scaler_scale(struct scaler *scaler, const struct image *image, int width, int height,
                 struct image **ret_image);

#endif
