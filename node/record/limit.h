/*
 * When a recording ends, and why. Any thread; a lock of its own.
 */
#ifndef CAMNODE_RECORD_LIMIT_H
#define CAMNODE_RECORD_LIMIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "record/recorder.h"

struct limit {
	pthread_mutex_t mutex;
	int64_t ends_us;             /* INT64_MAX: open end; guarded by mutex */
	int64_t duration_us;         /* 0: open end; guarded by mutex */
	bool counting;               /* limit_count_from() was called; guarded by mutex */
	bool closed;                 /* limit_close() was true; guarded by mutex */
	enum recorder_reason reason; /* of the end; guarded by mutex */
};

/* Ends a duration (0: open end) after what limit_count_from() tells: before that there is no end.
 */
void limit_init(struct limit *limit, int64_t duration_us);
void limit_finish(struct limit *limit);

/* Ends a duration from now, 0: open end; before limit_count_from() as in limit_init(). -ESRCH: it
 * is closed. */
int limit_move(struct limit *limit, int64_t duration_us);

/* A duration counts from this time. */
void limit_count_from(struct limit *limit, int64_t mono_us);

void limit_end_now(struct limit *limit, enum recorder_reason reason);

/* True when the end is not after `mono_us`: then it stands, and nobody moves it any more. */
bool limit_close(struct limit *limit, int64_t mono_us);
bool limit_is_closed(struct limit *limit);

int64_t limit_us(struct limit *limit); /* INT64_MAX: open end */
enum recorder_reason limit_reason(struct limit *limit);

#endif
