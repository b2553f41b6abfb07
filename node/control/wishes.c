/*
 * Who wants a camera to record: a command, the schedule, or both. It records while one of them
 * does; an OFF by command also holds against the schedule, until its next window begins, also over
 * a restart. What a command wants can outlive one, too (record.resume).
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/core.h"
#include "control/resumption.h"
#include "record/schedule.h"

/* A window's recording that ended with an error, or was refused, is tried again after this. */
#define RETRY_US (10 * USEC_PER_SEC)

#define CLOCK_STEP_US (2 * USEC_PER_SEC) /* a clock that was set, not merely slewed */

static bool is_running(const struct unit *unit)
{
	struct recorder_status status;

	recorder_status(unit->recorder, &status);
	return status.running;
}

/* --- What outlives a restart --- */

/* Control alone asks, so that the file is written by the saver. */
static void remember(struct unit *unit)
{
	const struct wish *wish = &unit->wish;
	const struct profile *profile = unit->profiles.chosen[PROFILE_BY_RECORDING];
	const struct resumption_now now = resumption_now();
	struct resumption resumption = {
		.format = wish->format,
		.duration_us = wish->duration_us,
		.has_begun = wish->has_begun,
	};

	if (!unit->control->config->record.resume)
		return;
	if (wish->duration_us > 0 && wish->has_begun)
		resumption.duration_us = wish->ends_us - clock_mono_us();
	str_copy(resumption.label, sizeof resumption.label, wish->label);
	str_copy(resumption.profile, sizeof resumption.profile, profile ? profile->name : "");
	json_auto_t *json = resumption_write(&resumption, &now);
	kept_set(unit, "recording", json);
}

/* What ran before the restart: false when nothing did, or its end has passed. */
static bool recall(const struct unit *unit, struct resumption *ret_resumption)
{
	const struct resumption_now now = resumption_now();
	json_auto_t *json = kept_get(unit, "recording");

	return json && resumption_read(json, &now, ret_resumption) == 0;
}

/* Holds against the windows that have begun by then, and outlives a restart. */
static void refuse(struct unit *unit, int64_t window_us)
{
	if (window_us == unit->wish.refused_us)
		return;
	unit->wish.refused_us = window_us;
	json_auto_t *json =
		window_us == SCHEDULE_OFF ? NULL : json_integer(window_us / USEC_PER_SEC);
	kept_set(unit, "refused_window", json);
}

static void recall_refusal(struct unit *unit)
{
	json_auto_t *json = kept_get(unit, "refused_window");

	unit->wish.window_us = SCHEDULE_OFF;
	unit->wish.refused_us = SCHEDULE_OFF;
	if (json_is_integer(json) && llabs(json_integer_value(json)) < INT64_MAX / USEC_PER_SEC)
		unit->wish.refused_us = json_integer_value(json) * USEC_PER_SEC;
}

static struct command command_of(const struct resumption *resumption)
{
	struct command command = {.kind = COMMAND_RECORD, .state = COMMAND_ON};

	command.duration_s = (double)resumption->duration_us / USEC_PER_SEC;
	str_copy(command.format, sizeof command.format,
	         config_record_format_name(resumption->format));
	str_copy(command.label, sizeof command.label, resumption->label);
	str_copy(command.profile, sizeof command.profile, resumption->profile);
	return command;
}

static void forget_command(struct unit *unit)
{
	if (unit->wish.by_command || unit->wish.is_resuming)
		kept_set(unit, "recording", NULL);
	unit->wish.by_command = unit->wish.is_resuming = false;
}

/* The disk may not be there yet: it is tried until the recording begins or its end has passed. */
static void resume(struct unit *unit)
{
	struct wish *wish = &unit->wish;
	char text[COMMAND_TEXT_SIZE] = "";
	struct resumption resumption;
	bool already;

	if (!recall(unit, &resumption)) {
		forget_command(unit);
		return;
	}
	const struct command command = command_of(&resumption);
	wish->retry_us = clock_mono_us() + RETRY_US;
	wish->had_begun = resumption.has_begun;
	wish->ends_wall_us = clock_is_synced() ? 0 : resumption.ends_wall_us;
	enum code code = recordings_set(unit, &command, COMMAND_ON, text, &already);
	wish->had_begun = false;
	if (code == CODE_OK) { /* wishes_add() was told */
		log_info("%s: the recording of before goes on", unit->config->id);
	} else if (code == CODE_BAD_VALUE) {
		log_warn("%s: the recording of before does not go on: %s", unit->config->id, text);
		forget_command(unit);
	}
}

void wishes_resume(struct unit *unit)
{
	struct resumption resumption;

	recall_refusal(unit);
	unit->wish.clock_ahead_us = clock_wall_us() - clock_mono_us();
	if (!unit->control->config->record.resume || !recall(unit, &resumption)) {
		kept_set(unit, "recording", NULL);
		return;
	}
	unit->wish.is_resuming = true;
	resume(unit);
}

/* --- Commands --- */

/* A wish with an end that has passed is none any more, though the schedule's recording goes on. */
static bool is_wanted_by_command(const struct wish *wish)
{
	return wish->by_command &&
	       (wish->duration_us == 0 || !wish->has_begun || wish->ends_us > clock_mono_us());
}

/* What is left of the command's wish, if it has an end. */
static int64_t left_of(const struct wish *wish)
{
	return wish->has_begun ? wish->ends_us - clock_mono_us() : wish->duration_us;
}

bool wishes_end_sooner(const struct unit *unit, int64_t duration_us)
{
	const struct wish *wish = &unit->wish;

	if (duration_us == 0 || wishes_are_scheduled(unit) || !is_wanted_by_command(wish))
		return false;
	return wish->duration_us == 0 || duration_us < left_of(wish);
}

void wishes_add(struct unit *unit, const struct recorder_request *request)
{
	struct wish *wish = &unit->wish;
	bool is_wanted = is_wanted_by_command(wish);
	struct recorder_status status;

	recorder_status(unit->recorder, &status);
	if (!is_wanted) {
		wish->format = request->format;
		memcpy(wish->label, request->label, sizeof wish->label);
	}
	if (!is_wanted || request->duration_us > 0) {
		wish->duration_us = request->duration_us;
		wish->ends_us = clock_mono_us() + request->duration_us;
		wish->has_begun = request->at_once || status.started_wall_us != 0;
	}
	if (!wish->is_resuming)
		wish->ends_wall_us = 0;
	wish->by_command = true;
	wish->is_resuming = false;
	remember(unit);
}

void wishes_begun(struct unit *unit)
{
	struct wish *wish = &unit->wish;
	struct recorder_status status;

	if (!wish->by_command || wish->has_begun)
		return;
	recorder_status(unit->recorder, &status);
	wish->has_begun = true;
	wish->ends_us =
		status.ends_mono_us > 0 ? status.ends_mono_us : clock_mono_us() + wish->duration_us;
	if (wish->duration_us > 0)
		remember(unit);
}

void wishes_refuse(struct unit *unit)
{
	forget_command(unit);
	refuse(unit, unit->wish.window_us);
}

/* Switched on again, a window's recording begins at once. */
void wishes_switched_off(struct unit *unit)
{
	forget_command(unit);
	unit->wish.retry_us = 0;
}

void wishes_ended(struct unit *unit, enum recorder_reason reason)
{
	if (is_running(unit))
		return;
	profiles_choose(unit, PROFILE_BY_RECORDING, NULL, "");
	if (reason != RECORDER_BY_SHUTDOWN && reason != RECORDER_BY_CAMERA)
		forget_command(unit);
}

static bool is_in_window(const struct wish *wish)
{
	return wish->window_us != SCHEDULE_OFF;
}

bool wishes_are_held(const struct unit *unit)
{
	return is_in_window(&unit->wish) && unit->wish.window_us <= unit->wish.refused_us;
}

bool wishes_are_scheduled(const struct unit *unit)
{
	return is_in_window(&unit->wish) && !wishes_are_held(unit);
}

/* --- The schedule --- */

static void begin_window(struct unit *unit, int64_t window_us)
{
	struct wish *wish = &unit->wish;

	wish->window_us = window_us;
	if (wishes_are_held(unit)) {
		log_info("%s: a window of the schedule is on, but OFF holds", unit->config->id);
	} else {
		log_info("%s: a window of the schedule begins", unit->config->id);
		refuse(unit, SCHEDULE_OFF);
		wish->retry_us = 0;
		if (is_running(unit))
			recorder_extend(unit->recorder, 0);
	}
	report_record(unit);
}

/* A schedule that waits for the clock looks like one that does nothing: it is said. */
static void follow_waiting(struct unit *unit, bool waits)
{
	static const char text[] = "the schedule waits for the clock to be synchronised";
	struct wish *wish = &unit->wish;

	if (waits == wish->waits_for_clock)
		return;
	wish->waits_for_clock = waits;
	if (waits) {
		log_warn("%s: %s (when: time_synced)", unit->config->id, text);
		if (!unit->record_error[0] && !is_running(unit))
			snprintf(unit->record_error, sizeof unit->record_error, "%s: %s",
			         code_name(CODE_BUSY), text);
	} else if (strstr(unit->record_error, text)) {
		unit->record_error[0] = '\0';
	}
	report_record(unit);
}

/* What a command wants beyond a window goes on. */
static void leave_to_command(struct unit *unit)
{
	const struct wish *wish = &unit->wish;
	int64_t beyond_us = left_of(wish);

	if (wish->by_command && wish->duration_us == 0)
		return;
	if (wish->by_command && beyond_us > 0)
		recorder_extend(unit->recorder, beyond_us);
	else
		recorder_stop(unit->recorder, RECORDER_BY_SCHEDULE);
}

static void end_window(struct unit *unit)
{
	struct wish *wish = &unit->wish;
	bool was_scheduled = wishes_are_scheduled(unit);

	wish->window_us = SCHEDULE_OFF;
	refuse(unit, SCHEDULE_OFF);
	log_info("%s: a window of the schedule ends", unit->config->id);
	if (was_scheduled && is_running(unit))
		leave_to_command(unit);
	report_record(unit);
}

/* Begins what is wanted, and again when something ended it that was no command: an error, or a
 * folder that was not fit. Nothing begins while the camera is switched off. */
static void keep_recording(struct unit *unit, int64_t now_us)
{
	char text[COMMAND_TEXT_SIZE] = "";

	if (now_us < unit->wish.retry_us || !camera_is_enabled(unit->camera))
		return;
	if (unit->wish.is_resuming)
		resume(unit);
	if (!wishes_are_scheduled(unit) || is_running(unit))
		return;
	unit->wish.retry_us = now_us + RETRY_US;
	recordings_start_scheduled(unit, text);
	report_record(unit);
}

/* --- The clock --- */

/* The end of what was resumed by a clock that was wrong, or not known to be right. */
static void correct_end(struct unit *unit)
{
	struct wish *wish = &unit->wish;
	int64_t now_us = clock_mono_us(), left_us = wish->ends_wall_us - clock_wall_us();

	if (clock_is_synced())
		wish->ends_wall_us = 0;
	if (!wish->by_command || left_us >= wish->ends_us - now_us)
		return;
	wish->ends_us = now_us + left_us;
	if (wishes_are_scheduled(unit) || !is_running(unit))
		return;
	if (left_us > 0)
		recorder_extend(unit->recorder, left_us);
	else
		recorder_stop(unit->recorder, RECORDER_BY_DURATION);
	report_record(unit);
}

/* Somebody has set it: what was written down by the clock of before is written anew. The window
 * that an OFF holds against is the one that is on by the new clock. */
static void follow_clock(struct unit *unit, int64_t window_us)
{
	struct wish *wish = &unit->wish;
	int64_t ahead_us = clock_wall_us() - clock_mono_us();

	if (llabs(ahead_us - wish->clock_ahead_us) < CLOCK_STEP_US)
		return;
	wish->clock_ahead_us = ahead_us;
	if (is_in_window(wish) && wish->window_us == wish->refused_us)
		refuse(unit, window_us);
	if (wish->ends_wall_us != 0)
		correct_end(unit);
	if (is_wanted_by_command(wish) && wish->duration_us > 0)
		remember(unit);
}

void wishes_tick(struct unit *unit, int64_t now_us)
{
	const struct config_camera *live = unit->live;
	struct wish *wish = &unit->wish;
	int64_t wall_us = clock_wall_us();
	bool synced = clock_is_synced();
	int64_t since = schedule_since(live->schedule, live->schedule_count, wall_us, synced);
	int64_t would_be = schedule_since(live->schedule, live->schedule_count, wall_us, true);

	follow_clock(unit, since);
	follow_waiting(unit, would_be != SCHEDULE_OFF && since == SCHEDULE_OFF);
	if (synced && wish->refused_us > wall_us)
		refuse(unit, SCHEDULE_OFF); /* by a clock that was wrong, before a restart */
	if (since > wish->window_us)
		begin_window(unit, since);
	else if (since == SCHEDULE_OFF && is_in_window(wish))
		end_window(unit);
	else
		wish->window_us = since; /* the newest has ended */
	keep_recording(unit, now_us);
}
