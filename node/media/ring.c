#include "media/ring.h"

#include <errno.h>
#include <stdlib.h>

static struct frame **slot(const struct ring *ring, uint64_t index)
{
	return &ring->slots[index % ring->size];
}

int ring_init(struct ring *ring, size_t frames)
{
	*ring = (struct ring){.size = frames + 1};
	ring->slots = calloc(ring->size, sizeof(struct frame *));
	return ring->slots ? 0 : -ENOMEM;
}

void ring_finish(struct ring *ring)
{
	for (uint64_t i = ring->first; i < ring->next; i++)
		frame_unref(*slot(ring, i));
	free(ring->slots);
}

struct frame *ring_at(const struct ring *ring, uint64_t index)
{
	return *slot(ring, index);
}

void ring_add(struct ring *ring, struct frame *frame)
{
	*slot(ring, ring->next++) = frame_ref(frame);
	ring->bytes += frame_size(frame);
}

static bool is_too_full(const struct ring *ring, const struct ring_limits *limits)
{
	int64_t oldest_us = frame_info(ring_at(ring, ring->first))->pts_us;
	int64_t newest_us = frame_info(ring_at(ring, ring->next - 1))->pts_us;

	return ring_count(ring) > limits->frames || ring->bytes > limits->bytes ||
	       (limits->span_us > 0 && newest_us - oldest_us > limits->span_us);
}

size_t ring_take(struct ring *ring, const struct ring_limits *limits, size_t keep,
                 struct frame *ret_taken[static RING_BATCH])
{
	size_t count = 0;

	while (count < RING_BATCH && ring_count(ring) > keep && is_too_full(ring, limits)) {
		ret_taken[count] = ring_at(ring, ring->first++);
		ring->bytes -= frame_size(ret_taken[count++]);
	}
	return count;
}

uint64_t ring_find(const struct ring *ring, int64_t from_us)
{
	uint64_t start = ring->first;

	while (start < ring->next && frame_info(ring_at(ring, start))->pts_us < from_us)
		start++;
	if (start == ring->next)
		return start;
	for (uint64_t i = start + 1; i > ring->first; i--)
		if (frame_info(ring_at(ring, i - 1))->key)
			return i - 1;
	return start;
}
