/*
 * What commands do. Each entry of the table executes one kind for the cameras that are meant (none
 * for a command of the node's own) and answers for each; the reply goes out with the last answer.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/core.h"

/* Whether TOGGLE for these cameras means off: when any of them records. */
static enum command_state resolve(const struct command *command, struct unit *const units[],
                                  size_t count)
{
	struct recorder_status status;

	if (command->state != COMMAND_TOGGLE)
		return command->state;
	for (size_t i = 0; i < count; i++) {
		recorder_status(units[i]->recorder, &status);
		if (status.running)
			return COMMAND_OFF;
	}
	return COMMAND_ON;
}

static void execute_record(struct control *control, struct request *request,
                           struct unit *const units[], size_t count)
{
	(void)control;
	const struct command *command = request_command(request);
	enum command_state state = resolve(command, units, count);

	for (size_t i = 0; i < count; i++) {
		char text[COMMAND_TEXT_SIZE] = "";
		bool already = false;

		request_expect(request);
		enum code code = recordings_set(units[i], command, state, text, &already);
		json_t *data = report_record_data(units[i]);
		if (data && already)
			json_object_set_new(data, "already", json_true());
		request_answer(request, camera_id(units[i]->camera), code, text, data);
	}
}

static void execute_snapshot(struct control *control, struct request *request,
                             struct unit *const units[], size_t count)
{
	(void)control;
	const struct command *command = request_command(request);

	for (size_t i = 0; i < count; i++) {
		char text[COMMAND_TEXT_SIZE] = "";

		request_expect(request);
		enum code code = snapshots_take(units[i], command, "command", request, text);
		if (code != CODE_OK)
			request_answer(request, camera_id(units[i]->camera), code, text, NULL);
	}
}

static void execute_profile(struct control *control, struct request *request,
                            struct unit *const units[], size_t count)
{
	const struct command *command = request_command(request);
	bool is_kept = false;

	for (size_t i = 0; i < count; i++) {
		char text[COMMAND_TEXT_SIZE] = "";

		request_expect(request);
		enum code code = profiles_set(units[i], command, text);
		is_kept = is_kept || code == CODE_OK;
		request_answer(request, camera_id(units[i]->camera), code, text,
		               profiles_data(units[i]));
	}
	if (is_kept)
		saves_await(control, request);
}

static const command_executor executors[COMMAND_KIND_COUNT] = {
	[COMMAND_RECORD] = execute_record,   [COMMAND_SNAPSHOT] = execute_snapshot,
	[COMMAND_PROFILE] = execute_profile, [COMMAND_ENABLED] = settings_enable,
	[COMMAND_CONTROLS] = settings_tune,  [COMMAND_RECORDINGS] = library_execute,
};

bool commands_is_stale(const struct command *command, int64_t wall_us, bool synced)
{
	return synced && command->expires_at_us > 0 && wall_us > command->expires_at_us;
}

/* The cameras that a command means; 0 when there is no such camera. */
static size_t select_units(struct control *control, const struct command *command,
                           struct unit *ret_units[static CONFIG_MAX_CAMERAS])
{
	size_t count = 0;

	if (command_table[command->kind].scope == COMMAND_OF_NODE)
		return 0;
	for (size_t i = 0; i < control->unit_count; i++) {
		struct unit *unit = &control->units[i];
		if (!command->camera[0] || strcmp(command->camera, unit->config->id) == 0)
			ret_units[count++] = unit;
	}
	return count;
}

static void refuse_camera(struct control *control, const struct command *command,
                          const struct control_origin *origin)
{
	char text[COMMAND_TEXT_SIZE];
	size_t length = (size_t)snprintf(text, sizeof text, "there is no camera \"%s\"; there is",
	                                 command->camera);

	for (size_t i = 0; i < control->unit_count; i++) {
		const char *id = control->units[i].config->id;
		if (length + strlen(id) + sizeof ", …" > sizeof text) {
			snprintf(text + length, sizeof text - length, " …");
			break;
		}
		length += (size_t)snprintf(text + length, sizeof text - length, "%s %s",
		                           i ? "," : "", id);
	}
	request_refuse(control->requests, command, origin, CODE_UNKNOWN_CAMERA, text);
}

void commands_execute(struct control *control, const struct command *command,
                      const struct control_origin *origin)
{
	struct unit *units[CONFIG_MAX_CAMERAS];
	size_t count = select_units(control, command, units);

	if (count == 0 && command_table[command->kind].scope != COMMAND_OF_NODE) {
		refuse_camera(control, command, origin);
		return;
	}
	if (request_repeat(control->requests, command, origin))
		return;
	if (commands_is_stale(command, clock_wall_us(), clock_is_synced())) {
		request_refuse(control->requests, command, origin, CODE_STALE,
		               "expires_at has passed");
		return;
	}
	struct request *request = request_begin(control->requests, command, origin);
	if (!request)
		return;
	executors[command->kind](control, request, units, count);
	request_end(request);
}
