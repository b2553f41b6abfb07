#include "media/hold.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_CAPACITY 64

/* Half of it is free at the front, or it doubles: moving costs little for each frame. */
static bool make_slot(struct hold *hold)
{
	size_t capacity = hold->capacity > 0 ? 2 * hold->capacity : LEAST_CAPACITY;
	struct frame **frames = hold->frames;

	if (hold->first < hold->capacity / 2 || hold->capacity == 0) {
		frames = reallocarray(hold->frames, capacity, sizeof(struct frame *));
		if (!frames)
			return false;
		hold->frames = frames;
		hold->capacity = capacity;
		return true;
	}
	memmove(frames, frames + hold->first, (hold->end - hold->first) * sizeof(struct frame *));
	hold->end -= hold->first;
	hold->first = 0;
	return true;
}

bool hold_has_room(struct hold *hold)
{
	return hold->bytes < hold->limit && (hold->end < hold->capacity || make_slot(hold));
}

void hold_push(struct hold *hold, struct frame *frame)
{
	hold->frames[hold->end++] = frame;
	hold->bytes += frame_size(frame);
}

struct frame *hold_pop(struct hold *hold)
{
	if (hold->first == hold->end)
		return NULL;
	struct frame *frame = hold->frames[hold->first++];

	hold->bytes -= frame_size(frame);
	return frame;
}

void hold_clear(struct hold *hold)
{
	struct frame *frame;

	while ((frame = hold_pop(hold)))
		frame_unref(frame);
	free(hold->frames);
	*hold = (struct hold){.limit = hold->limit};
}
