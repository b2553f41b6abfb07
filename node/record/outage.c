#include "record/outage.h"

#include "base/clock.h"
#include "record/folder.h"

#include <errno.h>

void outage_enter(struct outage *outage)
{
	atomic_store(&outage->busy_since_us, clock_mono_us());
}

void outage_leave(struct outage *outage)
{
	int64_t began_us = atomic_exchange(&outage->busy_since_us, 0);

	outage->was_stuck = clock_mono_us() - began_us >= OUTAGE_STUCK_US;
}

bool outage_is_stuck(struct outage *outage)
{
	int64_t began_us = atomic_load(&outage->busy_since_us);

	return began_us > 0 && clock_mono_us() - began_us >= OUTAGE_STUCK_US;
}

bool outage_begin(struct outage *outage, int error)
{
	bool is_news = outage->error != error;

	outage->error = error;
	outage->proofs = 0;
	outage->retry_us = clock_mono_us() + OUTAGE_RETRY_US;
	return is_news;
}

int outage_cause(int error, const struct config_record *config)
{
	int r = error == -ENOENT ? folder_check(config) : 0;

	return r < 0 ? r : error;
}

int outage_try(struct outage *outage, const struct config_record *config)
{
	if (outage->error && clock_mono_us() < outage->retry_us)
		return -EAGAIN;
	return outage->error == -ENOSPC ? folder_check_again(config) : folder_check(config);
}

int outage_prove(struct outage *outage, const struct config_record *config)
{
	int r = folder_check(config);

	if (r == 0 && outage->error && ++outage->proofs >= OUTAGE_PROOF)
		outage->error = 0;
	return r;
}
