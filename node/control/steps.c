/*
 * Steps: what the governor decides for the machine, done to one camera at a time: down, the one
 * that costs most; up, the one that costs least. Only cameras that somebody reads are worth a step,
 * and what was chosen by hand stays.
 */
#include <math.h>

#include "base/clock.h"
#include "control/core.h"

#define THROTTLED_NOW 0xf /* of the firmware's bits; the others tell of earlier */

static double rate(const struct profile *profile)
{
	return (double)profile->width * profile->height * profile->fps;
}

static double cost(const struct unit *unit)
{
	return rate(profile_set_current(&unit->profiles));
}

static bool is_governed(const struct unit *unit)
{
	return !profile_set_is_pinned(&unit->profiles) &&
	       !unit->profiles.chosen[PROFILE_BY_RECORDING];
}

/* Of the images since the last look, in percent; NAN: too few came. */
static double late_pct(struct unit *unit, bool *ret_works)
{
	struct camera_stats now;

	camera_stats(unit->camera, &now);
	double captured = (double)(now.captured - unit->governed.captured);
	double late = (double)(now.dropped_mailbox - unit->governed.dropped_mailbox);
	*ret_works = now.encoded != unit->governed.encoded || late > 0;
	unit->governed = now;
	return captured > 0 ? fmin(100, 100 * late / captured) : (double)NAN;
}

/* Also notes which cameras work, and returns the worst lateness. */
static double look_at_cameras(struct control *control)
{
	double worst = NAN;

	for (size_t i = 0; i < control->unit_count; i++) {
		struct unit *unit = &control->units[i];

		worst = fmax(worst, late_pct(unit, &unit->works));
	}
	return worst;
}

/* False: no camera can. */
static bool step_down(struct control *control, const char *reason)
{
	struct unit *chosen = NULL;

	for (size_t i = 0; i < control->unit_count; i++) {
		struct unit *unit = &control->units[i];
		bool can = unit->works && is_governed(unit) &&
		           profile_set_worse(&unit->profiles, profile_set_current(&unit->profiles));

		if (can && (!chosen || cost(unit) > cost(chosen)))
			chosen = unit;
	}
	if (chosen)
		profiles_choose(chosen, PROFILE_BY_GOVERNOR,
		                profile_set_worse(&chosen->profiles,
		                                  profile_set_current(&chosen->profiles)),
		                reason);
	return chosen != NULL;
}

/* The next better profile; NULL: that is the camera's own again, and the governor has no say. */
static const struct profile *better(const struct unit *unit)
{
	const struct profile *profile =
		profile_set_better(&unit->profiles, unit->profiles.chosen[PROFILE_BY_GOVERNOR]);
	const struct profile *own = unit->profiles.chosen[PROFILE_BY_START];

	return profile && rate(profile) < rate(own) ? profile : NULL;
}

static bool step_up(struct control *control, const char *reason)
{
	struct unit *chosen = NULL;

	for (size_t i = 0; i < control->unit_count; i++) {
		struct unit *unit = &control->units[i];
		bool can = is_governed(unit) && unit->profiles.chosen[PROFILE_BY_GOVERNOR];

		if (can && (!chosen || cost(unit) < cost(chosen)))
			chosen = unit;
	}
	if (chosen)
		profiles_choose(chosen, PROFILE_BY_GOVERNOR, better(chosen), reason);
	return chosen != NULL;
}

static void follow(struct control *control, const struct governor_reading *reading)
{
	const struct config_governor *limits = &control->live->governor;
	char reason[GOVERNOR_REASON_SIZE] = "";
	int64_t now_us = clock_mono_us();
	enum governor_step step =
		governor_decide(&control->governor, limits, reading, now_us, reason);
	bool done = (step == GOVERNOR_DOWN && step_down(control, reason)) ||
	            (step == GOVERNOR_UP && step_up(control, reason));

	if (done)
		governor_done(&control->governor, limits, step, now_us);
}

static void take_back(struct control *control)
{
	for (size_t i = 0; i < control->unit_count; i++) {
		struct unit *unit = &control->units[i];

		if (unit->profiles.chosen[PROFILE_BY_GOVERNOR])
			profiles_choose(unit, PROFILE_BY_GOVERNOR, NULL, "the governor is off");
	}
}

void steps_take(struct control *control)
{
	struct machine_reading machine;

	if (!control->live->governor.enabled) {
		take_back(control);
		return;
	}
	control_machine(control, &machine);
	const struct governor_reading reading = {
		.cpu_pct = machine.cpu_pct,
		.temp_c = machine.temp_c,
		.mem_pct = machine.mem_pct,
		.late_pct = look_at_cameras(control),
		.throttled = machine.throttled > 0 && (machine.throttled & THROTTLED_NOW),
	};
	follow(control, &reading);
}
