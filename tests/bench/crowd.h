/*
 * Viewers of one stream in one epoll loop, some of which may ask for it and never read. A few,
 * spread over the others, look at the pictures' codes. Embedded; one thread.
 */
#ifndef CAMNODE_BENCH_CROWD_H
#define CAMNODE_BENCH_CROWD_H

#include "codes.h"
#include "viewer.h"

#define CROWD_MAX_VIEWERS 5000
#define CROWD_TEXT_SIZE 256

struct crowd_options {
	int64_t viewers; /* in all */
	int64_t stalled; /* of them never read; fewer than all */
	char host[CROWD_TEXT_SIZE], port[16], path[CROWD_TEXT_SIZE];
};

struct crowd {
	const struct crowd_options *options;
	struct viewer *viewers; /* the stalled ones last */
	size_t opened;          /* begun to connect */
	size_t asked;           /* for the stream */
	size_t ended;           /* broke off */
	int epoll_fd;
	struct codes codes;
};

/* Begins to connect them all. 0 or -errno; finish it in any case. Borrows `options`. */
int crowd_init(struct crowd *crowd, const struct crowd_options *options);
void crowd_finish(struct crowd *crowd);

/* Lets the viewers read until each has had a picture: 0, -ETIMEDOUT at the deadline, or
 * -ECONNABORTED when one got no stream (told on stderr). */
int crowd_run_until_all_see(struct crowd *crowd, int64_t deadline_us);

/* Lets the viewers read until then. */
void crowd_run_until(struct crowd *crowd, int64_t end_us);

/* How many read; they come first in `viewers`. */
size_t crowd_readers(const struct crowd *crowd);

/* Counts begin anew. */
void crowd_reset(struct crowd *crowd);

#endif
