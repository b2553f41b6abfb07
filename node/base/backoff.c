#include "base/backoff.h"

#include "base/clock.h"

#include <sys/random.h>

static int64_t doubled(int64_t value, int64_t max)
{
	return value > max / 2 ? max : value * 2;
}

void backoff_init(struct backoff *backoff, int64_t min_ms, int64_t max_ms)
{
	*backoff = (struct backoff){.min_ms = min_ms, .max_ms = max_ms};
	backoff_reset(backoff);
}

void backoff_reset(struct backoff *backoff)
{
	/* Twice the minimum, so that even the first retries of many nodes are spread. */
	backoff->ceiling_ms = doubled(backoff->min_ms, backoff->max_ms);
}

int64_t backoff_next_ms(struct backoff *backoff)
{
	uint64_t range_ms = (uint64_t)(backoff->ceiling_ms - backoff->min_ms) + 1;

	backoff->ceiling_ms = doubled(backoff->ceiling_ms, backoff->max_ms);
	return backoff->min_ms + (int64_t)backoff_random(range_ms);
}

uint64_t backoff_random(uint64_t below)
{
	uint64_t value;

	if (below == 0)
		return 0;
	if (getrandom(&value, sizeof(value), 0) != sizeof(value))
		value = (uint64_t)clock_mono_us(); /* a kernel without it: enough for a jitter */
	return value % below;                      /* the bias is below / 2^64 */
}
