/*
 * Faults of the pattern camera, for tests: what `cameras[].pattern.fault` plans, and since when its
 * clock runs. The clock of a camera starts with its first open and goes on over close and open, as
 * a real camera stays unplugged whether or not somebody tries to open it: so it is kept for the
 * whole process. Any thread.
 */
#ifndef CAMNODE_CAPTURE_FAULT_H
#define CAMNODE_CAPTURE_FAULT_H

#include <stdint.h>

#define FAULT_MAX_CLOCKS 64   /* cameras that ever had a clock in this process */
#define FAULT_AWAY_US 3000000 /* how long a disconnection without a stated time lasts */

enum fault_kind {
	FAULT_NONE,
	FAULT_STALL,
	FAULT_SLOW,
	FAULT_DISCONNECT,
	FAULT_BUSY, /* away, since another program has the camera */
	FAULT_HANG, /* the library never answers again */
	FAULT_DARK, /* not at a time: `at_us` is how long exposure takes after each start */
	FAULT_KIND_COUNT,
};

struct fault_plan {
	enum fault_kind kind;
	int64_t at_us;   /* after the clock's start */
	int64_t away_us; /* FAULT_DISCONNECT, FAULT_BUSY: how long it cannot be opened */
};

/* "", "stall@3", "slow@3", "hang@3", "dark@1", "disconnect@3+5", "busy@3+5" (s, fractions allowed):
 * 0 or -EINVAL. */
int fault_parse(const char *text, struct fault_plan *ret_plan);

/* Which fault the plan holds at `elapsed_us` after the clock's start. */
enum fault_kind fault_at(const struct fault_plan *plan, int64_t elapsed_us);

/* The start of a camera's clock, which is `now_us` if this is the first call for `id` (or the
 * table of clocks is full). */
int64_t fault_clock_start(const char *id, int64_t now_us);

/* Camera `id` is away until then, whatever its plan says. */
void fault_set_away(const char *id, int64_t until_us);
int64_t fault_away_until(const char *id); /* 0: never was */

#endif
