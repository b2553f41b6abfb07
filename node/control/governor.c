#include "control/governor.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "base/clock.h"

#define MEM_BAND_PCT 5     /* memory is calm so much below its limit */
#define LATE_CALM_PART 4   /* lateness is calm below this part of its limit */
#define RELAPSE_RECOVERS 2 /* pressure within so many recover_s of a step up is its fault */

struct signal {
	const char *name, *unit;
	double value, high, low;
};

/* Comparisons with NAN are false: what is not known is no pressure, and no reason against calm. */
static bool is_pressed(const struct governor_reading *reading, const struct signal signals[],
                       size_t count, char ret_reason[static GOVERNOR_REASON_SIZE])
{
	for (size_t i = 0; i < count; i++) {
		const struct signal *signal = &signals[i];

		if (!(signal->value > signal->high))
			continue;
		snprintf(ret_reason, GOVERNOR_REASON_SIZE, "%s %.0f %s, over %g", signal->name,
		         signal->value, signal->unit, signal->high);
		return true;
	}
	if (reading->throttled)
		snprintf(ret_reason, GOVERNOR_REASON_SIZE, "the machine is throttled");
	return reading->throttled;
}

static bool is_calm(const struct governor_reading *reading, const struct signal signals[],
                    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (signals[i].value > signals[i].low)
			return false;
	}
	return !reading->throttled;
}

/* Since when a state lasts, now that it is `held`. */
static void note(int64_t *since_us, bool held, int64_t now_us)
{
	if (!held)
		*since_us = 0;
	else if (*since_us == 0)
		*since_us = now_us;
}

static bool lasts(int64_t since_us, double seconds, int64_t now_us)
{
	return since_us != 0 && (double)(now_us - since_us) >= seconds * (double)USEC_PER_SEC;
}

/* A relapse doubles the patience, once for each step up; a step down long after the last one up
 * begins anew. */
static void note_down(struct governor *governor, const struct config_governor *limits,
                      int64_t now_us)
{
	double fault_s = limits->recover_s * RELAPSE_RECOVERS;

	if (governor->rose_us == 0)
		return;
	governor->patience = lasts(governor->rose_us, fault_s, now_us) ? 1 : governor->patience * 2;
	if (governor->patience > GOVERNOR_MAX_PATIENCE)
		governor->patience = GOVERNOR_MAX_PATIENCE;
	governor->rose_us = 0;
}

void governor_done(struct governor *governor, const struct config_governor *limits,
                   enum governor_step step, int64_t now_us)
{
	if (step == GOVERNOR_DOWN)
		note_down(governor, limits, now_us);
	else if (step == GOVERNOR_UP)
		governor->rose_us = now_us;
}

enum governor_step governor_decide(struct governor *governor, const struct config_governor *limits,
                                   const struct governor_reading *reading, int64_t now_us,
                                   char ret_reason[static GOVERNOR_REASON_SIZE])
{
	const struct signal signals[] = {
		{"CPU", "%", reading->cpu_pct, limits->cpu_high_pct, limits->cpu_low_pct},
		{"temperature", "°C", reading->temp_c, limits->temp_high_c, limits->temp_low_c},
		{"memory", "%", reading->mem_pct, limits->mem_high_pct,
	         limits->mem_high_pct - MEM_BAND_PCT},
		{"late frames", "%", reading->late_pct, limits->late_high_pct,
	         limits->late_high_pct / LATE_CALM_PART},
	};
	const size_t count = sizeof signals / sizeof signals[0];

	if (governor->patience == 0)
		governor->patience = 1;
	note(&governor->pressed_since_us, is_pressed(reading, signals, count, ret_reason), now_us);
	note(&governor->calm_since_us, is_calm(reading, signals, count), now_us);
	if (lasts(governor->pressed_since_us, limits->hold_s, now_us)) {
		governor->pressed_since_us = now_us; /* the next step has to be earned too */
		return GOVERNOR_DOWN;
	}
	if (lasts(governor->calm_since_us, limits->recover_s * governor->patience, now_us)) {
		governor->calm_since_us = now_us;
		snprintf(ret_reason, GOVERNOR_REASON_SIZE, "calm for %.0f s",
		         limits->recover_s * governor->patience);
		return GOVERNOR_UP;
	}
	return GOVERNOR_STAY;
}
