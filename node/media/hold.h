/*
 * A hold: frames in the order they came, kept by a reader that is slower than the hub's ring.
 * Bounded by bytes. Zeroed (but for the limit) it is empty; hold_clear() frees all. One thread.
 */
#ifndef CAMNODE_MEDIA_HOLD_H
#define CAMNODE_MEDIA_HOLD_H

#include "media/frame.h"

struct hold {
	size_t limit; /* bytes */
	struct frame **frames;
	size_t first, end, capacity; /* held are those in [first, end) */
	size_t bytes;
};

/* Makes sure that one more can be pushed: false at the limit, or without memory. */
bool hold_has_room(struct hold *hold);

/* Only after hold_has_room(). Takes the reference over. */
void hold_push(struct hold *hold, struct frame *frame);

/* The oldest, the caller's now, or NULL. */
struct frame *hold_pop(struct hold *hold);

void hold_clear(struct hold *hold);

#endif
