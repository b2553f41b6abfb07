#include "http/throttle.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>

struct entry {
	struct address address;
	unsigned failures; /* 0: unused */
	int64_t failed_us;
	int64_t until_us;
};

struct throttle {
	pthread_mutex_t mutex;
	struct entry entries[THROTTLE_SIZE]; /* guarded by mutex */
};

struct throttle *throttle_new(void)
{
	struct throttle *throttle = calloc(1, sizeof(*throttle));

	if (throttle)
		pthread_mutex_init(&throttle->mutex, NULL);
	return throttle;
}

void throttle_free(struct throttle *throttle)
{
	if (!throttle)
		return;
	pthread_mutex_destroy(&throttle->mutex);
	free(throttle);
}

static struct entry *find_locked(struct throttle *throttle, const struct address *address)
{
	for (size_t i = 0; i < THROTTLE_SIZE; i++) {
		struct entry *entry = &throttle->entries[i];

		if (entry->failures > 0 && address_equal(&entry->address, address))
			return entry;
	}
	return NULL;
}

/* A free entry, or the one that failed longest ago. */
static struct entry *take_locked(struct throttle *throttle)
{
	struct entry *oldest = &throttle->entries[0];

	for (size_t i = 0; i < THROTTLE_SIZE; i++) {
		struct entry *entry = &throttle->entries[i];

		if (entry->failures == 0)
			return entry;
		if (entry->failed_us < oldest->failed_us)
			oldest = entry;
	}
	oldest->failures = 0;
	return oldest;
}

int throttle_wait_s(struct throttle *throttle, const struct address *address, int64_t now_us)
{
	const struct entry *entry;
	int64_t left_us = 0;

	pthread_mutex_lock(&throttle->mutex);
	entry = find_locked(throttle, address);
	if (entry)
		left_us = entry->until_us - now_us;
	pthread_mutex_unlock(&throttle->mutex);
	return left_us > 0 ? (int)((left_us + USEC_PER_SEC - 1) / USEC_PER_SEC) : 0;
}

/* 1, 2, 4, … seconds from the first failure that is not free. */
static int64_t wait_us(unsigned failures)
{
	unsigned doublings;

	if (failures <= THROTTLE_FREE_FAILURES)
		return 0;
	doublings = failures - THROTTLE_FREE_FAILURES - 1;
	if (doublings >= 6 || 1 << doublings > THROTTLE_MAX_WAIT_S)
		return THROTTLE_MAX_WAIT_S * USEC_PER_SEC;
	return (INT64_C(1) << doublings) * USEC_PER_SEC;
}

void throttle_failed(struct throttle *throttle, const struct address *address, int64_t now_us)
{
	struct entry *entry;

	pthread_mutex_lock(&throttle->mutex);
	entry = find_locked(throttle, address);
	if (!entry) {
		entry = take_locked(throttle);
		entry->address = *address;
	}
	if (entry->failures > 0 && now_us - entry->failed_us > THROTTLE_FORGET_US)
		entry->failures = 0;
	entry->failures++;
	entry->failed_us = now_us;
	entry->until_us = now_us + wait_us(entry->failures);
	pthread_mutex_unlock(&throttle->mutex);
}

void throttle_succeeded(struct throttle *throttle, const struct address *address)
{
	struct entry *entry;

	pthread_mutex_lock(&throttle->mutex);
	entry = find_locked(throttle, address);
	if (entry)
		entry->failures = 0;
	pthread_mutex_unlock(&throttle->mutex);
}
