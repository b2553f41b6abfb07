/*
 * A rate: so many a second on average, and so many at once after a pause (a token bucket). For
 * commands, so that a sender gone wild costs little. Not locked: one thread, or the owner's mutex.
 */
#ifndef CAMNODE_CONTROL_RATE_H
#define CAMNODE_CONTROL_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
	int per_second, burst;
	int64_t full_us; /* when all tokens will be there again */
};

void rate_init(struct rate *rate, int per_second, int burst);

/* Takes one; false when there is none. */
bool rate_take(struct rate *rate, int64_t now_us);

#endif
