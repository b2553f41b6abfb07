/*
 * JPEG as bytes: what the header says, and the repairs that USB cameras' pictures need. Pure
 * functions.
 */
#ifndef CAMNODE_MEDIA_JPEG_H
#define CAMNODE_MEDIA_JPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/frame.h"

struct jpeg_header {
	int width, height;
	bool has_dht;      /* Huffman tables are there */
	size_t sof_offset; /* where a missing DHT goes (before SOF0/SOS) */
	size_t size; /* bytes up to and with EOI: trailing padding of UVC buffers is cut off */
};

/* Walks the markers: 0; -EBADMSG when it is not a JPEG or is cut off (no EOI after the scan). */
int jpeg_parse(const uint8_t *data, size_t size, struct jpeg_header *ret_header);

/* Copies a camera's JPEG into a frame, once: padding cut, the standard tables (ITU-T T.81 annex
 * K.3) inserted when the DHT is missing. 0, -EBADMSG, -ENOMEM. `info`'s size fields are taken from
 * the header. */
int jpeg_frame_new(const struct frame_info *info, const uint8_t *data, size_t size,
                   struct frame **ret_frame);

#endif
