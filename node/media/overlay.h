/*
 * The overlay: time and name in a corner of a picture, small, burnt into its planes. Pure
 * functions.
 */
#ifndef CAMNODE_MEDIA_OVERLAY_H
#define CAMNODE_MEDIA_OVERLAY_H

#include "config/config.h"
#include "media/image.h"

#define OVERLAY_TEXT_SIZE 96 /* a date, and a label of 64 bytes */

/* As a set of these an overlay can be changed at once while pictures are made; 0: none. */
enum overlay_flag {
	OVERLAY_TIME = 1,
	OVERLAY_NAME = 2,
	OVERLAY_RIGHT = 4, /* else left */
	OVERLAY_TOP = 8,   /* else at the bottom */
};

/* As the camera is configured. */
unsigned overlay_flags(const struct config_camera *config);

/* What is drawn for the camera's name: that, or the id where nothing of it can be read. */
const char *overlay_label(const struct config_camera *config);

/* "2026-11-23 14:04:50  Front door"; local time. */
void overlay_text(unsigned flags, const char *name, int64_t wall_us,
                  char ret_text[static OVERLAY_TEXT_SIZE]);

/* The picture with the text on it: itself if it is writable and has planes (then the caller must be
 * its only holder), else a copy. A new reference: 0, -ENOMEM. */
int overlay_draw(struct image *image, unsigned flags, const char *name, struct image **ret_image);

#endif
