/*
 * Heartbeats: a part of the node that must never stop beats each time round its loop, and who
 * watches asks whether one is late. A part that waits for what may take any time (work, a disk)
 * rests: it is not judged until it beats again.
 *
 * Life: a heartbeat is embedded in its owner; added to a list, it has to be removed before it goes,
 * unless the list goes first. Beating and resting are the part's own thread's and cost nanoseconds;
 * the rest may be done by any thread.
 */
#ifndef CAMNODE_BASE_HEARTBEAT_H
#define CAMNODE_BASE_HEARTBEAT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#define HEARTBEAT_NAME_SIZE 96

/* A loop that has nothing to do still goes round this often. */
#define HEARTBEAT_PERIOD_US INT64_C(10000000)

struct heartbeat {
	char name[HEARTBEAT_NAME_SIZE];
	int64_t limit_us;
	atomic_int_least64_t last_us; /* INT64_MAX: it rests */
	struct heartbeat *next;       /* guarded by the list's mutex */
};

/* It rests. `limit_us`: the age of a beat from which it is late. */
void heartbeat_init(struct heartbeat *heartbeat, int64_t limit_us, const char *name_fmt, ...)
	__attribute__((format(printf, 3, 4)));
void heartbeat_beat(struct heartbeat *heartbeat);
void heartbeat_rest(struct heartbeat *heartbeat);

struct heartbeats {
	pthread_mutex_t mutex;
	struct heartbeat *first; /* guarded by mutex */
};

void heartbeats_init(struct heartbeats *heartbeats);
void heartbeats_finish(struct heartbeats *heartbeats);
void heartbeats_add(struct heartbeats *heartbeats, struct heartbeat *heartbeat);
void heartbeats_remove(struct heartbeats *heartbeats, struct heartbeat *heartbeat);

/* Of those that are late, the one that is longest over its limit: its name and limit; -ENOENT: none
 * is. */
int heartbeats_late(struct heartbeats *heartbeats, int64_t now_us,
                    char ret_name[static HEARTBEAT_NAME_SIZE], int64_t *ret_limit_us);

#endif
