#include "control/rate.h"

#include "base/clock.h"

void rate_init(struct rate *rate, int per_second, int burst)
{
	*rate = (struct rate){.per_second = per_second, .burst = burst};
}

bool rate_take(struct rate *rate, int64_t now_us)
{
	int64_t token_us = USEC_PER_SEC / rate->per_second;
	int64_t full_us = (rate->full_us > now_us ? rate->full_us : now_us) + token_us;

	if (full_us - now_us > rate->burst * token_us)
		return false;
	rate->full_us = full_us;
	return true;
}
