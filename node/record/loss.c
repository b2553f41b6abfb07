#include "record/loss.h"

void loss_add(struct loss *loss, uint64_t frames)
{
	loss->frames += frames;
	loss->of_file += frames;
}

uint64_t loss_see(struct loss *loss, uint64_t sequence, int64_t pts_us)
{
	uint64_t missing = 0;

	if (loss->next_sequence > 0 && sequence > loss->next_sequence)
		missing = sequence - loss->next_sequence;
	loss->next_sequence = sequence + 1;
	loss->last_us = pts_us;
	loss_add(loss, missing);
	return missing;
}

void loss_end(struct loss *loss, uint64_t sequence, int64_t pts_us, int64_t end_us)
{
	uint64_t later, before_end;

	if (loss->next_sequence == 0 || sequence < loss->next_sequence || end_us <= loss->last_us ||
	    pts_us <= loss->last_us)
		return;
	later = sequence + 1 - loss->next_sequence;
	if (pts_us < end_us) {
		loss_add(loss, later);
		return;
	}
	/* The last one is this frame, which is not before the end. */
	before_end =
		(uint64_t)(end_us - 1 - loss->last_us) * later / (uint64_t)(pts_us - loss->last_us);
	loss_add(loss, before_end);
}

uint64_t loss_take(struct loss *loss)
{
	uint64_t frames = loss->of_file;

	loss->of_file = 0;
	return frames;
}
