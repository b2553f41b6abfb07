/*
 * The file-sync thread: brings what was written to the disk (fdatasync), so that a power cut loses
 * little, without making writers wait. One for all recorders. A file that is asked for again while
 * it waits is synced once, with all that was written by then.
 *
 * syncer_file calls: the thread that writes the file; they never block on the disk.
 */
#ifndef CAMNODE_RECORD_SYNCER_H
#define CAMNODE_RECORD_SYNCER_H

#include <stdint.h>

#include "base/cleanup.h"

/* The promise of losing at most 1 s to a power cut holds while syncing takes less than this. */
#define SYNCER_SLOW_US INT64_C(400000)

struct syncer;
struct syncer_file;

/* Starts the thread; NULL on failure. */
struct syncer *syncer_new(void);

/* Syncs what is asked for, then joins the thread. All files must be closed. Takes NULL. */
void syncer_free(struct syncer *syncer);

struct syncer_stats {
	uint64_t syncs, failures;
	double last_ms, longest_ms;
};
void syncer_stats(struct syncer *syncer, struct syncer_stats *ret_stats);

/* A file just created in `folder` (whose entry is synced with the first request). The descriptor
 * is duplicated. NULL: out of memory or descriptors. */
struct syncer_file *syncer_open(struct syncer *syncer, int fd, const char *folder);

/* Asks for a sync: 0, or the error (-EIO …) of an earlier one of this file. */
int syncer_request(struct syncer_file *file);

/* What was asked for is still synced. Takes NULL. */
void syncer_close(struct syncer_file *file);

#endif
