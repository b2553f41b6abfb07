/*
 * A frame: one encoded picture (a JPEG, or one H.264 access unit). Counted and immutable: made once
 * by an encoder, shared by every viewer, recorder and snapshot without a copy. Any thread.
 */
#ifndef CAMNODE_MEDIA_FRAME_H
#define CAMNODE_MEDIA_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

enum frame_codec { FRAME_JPEG, FRAME_H264 };

struct frame_info {
	enum frame_codec codec;
	int width, height; /* px */
	uint64_t sequence; /* of the source */
	int64_t pts_us;    /* CLOCK_MONOTONIC at the sensor */
	bool key;          /* H.264: an IDR with SPS and PPS in band; always true for JPEG */
	bool full_range;
	bool placeholder; /* a "no signal" picture, not from the camera: recorders skip it */
	int quality;      /* JPEG quality, -1 unknown (passed through) or H.264 */
	unsigned epoch;   /* changes when the encoder was made anew: parameters may differ; 0: of
	                   * no shared encoder */
};

/* Zero bytes behind each frame's data: libav's parsers may read past the end. */
#define FRAME_PADDING 64

struct frame;

/* Copies `data` into a right-sized frame. NULL: no memory. */
struct frame *frame_new(const struct frame_info *info, const void *data, size_t size);

/* A frame of two pieces in a row (a JPEG with a part inserted goes through here once). */
struct frame *frame_new_joined(const struct frame_info *info, const void *const pieces[],
                               const size_t sizes[], size_t count);

struct frame *frame_ref(struct frame *frame);
void frame_unref(struct frame *frame); /* takes NULL */
DEFINE_CLEANUP(struct frame *, frame_unref);

const struct frame_info *frame_info(const struct frame *frame);
const uint8_t *frame_data(const struct frame *frame);
size_t frame_size(const struct frame *frame);

#endif
