/*
 * Waiting times for retries: exponential with full jitter (a random time between the minimum and
 * the current ceiling, which doubles up to the maximum). After AWS's "Exponential Backoff And
 * Jitter".
 */
#ifndef CAMNODE_BASE_BACKOFF_H
#define CAMNODE_BASE_BACKOFF_H

#include <stdint.h>

struct backoff {
	int64_t min_ms;
	int64_t max_ms;
	int64_t ceiling_ms;
};

void backoff_init(struct backoff *backoff, int64_t min_ms, int64_t max_ms);
void backoff_reset(struct backoff *backoff);

/* How long to wait now, in ms, in [min, ceiling]; raises the ceiling for the next time. */
int64_t backoff_next_ms(struct backoff *backoff);

/* A random number in [0, below), from getrandom(); for jitter and phases. */
uint64_t backoff_random(uint64_t below);

#endif
