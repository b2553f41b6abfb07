/*
 * The librarian: what the library's worker does, a job at a time: scan, recover, read lengths,
 * apply limits, change. Inside of the library; nobody else includes it. Blocks on the disk.
 */
#ifndef CAMNODE_RECORD_LIBRARIAN_H
#define CAMNODE_RECORD_LIBRARIAN_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "base/worker.h"
#include "record/catalogue.h"
#include "record/duty.h"
#include "record/library.h"
#include "record/marks.h"

struct library {
	char *folder; /* without a slash at the end */
	struct library_options options;
	struct worker *worker; /* NULL before start and after stop */
	atomic_bool stopping;
	struct duty scan, recover, probe, tidy;
	atomic_uint changes;             /* that wait */
	atomic_uint_fast64_t part_bytes; /* being written */

	/* The worker's own. */
	struct catalogue parts; /* to be recovered */
	uint64_t parts_before;  /* part_bytes at the last look */
	bool out_of_reach;      /* free_mb is, and that was said */
	size_t next_part;
	size_t kept_turn, unread_turn; /* whose turn it is to be tried again */
	struct statx seen;             /* the folder, when it was scanned */
	struct marks marks;            /* of all folders below it */
	size_t sweep_cursor;           /* the mark that is looked at next */

	pthread_mutex_t mutex;
	struct catalogue catalogue; /* guarded by mutex */
};

struct change_job {
	struct library *library;
	struct library_change change;
};

/* Duties. */
void librarian_scan(struct library *library);    /* then recovery, then lengths */
void librarian_recover(struct library *library); /* one part at a time */
void librarian_probe(struct library *library);   /* lengths that no notes tell of, some at a time */
void librarian_tidy(struct library *library);

/* A job; `arg` is a struct change_job, which it frees. */
void librarian_change(void *arg);

#endif
