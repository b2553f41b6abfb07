/*
 * A disk that fails while a recording runs: the recording goes on without it, and tries again in a
 * new file. Belongs to the recording's writer but for outage_is_stuck(), which any thread may ask.
 */
#ifndef CAMNODE_RECORD_OUTAGE_H
#define CAMNODE_RECORD_OUTAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/* The disk is tried again this long after it failed. */
#define OUTAGE_RETRY_US INT64_C(1500000)

/* A call that takes longer is a disk that doesn't answer. */
#define OUTAGE_STUCK_US INT64_C(750000)

/* A disk works again when that many fragments were written: by the second one the first is synced,
 * or has failed to be. */
#define OUTAGE_PROOF 2

struct outage {
	int error; /* -errno of the last failure; 0: the disk works */
	int64_t retry_us;
	unsigned proofs;                    /* fragments written since the last failure */
	bool was_stuck;                     /* the last call was */
	atomic_int_least64_t busy_since_us; /* 0: no call is running */
};

/* Around what may block on the disk. */
void outage_enter(struct outage *outage);
void outage_leave(struct outage *outage);
bool outage_is_stuck(struct outage *outage);

/* The disk failed: true when that has to be told, false when it is known. */
bool outage_begin(struct outage *outage, int error);

/* Of an error of a file, the folder's own if there is one: a file is gone with its mount. */
int outage_cause(int error, const struct config_record *config);

/* Before a file is begun: 0 when the folder is fit; during an outage -EAGAIN until it is time to
 * try again. Else why not. */
int outage_try(struct outage *outage, const struct config_record *config);

/* A fragment was written: the outage may be over. 0, or why no more can be. */
int outage_prove(struct outage *outage, const struct config_record *config);

#endif
