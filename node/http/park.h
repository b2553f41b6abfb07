/*
 * Connections that wait: suspended in libmicrohttpd until what they wait for has happened, or until
 * they are due anyway.
 *
 * Who waits reads park_generation() of the group *before* it looks whether there is something to
 * do, and hands it to park_suspend(), which refuses if the group was woken in between: no wake-up
 * is lost. Who is taken off the list is resumed by the taker alone, so that only suspended
 * connections are resumed, and each once.
 *
 * Threads: park_suspend() on libmicrohttpd's thread, park_wake() on any. One thread resumes; it
 * also calls `tick` every PARK_TICK_US.
 */
#ifndef CAMNODE_HTTP_PARK_H
#define CAMNODE_HTTP_PARK_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#define PARK_TICK_US (250 * INT64_C(1000)) /* how late a due connection may be resumed */

struct park;

/* What is woken together: a camera's viewers, the event streams, or a single request. Zero
 * initialised; outlives those who wait for it. */
struct park_group {
	uint64_t generation; /* guarded by the park's mutex */
};

/* One waiting connection, part of its owner. Zero initialised. */
struct parked {
	struct parked *next, *previous; /* guarded by the park's mutex */
	struct MHD_Connection *connection;
	const struct park_group *group;
	uint64_t generation;
	int64_t due_us;
};

/* Starts the thread: NULL on failure. */
struct park *park_new(void (*tick)(void *user), void *user);

/* Resumes everything; from now on nothing waits any more. Call it before MHD_stop_daemon(). */
void park_close(struct park *park);
void park_free(struct park *park); /* closed, nothing parked; takes NULL */

uint64_t park_generation(struct park *park, const struct park_group *group);

/*
 * Suspends until the group is woken or `due_us`. False: not suspended, because the group was woken
 * since `generation`, or the park is closed (park_is_closed() tells).
 */
bool park_suspend(struct park *park, struct parked *parked, struct MHD_Connection *connection,
                  const struct park_group *group, uint64_t generation, int64_t due_us);
bool park_is_closed(struct park *park);

/* Wakes all who wait for the group. Cheap: the resuming is done by the park's thread. */
void park_wake(struct park *park, struct park_group *group);

#endif
