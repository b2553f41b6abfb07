/*
 * Who wants a camera to record: a command, the schedule, or both. It records while one of them
 * does; an OFF by command also holds against the schedule, until its next window. What a command
 * wants can outlive a restart (record.resume).
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/state.h"
#include "control/core.h"
#include "record/schedule.h"

#define STATE_KEY_SIZE (ID_SIZE + 16)

/* A window's recording that ended with an error, or was refused, is tried again after this. */
#define RETRY_US (10 * USEC_PER_SEC)

#define MAX_DURATION_US (24 * 60 * 60 * USEC_PER_SEC) /* as of a command */

static bool is_running(const struct unit *unit)
{
	struct recorder_status status;

	recorder_status(unit->recorder, &status);
	return status.running;
}

/* --- What outlives a restart --- */

static void state_key(const struct unit *unit, char ret_key[static STATE_KEY_SIZE])
{
	snprintf(ret_key, STATE_KEY_SIZE, "cam/%s/recording", unit->config->id);
}

static void save(struct unit *unit, const json_t *wish)
{
	char key[STATE_KEY_SIZE];
	_cleanup_free_ char *json = wish ? json_dumps(wish, JSON_COMPACT) : NULL;

	state_key(unit, key);
	int error = state_set(unit->control->state, key, json);
	if (error < 0)
		log_warn("%s: the recording will not go on after a restart: %s", unit->config->id,
		         strerror(-error));
	else
		control_save_state(unit->control);
}

static void remember(struct unit *unit)
{
	const struct wish *wish = &unit->wish;
	int64_t ends_us = wish->ends_us > 0 ? clock_wall_from_mono_us(wish->ends_us) : 0;

	if (!unit->control->config->record.resume)
		return;
	json_auto_t *json = json_pack("{s:s, s:I, s:s, s:s}", "format",
	                              wish->format == CONFIG_MJPEG ? "mjpeg" : "h264", "ends_us",
	                              (json_int_t)ends_us, "label", wish->label, "profile",
	                              unit->profiles.chosen[PROFILE_BY_RECORDING]
	                                      ? unit->profiles.chosen[PROFILE_BY_RECORDING]->name
	                                      : "");
	save(unit, json);
}

/* What ran before the restart, as a command; false when nothing did, or its end has passed. */
static bool recall(const struct unit *unit, struct command *ret_command)
{
	char key[STATE_KEY_SIZE];
	const char *format = "", *label = "", *profile = "";
	json_int_t ends_us = 0;

	state_key(unit, key);
	_cleanup_free_ char *text = state_get(unit->control->state, key);
	json_auto_t *json = text ? json_loads(text, 0, NULL) : NULL;
	if (!json || json_unpack(json, "{s:s, s:I, s:s, s:s}", "format", &format, "ends_us",
	                         &ends_us, "label", &label, "profile", &profile) < 0)
		return false;
	int64_t left_us = ends_us > 0 ? ends_us - clock_wall_us() : 0;
	if (ends_us > 0 && left_us <= 0)
		return false;
	if (left_us > MAX_DURATION_US) /* the clock is not right yet */
		left_us = MAX_DURATION_US;
	*ret_command = (struct command){.kind = COMMAND_RECORD, .state = COMMAND_ON};
	ret_command->duration_s = (double)left_us / USEC_PER_SEC;
	snprintf(ret_command->format, sizeof ret_command->format, "%s", format);
	snprintf(ret_command->label, sizeof ret_command->label, "%s", label);
	snprintf(ret_command->profile, sizeof ret_command->profile, "%s", profile);
	return true;
}

static void forget_command(struct unit *unit)
{
	if (unit->wish.by_command || unit->wish.is_resuming)
		save(unit, NULL);
	unit->wish.by_command = unit->wish.is_resuming = false;
}

/* The disk may not be there yet: it is tried until the recording begins or its end has passed. */
static void resume(struct unit *unit)
{
	char text[COMMAND_TEXT_SIZE] = "";
	struct command command;
	bool already;

	if (!recall(unit, &command)) {
		forget_command(unit);
		return;
	}
	unit->wish.retry_us = clock_mono_us() + RETRY_US;
	switch (recordings_set(unit, &command, COMMAND_ON, text, &already)) {
	case CODE_OK: /* wishes_add() was told */
		log_info("%s: the recording of before goes on", unit->config->id);
		break;
	case CODE_BAD_VALUE:
		log_warn("%s: the recording of before does not go on: %s", unit->config->id, text);
		forget_command(unit);
		break;
	default:
		break;
	}
}

void wishes_resume(struct unit *unit)
{
	struct command command;

	if (!unit->control->config->record.resume || !recall(unit, &command)) {
		save(unit, NULL);
		return;
	}
	unit->wish.is_resuming = true;
	resume(unit);
}

/* --- Commands --- */

/* A wish with an end that has passed is none any more, though the schedule's recording goes on. */
static bool is_wanted_by_command(const struct wish *wish)
{
	return wish->by_command && (wish->ends_us == 0 || wish->ends_us > clock_mono_us());
}

void wishes_add(struct unit *unit, const struct recorder_request *request)
{
	struct wish *wish = &unit->wish;
	int64_t duration_us = request->duration_us;
	bool is_wanted = is_wanted_by_command(wish);

	if (!is_wanted) {
		wish->format = request->format;
		memcpy(wish->label, request->label, sizeof wish->label);
	}
	if (!is_wanted || duration_us > 0)
		wish->ends_us = duration_us > 0 ? clock_mono_us() + duration_us : 0;
	wish->by_command = true;
	wish->is_resuming = false;
	remember(unit);
}

void wishes_refuse(struct unit *unit)
{
	forget_command(unit);
	unit->wish.is_refused = unit->wish.in_window;
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

bool wishes_are_scheduled(const struct unit *unit)
{
	return unit->wish.in_window && !unit->wish.is_refused;
}

/* --- The schedule --- */

static void begin_window(struct unit *unit)
{
	struct wish *wish = &unit->wish;

	wish->in_window = true;
	wish->is_refused = false;
	log_info("%s: a window of the schedule begins", unit->config->id);
	wish->retry_us = 0;
	if (is_running(unit))
		recorder_extend(unit->recorder, 0);
	report_record(unit);
}

/* What a command wants beyond it goes on. */
static void end_window(struct unit *unit)
{
	struct wish *wish = &unit->wish;
	bool was_scheduled = wishes_are_scheduled(unit);
	int64_t left_us = wish->ends_us - clock_mono_us();

	wish->in_window = false;
	log_info("%s: a window of the schedule ends", unit->config->id);
	if (!was_scheduled || !is_running(unit))
		return;
	if (wish->by_command && wish->ends_us == 0)
		return;
	if (wish->by_command && left_us > 0)
		recorder_extend(unit->recorder, left_us);
	else
		recorder_stop(unit->recorder, RECORDER_BY_SCHEDULE);
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

void wishes_tick(struct unit *unit, int64_t now_us)
{
	bool is_on = schedule_is_on(unit->live->schedule, unit->live->schedule_count,
	                            clock_wall_us(), clock_is_synced());

	if (is_on && !unit->wish.in_window)
		begin_window(unit);
	else if (!is_on && unit->wish.in_window)
		end_window(unit);
	keep_recording(unit, now_us);
}
