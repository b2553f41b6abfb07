/*
 * Frames of the camera that are missing in a recording, wherever they were lost. Pure functions.
 */
#ifndef CAMNODE_RECORD_LOSS_H
#define CAMNODE_RECORD_LOSS_H

#include <stdint.h>

struct loss {
	uint64_t next_sequence; /* 0: not known */
	uint64_t frames;        /* in all */
	uint64_t of_file;       /* since loss_take() */
};

/* Frames that came and could not be taken. */
void loss_add(struct loss *loss, uint64_t frames);

/* A frame came: counts, and returns, those that should have come before it. */
uint64_t loss_see(struct loss *loss, uint64_t sequence);

/* A file ends: what is missing in it. */
uint64_t loss_take(struct loss *loss);

#endif
