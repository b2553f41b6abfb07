/*
 * What the test camera sees: the pattern camera's scene with its block code
 * (capture/pattern_code.h: number and time), in the mode's format. A JPEG also has a comment after
 * its first two bytes: "frame=N crc=C", with zlib's CRC-32 of all that follows the comment, so that
 * whoever gets the picture can tell that it is as the camera sent it. One thread.
 */
#ifndef CAMNODE_VM_PICTURE_H
#define CAMNODE_VM_PICTURE_H

#include "base/buf.h"
#include "usb_camera/uvc.h"

struct painter;

struct painter *painter_new(const struct uvc_mode *mode); /* NULL: no memory */
void painter_free(struct painter *painter);               /* takes NULL */

/* Appends the picture number `frame`. `whole_tables`: else the JPEG's Huffman tables are left out,
 * as many cameras do. */
void painter_paint(struct painter *painter, uint32_t frame, bool whole_tables, struct buf *picture);

#endif
