/*
 * What the pattern camera looks at: hills under a sky, seen by a sensor that shakes a little and
 * has noise, and a ball that flies through. Textures with noise are made once; a picture of 720p
 * then costs little more than copying its rows. One thread.
 */
#ifndef CAMNODE_CAPTURE_SCENE_H
#define CAMNODE_CAPTURE_SCENE_H

#include "media/image.h"

struct scene;

/* `noise` 0..100. JPEGs of 720p at quality 80 have 75 KB with 0, 125 with 50, 220 with 100. NULL:
 * no memory. */
struct scene *scene_new(int width, int height, int noise);
void scene_free(struct scene *scene); /* takes NULL */

/* Draws the picture number `frame` on a YUV420 image of the scene's size. `brightness` -1..1. */
void scene_draw(const struct scene *scene, uint64_t frame, double brightness, struct image *image);

#endif
