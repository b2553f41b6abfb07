/*
 * Which recording has to go: over an age, over a total size, or so that enough stays free. The
 * oldest goes first; protected and damaged ones are kept and not counted. Where that can't make
 * `free_mb` free, since what stays or other people's files fill the disk, recordings are kept while
 * there is room to record: twice `min_free_mb`. Else each new one would go at once. Pure.
 */
#ifndef CAMNODE_RECORD_RETENTION_H
#define CAMNODE_RECORD_RETENTION_H

#include "record/catalogue.h"

struct retention_now {
	int64_t wall_us;
	bool synced;         /* else no age is known */
	uint64_t free_bytes; /* UINT64_MAX: not known */
	uint64_t part_bytes; /* what is being written takes as much again to be finished */
};

/* Whether `free_mb` would be free without all that may go; true where it is not asked for, or the
 * free space is not known. */
bool retention_can_free(const struct config_record *config, const struct catalogue *catalogue,
                        const struct retention_now *now);

/* The item that goes first and why ("age", "size", "space"), or NULL when all may stay. */
const struct library_item *retention_choose(const struct config_record *config,
                                            const struct catalogue *catalogue,
                                            const struct retention_now *now,
                                            const char **ret_reason);

#endif
