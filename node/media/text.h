/*
 * Small text on luma planes: a 5×7 bitmap font, scaled by whole pixels; for the test pattern's
 * labels, "no signal" pictures and overlays. ASCII: of UTF-8's other characters, Latin letters show
 * without their accents, the rest as one '?' each.
 */
#ifndef CAMNODE_MEDIA_TEXT_H
#define CAMNODE_MEDIA_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "media/image.h"

#define TEXT_CELL_WIDTH 6 /* px at scale 1, with the gap */
#define TEXT_CELL_HEIGHT 9

/* Draws at x, y (px, clipped) in `luma` on a box of `background` (-1: none) on a YUV420/NV12 image.
 */
void text_draw(struct image *image, int x, int y, int scale, const char *text, int luma,
               int background);

int text_width(const char *text, int scale); /* px */

/* What is drawn of a text, in ASCII; cut. */
void text_shown(const char *text, char *ret_text, size_t size);

/* True when a letter or a digit is drawn of it, not just marks. */
bool text_is_readable(const char *text);

#endif
