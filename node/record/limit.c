#include "record/limit.h"

#include "base/clock.h"

#include <errno.h>

void limit_init(struct limit *limit, int64_t duration_us)
{
	pthread_mutex_init(&limit->mutex, NULL);
	limit->counting = limit->closed = false;
	limit_move(limit, duration_us);
}

void limit_finish(struct limit *limit)
{
	pthread_mutex_destroy(&limit->mutex);
}

int limit_move(struct limit *limit, int64_t duration_us)
{
	int r = -ESRCH;

	pthread_mutex_lock(&limit->mutex);
	if (!limit->closed) {
		limit->ends_us = duration_us > 0 && limit->counting ? clock_mono_us() + duration_us
		                                                    : INT64_MAX;
		limit->duration_us = duration_us;
		limit->reason = RECORDER_BY_DURATION;
		r = 0;
	}
	pthread_mutex_unlock(&limit->mutex);
	return r;
}

void limit_count_from(struct limit *limit, int64_t mono_us)
{
	pthread_mutex_lock(&limit->mutex);
	limit->counting = true;
	if (limit->duration_us > 0)
		limit->ends_us = mono_us + limit->duration_us;
	pthread_mutex_unlock(&limit->mutex);
}

void limit_end_now(struct limit *limit, enum recorder_reason reason)
{
	pthread_mutex_lock(&limit->mutex);
	limit->ends_us = clock_mono_us();
	limit->duration_us = 0;
	limit->reason = reason;
	pthread_mutex_unlock(&limit->mutex);
}

bool limit_close(struct limit *limit, int64_t mono_us)
{
	bool closed;

	pthread_mutex_lock(&limit->mutex);
	limit->closed |= limit->ends_us <= mono_us;
	closed = limit->closed;
	pthread_mutex_unlock(&limit->mutex);
	return closed;
}

bool limit_is_closed(struct limit *limit)
{
	bool closed;

	pthread_mutex_lock(&limit->mutex);
	closed = limit->closed;
	pthread_mutex_unlock(&limit->mutex);
	return closed;
}

int64_t limit_us(struct limit *limit)
{
	int64_t ends_us;

	pthread_mutex_lock(&limit->mutex);
	ends_us = limit->ends_us;
	pthread_mutex_unlock(&limit->mutex);
	return ends_us;
}

enum recorder_reason limit_reason(struct limit *limit)
{
	enum recorder_reason reason;

	pthread_mutex_lock(&limit->mutex);
	reason = limit->reason;
	pthread_mutex_unlock(&limit->mutex);
	return reason;
}
