/*
 * Frames of the camera that are missing in a recording, wherever they were lost. Pure functions.
 */
#ifndef CAMNODE_RECORD_LOSS_H
#define CAMNODE_RECORD_LOSS_H

#include <stdint.h>

struct loss {
	uint64_t next_sequence; /* 0: not known */
	int64_t last_us;        /* when the frame before that was taken */
	uint64_t frames;        /* in all */
	uint64_t of_file;       /* since loss_take() */
};

/* Frames that came and could not be taken. */
void loss_add(struct loss *loss, uint64_t frames);

/* A frame came: counts, and returns, those that should have come before it. */
uint64_t loss_see(struct loss *loss, uint64_t sequence, int64_t pts_us);

/* A recording ends at `end_us`, and this frame is not in it: counts those between the last that
 * came and the end, itself too if it was taken before that. Even times are taken for granted. */
void loss_end(struct loss *loss, uint64_t sequence, int64_t pts_us, int64_t end_us);

/* A file ends: what is missing in it. */
uint64_t loss_take(struct loss *loss);

#endif
