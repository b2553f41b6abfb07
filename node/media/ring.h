/*
 * The newest frames of a hub, bounded in number, bytes and time. Frames have indexes that only
 * grow; those in [first, next) are held. Not thread-safe: the hub locks.
 */
#ifndef CAMNODE_MEDIA_RING_H
#define CAMNODE_MEDIA_RING_H

#include <stdint.h>

#include "media/frame.h"

struct ring_limits {
	size_t frames;   /* from 2 */
	size_t bytes;    /* of the frames held; at least the newest is always kept */
	int64_t span_us; /* from the oldest frame held to the newest, by pts; 0: any */
};

/* Frames taken out in one go: they are freed outside the lock, a batch at a time. */
#define RING_BATCH 32

struct ring {
	struct frame **slots;
	size_t size;
	uint64_t first, next;
	size_t bytes;
};

/* Room for `frames`, and one more: one is added first, the oldest are taken out after. 0 or
 * -ENOMEM. */
int ring_init(struct ring *ring, size_t frames);
void ring_finish(struct ring *ring); /* drops what is held */

static inline size_t ring_count(const struct ring *ring)
{
	return (size_t)(ring->next - ring->first);
}

/* A frame that is held; borrowed. */
struct frame *ring_at(const struct ring *ring, uint64_t index);

/* Takes a reference to a frame. */
void ring_add(struct ring *ring, struct frame *frame);

/* Takes the oldest frames out, which are the caller's now, while more is held than the limits
 * allow, but leaves `keep`. Returns how many: RING_BATCH when there may be more. */
size_t ring_take(struct ring *ring, const struct ring_limits *limits, size_t keep,
                 struct frame *ret_taken[static RING_BATCH]);

/* The index to begin at for frames from `from_us` on: the last key frame at or before the first
 * such frame; without one, that frame (then a reader skips to the next key). */
uint64_t ring_find(const struct ring *ring, int64_t from_us);

#endif
