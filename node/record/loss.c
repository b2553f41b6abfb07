#include "record/loss.h"

void loss_add(struct loss *loss, uint64_t frames)
{
	loss->frames += frames;
	loss->of_file += frames;
}

uint64_t loss_see(struct loss *loss, uint64_t sequence)
{
	uint64_t missing = 0;

	if (loss->next_sequence > 0 && sequence > loss->next_sequence)
		missing = sequence - loss->next_sequence;
	loss->next_sequence = sequence + 1;
	loss_add(loss, missing);
	return missing;
}

uint64_t loss_take(struct loss *loss)
{
	uint64_t frames = loss->of_file;

	loss->of_file = 0;
	return frames;
}
