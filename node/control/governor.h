/*
 * The governor: decides from readings of the machine whether the cameras' work must become less or
 * may become more. Pressure has to last (hold_s) before a step down, calm (recover_s) before a step
 * up; between both is a band where nothing happens. A step up that soon brings pressure back makes
 * the next one wait twice as long, so that profiles don't swing. Pure; one thread.
 */
#ifndef CAMNODE_CONTROL_GOVERNOR_H
#define CAMNODE_CONTROL_GOVERNOR_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

#define GOVERNOR_REASON_SIZE 96
#define GOVERNOR_MAX_PATIENCE 16 /* times recover_s, at most, before a step up */

struct governor_reading { /* NAN: not known */
	double cpu_pct, temp_c, mem_pct;
	double late_pct; /* frames that a camera's encoder could not take in time */
	bool throttled;  /* by the firmware, now */
};

enum governor_step { GOVERNOR_STAY, GOVERNOR_DOWN, GOVERNOR_UP };

struct governor {                                /* zeroed at first */
	int64_t pressed_since_us, calm_since_us; /* 0: is not */
	int64_t rose_us; /* the last step up; 0: none, or it has had its relapse */
	int patience;    /* times recover_s; 0 is 1 */
};

/* A reading was made: what to do, and why ("CPU 97 %, over 90"). The caller tells with
 * governor_done() when it could do that; a step that no camera can take changes nothing. */
enum governor_step governor_decide(struct governor *governor, const struct config_governor *limits,
                                   const struct governor_reading *reading, int64_t now_us,
                                   char ret_reason[static GOVERNOR_REASON_SIZE]);
void governor_done(struct governor *governor, const struct config_governor *limits,
                   enum governor_step step, int64_t now_us);

#endif
