/*
 * Small text on luma planes: a 5×7 bitmap font, scaled by whole pixels; for the test pattern's
 * labels, "no signal" pictures and overlays. ASCII; other characters show as '?'.
 */
#ifndef CAMNODE_MEDIA_TEXT_H
#define CAMNODE_MEDIA_TEXT_H

#include "media/image.h"

#define TEXT_CELL_WIDTH 6 /* px at scale 1, with the gap */
#define TEXT_CELL_HEIGHT 9

/* Draws at x, y (px, clipped) in `luma` on a box of `background` (-1: none) on a YUV420/NV12 image.
 */
void text_draw(struct image *image, int x, int y, int scale, const char *text, int luma,
               int background);

int text_width(const char *text, int scale); /* px */

#endif
