/*
 * The settings of cameras that commands change: the privacy switch and the controls. What has to
 * outlive a restart is kept in the state.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "control/core.h"
#include "proto/payload.h"

struct controls_job {
	struct job job;
	struct unit *unit;
};

void settings_restore(struct unit *unit)
{
	json_auto_t *enabled = kept_get(unit, "enabled");
	json_auto_t *controls = unit->config->controls_persist ? kept_get(unit, "controls") : NULL;
	struct control_value value;
	const char *name;
	json_t *json;

	if (json_is_false(enabled)) {
		log_info("%s: is switched off, as it was before", unit->config->id);
		camera_set_enabled(unit->camera, false);
	}
	json_object_foreach(controls, name, json)
	{
		if (control_value_read(json, &value) == 0)
			tuning_wish(camera_tuning(unit->camera), name, &value);
	}
}

void report_enabled(struct unit *unit)
{
	report_word(unit->control, TOPIC_CAM_ENABLED, unit->config->id,
	            camera_is_enabled(unit->camera) ? "ON" : "OFF");
	if (camera_is_enabled(unit->camera))
		return;
	/* The broker keeps no picture of it either, nor what is said of one. */
	report_word(unit->control, TOPIC_CAM_SNAPSHOT, unit->config->id, "");
	report_word(unit->control, TOPIC_CAM_SNAPSHOT_META, unit->config->id, "");
}

static char *build_controls(const struct source_control *controls, size_t count)
{
	struct payload_control *payload = calloc(count + 1, sizeof *payload);
	const char *(*words)[SOURCE_CONTROL_MAX_WORDS + 1] = calloc(count + 1, sizeof *words);
	char *json = NULL;

	for (size_t i = 0; payload && words && i < count; i++) {
		const struct source_control *control = &controls[i];
		bool is_enum = control->type == SOURCE_CONTROL_ENUM;
		bool is_number = !is_enum && control->type != SOURCE_CONTROL_BOOLEAN;
		size_t n = 0;

		for (size_t w = 0; w < SOURCE_CONTROL_MAX_WORDS; w++) {
			if (control->words[w])
				words[i][n++] = control->words[w];
		}
		payload[i] = (struct payload_control){
			.name = control->name,
			.type = source_control_type_name(control->type),
			.default_value = source_control_value(control, control->def),
			.value = source_control_value(control, control->value),
			.values = is_enum ? words[i] : NULL,
		};
		if (is_number) {
			payload[i].min = source_control_value(control, control->min);
			payload[i].max = source_control_value(control, control->max);
		}
	}
	if (payload && words)
		json = payload_controls(payload, count);
	free(words);
	free(payload);
	return json;
}

/* The state of `controls` as text, the caller's to free(); NULL without memory. */
static char *describe_controls(struct unit *unit)
{
	struct source_control *controls = calloc(SOURCE_MAX_CONTROLS, sizeof *controls);

	if (!controls)
		return NULL;
	size_t count = tuning_list(camera_tuning(unit->camera), controls, SOURCE_MAX_CONTROLS);
	char *json = build_controls(controls, count);
	free(controls);
	return json;
}

void report_controls(struct unit *unit)
{
	_cleanup_free_ char *json = describe_controls(unit);

	if (!json)
		log_error("%s: out of memory for its controls", unit->config->id);
	else
		report_word(unit->control, TOPIC_CAM_CONTROLS, unit->config->id, json);
}

static void controls_run(struct control *control, struct job *job)
{
	report_controls(((struct controls_job *)job)->unit);
}

/* On the camera's supervisor thread. */
void settings_on_controls(void *user, struct camera *camera)
{
	struct unit *unit = user;
	struct controls_job *job = calloc(1, sizeof *job);

	if (!job)
		return;
	job->job = (struct job){.run = controls_run};
	job->unit = unit;
	control_post_job(unit->control, &job->job);
}

static void set_enabled(struct unit *unit, bool enabled)
{
	log_info("%s: switched %s", unit->config->id, enabled ? "on" : "off");
	if (!enabled) {
		wishes_switched_off(unit);
		recorder_stop(unit->recorder, RECORDER_BY_CAMERA);
	}
	camera_set_enabled(unit->camera, enabled);
	unit->start_snapshot_due = enabled && unit->config->snapshot_on_start;
	report_enabled(unit);
	report_record(unit);
	report_event(unit->control, enabled ? "camera_enabled" : "camera_disabled",
	             unit->config->id, NULL);
}

/* TOGGLE for several cameras means off when any of them is on. */
static bool resolve(const struct command *command, struct unit *const units[], size_t count)
{
	if (command->state != COMMAND_TOGGLE)
		return command->state == COMMAND_ON;
	for (size_t i = 0; i < count; i++) {
		if (camera_is_enabled(units[i]->camera))
			return false;
	}
	return true;
}

/* Also when it is so already: an earlier one may not have been kept. */
static void keep_enabled(struct unit *unit, bool enabled, char ret_text[static COMMAND_TEXT_SIZE])
{
	json_auto_t *value = json_boolean(enabled);
	int error = kept_set(unit, "enabled", value);

	if (error < 0)
		snprintf(ret_text, COMMAND_TEXT_SIZE, "it will not outlive a restart: %s",
		         strerror(-error));
}

void settings_enable(struct control *control, struct request *request, struct unit *const units[],
                     size_t count)
{
	bool enabled = resolve(request_command(request), units, count);

	for (size_t i = 0; i < count; i++) {
		json_t *data = json_pack("{s:s}", "state", enabled ? "ON" : "OFF");
		char text[COMMAND_TEXT_SIZE] = "";

		request_expect(request);
		if (camera_is_enabled(units[i]->camera) != enabled)
			set_enabled(units[i], enabled);
		else if (data)
			json_object_set_new(data, "already", json_true());
		keep_enabled(units[i], enabled, text);
		request_answer(request, units[i]->config->id, CODE_OK, text, data);
	}
	saves_await(control, request);
}

/* What speaks against any of the wishes: then none is fulfilled. */
static enum code check_wishes(struct unit *unit, const struct command *command,
                              char ret_text[static COMMAND_TEXT_SIZE])
{
	_Static_assert(COMMAND_TEXT_SIZE >= SOURCE_CONTROL_TEXT_SIZE, "one text for the other");
	int error = 0;

	for (size_t i = 0; i < command->control_count && error == 0; i++) {
		const struct command_control *wish = &command->controls[i];

		error = tuning_check(camera_tuning(unit->camera), wish->name, &wish->value,
		                     ret_text);
	}
	if (error == 0)
		return CODE_OK;
	return error == -ENODATA ? CODE_BUSY : CODE_BAD_VALUE;
}

/* The names of controls are the same in any case: a wish replaces that under another spelling. */
static void forget_spellings(json_t *kept, const char *name)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(kept, next, key, value)
	{
		if (strcasecmp(key, name) == 0)
			json_object_del(kept, key);
	}
}

/* Adds the wishes to those that are kept; what is the default again is kept too, since node.yaml
 * may say otherwise. */
static void keep_wishes(struct unit *unit, const struct command *command)
{
	json_t *kept = kept_get(unit, "controls");

	if (!json_is_object(kept)) {
		json_decref(kept);
		kept = json_object();
	}
	for (size_t i = 0; i < command->control_count; i++) {
		const struct command_control *wish = &command->controls[i];

		forget_spellings(kept, wish->name);
		json_object_set_new(kept, wish->name, control_value_json(&wish->value));
	}
	kept_set(unit, "controls", kept);
	json_decref(kept);
}

static enum code set_controls(struct unit *unit, const struct command *command,
                              char ret_text[static COMMAND_TEXT_SIZE])
{
	enum code code = check_wishes(unit, command, ret_text);

	if (code != CODE_OK)
		return code;
	for (size_t i = 0; i < command->control_count; i++) {
		const struct command_control *wish = &command->controls[i];

		if (tuning_wish(camera_tuning(unit->camera), wish->name, &wish->value) < 0)
			log_warn("%s: control %s: not set", unit->config->id, wish->name);
	}
	camera_retune(unit->camera);
	if (unit->config->controls_persist)
		keep_wishes(unit, command);
	report_controls(unit);
	return CODE_OK;
}

void settings_tune(struct control *control, struct request *request, struct unit *const units[],
                   size_t count)
{
	const struct command *command = request_command(request);
	bool is_kept = false;

	for (size_t i = 0; i < count; i++) {
		char text[COMMAND_TEXT_SIZE] = "";

		request_expect(request);
		enum code code = set_controls(units[i], command, text);
		is_kept = is_kept || (code == CODE_OK && units[i]->config->controls_persist);
		_cleanup_free_ char *json = code == CODE_OK ? describe_controls(units[i]) : NULL;
		request_answer(request, units[i]->config->id, code, text,
		               json ? json_loads(json, 0, NULL) : NULL);
	}
	if (is_kept)
		saves_await(control, request);
}
