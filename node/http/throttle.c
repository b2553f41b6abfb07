#include "http/throttle.h"

#include "base/clock.h"
#include "base/str.h"
#include "http/credential.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct address address;
	char user[CREDENTIAL_USER_SIZE]; /* "": a token, or the whole address */
	unsigned failures;               /* 0: unused */
	int64_t failed_us;
	int64_t until_us;
};

struct table {
	unsigned free_failures;
	struct entry entries[THROTTLE_SIZE];
};

struct throttle {
	pthread_mutex_t mutex;
	struct table users;     /* guarded by mutex */
	struct table addresses; /* guarded by mutex */
};

struct throttle *throttle_new(void)
{
	struct throttle *throttle = calloc(1, sizeof(*throttle));

	if (!throttle)
		return NULL;
	pthread_mutex_init(&throttle->mutex, NULL);
	throttle->users.free_failures = THROTTLE_FREE_FAILURES;
	throttle->addresses.free_failures = THROTTLE_FREE_FAILURES_OF_ADDRESS;
	return throttle;
}

void throttle_free(struct throttle *throttle)
{
	if (!throttle)
		return;
	pthread_mutex_destroy(&throttle->mutex);
	free(throttle);
}

static struct entry *find(struct table *table, const struct address *address, const char *user)
{
	for (size_t i = 0; i < THROTTLE_SIZE; i++) {
		struct entry *entry = &table->entries[i];

		if (entry->failures > 0 && address_equal(&entry->address, address) &&
		    strcmp(entry->user, user) == 0)
			return entry;
	}
	return NULL;
}

/* A free entry, or the one that failed longest ago. */
static struct entry *take(struct table *table)
{
	struct entry *oldest = &table->entries[0];

	for (size_t i = 0; i < THROTTLE_SIZE; i++) {
		struct entry *entry = &table->entries[i];

		if (entry->failures == 0)
			return entry;
		if (entry->failed_us < oldest->failed_us)
			oldest = entry;
	}
	oldest->failures = 0;
	return oldest;
}

static int64_t left_us(struct table *table, const struct address *address, const char *user,
                       int64_t now_us)
{
	const struct entry *entry = find(table, address, user);

	return entry ? entry->until_us - now_us : 0;
}

int throttle_wait_s(struct throttle *throttle, const struct address *address, const char *user,
                    int64_t now_us)
{
	int64_t user_us, address_us, longest_us;

	pthread_mutex_lock(&throttle->mutex);
	user_us = left_us(&throttle->users, address, user, now_us);
	address_us = left_us(&throttle->addresses, address, "", now_us);
	pthread_mutex_unlock(&throttle->mutex);
	longest_us = user_us > address_us ? user_us : address_us;
	return longest_us > 0 ? (int)((longest_us + USEC_PER_SEC - 1) / USEC_PER_SEC) : 0;
}

/* 1, 2, 4, … seconds from the first failure that is not free. */
static int64_t wait_us(unsigned failures, unsigned free_failures)
{
	unsigned doublings;

	if (failures <= free_failures)
		return 0;
	doublings = failures - free_failures - 1;
	if (doublings >= 6 || 1 << doublings > THROTTLE_MAX_WAIT_S)
		return THROTTLE_MAX_WAIT_S * USEC_PER_SEC;
	return (INT64_C(1) << doublings) * USEC_PER_SEC;
}

static unsigned fail(struct table *table, const struct address *address, const char *user,
                     int64_t now_us)
{
	struct entry *entry = find(table, address, user);

	if (!entry) {
		entry = take(table);
		entry->address = *address;
		str_copy(entry->user, sizeof(entry->user), user);
	}
	if (entry->failures > 0 && now_us - entry->failed_us > THROTTLE_FORGET_US)
		entry->failures = 0;
	entry->failures++;
	entry->failed_us = now_us;
	entry->until_us = now_us + wait_us(entry->failures, table->free_failures);
	return entry->failures;
}

unsigned throttle_failed(struct throttle *throttle, const struct address *address, const char *user,
                         int64_t now_us)
{
	unsigned failures;

	pthread_mutex_lock(&throttle->mutex);
	failures = fail(&throttle->users, address, user, now_us);
	if (failures <= THROTTLE_FREE_FAILURES)
		failures = fail(&throttle->addresses, address, "", now_us);
	pthread_mutex_unlock(&throttle->mutex);
	return failures;
}

void throttle_succeeded(struct throttle *throttle, const struct address *address, const char *user)
{
	struct entry *entry;

	pthread_mutex_lock(&throttle->mutex);
	entry = find(&throttle->users, address, user);
	if (entry)
		entry->failures = 0;
	pthread_mutex_unlock(&throttle->mutex);
}
