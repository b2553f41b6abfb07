/*
 * Prints proto/'s tables, and one full and one bare sample of each payload, as JSON for
 * contract.py.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "proto/code.h"
#include "proto/command.h"
#include "proto/payload.h"
#include "proto/topic.h"

#define NOON_US INT64_C(1795442690123456)

static const char *const type_names[FIELD_TYPE_COUNT] = {
	[FIELD_TYPE_ID] = "id",           [FIELD_TYPE_NAME] = "name",
	[FIELD_TYPE_STATE] = "word",      [FIELD_TYPE_WORD] = "word",
	[FIELD_TYPE_TEXT] = "text",       [FIELD_TYPE_DAY] = "day",
	[FIELD_TYPE_INTEGER] = "integer", [FIELD_TYPE_NUMBER] = "number",
	[FIELD_TYPE_TIME] = "time",
};

static const char *const scope_names[] = {
	[COMMAND_OF_CAMERAS] = "cameras",
	[COMMAND_OF_CAMERA] = "camera",
	[COMMAND_OF_NODE] = "node",
};

static json_t *topics(void)
{
	json_t *array = json_array();

	for (int kind = 0; kind < TOPIC_KIND_COUNT; kind++) {
		const struct topic_info *info = &topic_table[kind];

		json_array_append_new(array,
		                      json_pack("{s:s, s:b, s:b, s:i, s:b, s:i, s:s?, s:s}", "name",
		                                info->name, "per_camera", info->per_camera,
		                                "command", info->command, "qos", info->qos,
		                                "retain", info->retain, "expiry_s", info->expiry_s,
		                                "schema", info->schema, "help", info->help));
	}
	return array;
}

static json_t *codes(void)
{
	json_t *array = json_array();

	for (int code = 0; code < CODE_COUNT; code++)
		json_array_append_new(array, json_pack("{s:s, s:i}", "name", code_name(code),
		                                       "http", code_http_status(code)));
	return array;
}

static json_t *words(const char *const *list)
{
	json_t *array = json_array();

	for (size_t i = 0; list && list[i]; i++)
		json_array_append_new(array, json_string(list[i]));
	return array;
}

static json_t *fields(const struct command_info *info)
{
	json_t *array = json_array();

	for (size_t i = 0; i < info->field_count; i++) {
		const struct field *field = &info->fields[i];

		json_array_append_new(
			array, json_pack("{s:s, s:s, s:b, s:f, s:f, s:o, s:s}", "name", field->name,
		                         "type", type_names[field->type], "required",
		                         field->required, "min", field->min, "max", field->max,
		                         "words", words(field->words), "help", field->help));
	}
	return array;
}

static json_t *commands(void)
{
	json_t *array = json_array();

	for (int kind = 0; kind < COMMAND_KIND_COUNT; kind++) {
		const struct command_info *info = &command_table[kind];

		json_array_append_new(
			array,
			json_pack("{s:s, s:s, s:b, s:s?, s:o, s:o}", "name", info->name, "scope",
		                  scope_names[info->scope], "controls", info->controls,
		                  "word_field", info->word_field ? info->word_field->name : NULL,
		                  "words", words(info->words), "fields", fields(info)));
	}
	return array;
}

/* Takes over `text`. */
static void add_sample(json_t *samples, const char *schema, bool full, char *text)
{
	_cleanup_free_ char *json = text;

	json_array_append_new(samples, json_pack("{s:s, s:b, s:o}", "schema", schema, "full", full,
	                                         "payload", json_loads(json, 0, NULL)));
}

static void add_full_info(json_t *samples)
{
	static const char *const profiles[] = {"day", "night", NULL};
	static const char *const renditions[] = {"main", "preview", NULL};
	static const struct payload_info_camera camera = {
		"door",   "Door",    "auto", 1280, 720, 30, "http://192.0.2.7/cam/door/stream",
		profiles, renditions};
	static const char *const capabilities[] = {"record", "snapshot", "h264", "mjpeg",
	                                           "libcamera"};
	const struct payload_info info = {
		"Garage", "0.1.0", "Pi",    "192.0.2.7", "http://192.0.2.7/",
		NOON_US,  NOON_US, &camera, 1,           capabilities,
		5};

	add_sample(samples, "info.json", true, payload_info(&info));
}

static void add_full_controls(json_t *samples)
{
	static const char *const modes[] = {"Manual", "Auto", NULL};
	const struct payload_control controls[] = {
		{"Brightness",
	         "float",
	         {CONTROL_VALUE_NUMBER, -1, false, ""},
	         {CONTROL_VALUE_NUMBER, 1, false, ""},
	         {CONTROL_VALUE_NUMBER, 0, false, ""},
	         {CONTROL_VALUE_NUMBER, 0.25, false, ""},
	         NULL},
		{.name = "AeEnable",
	         .type = "boolean",
	         .value = {CONTROL_VALUE_BOOLEAN, 0, true, ""}},
		{.name = "AfMode",
	         .type = "enum",
	         .value = {CONTROL_VALUE_TEXT, 0, false, "Auto"},
	         .values = modes},
	};

	add_sample(samples, "controls.json", true, payload_controls(controls, 3));
	add_sample(samples, "controls.json", false, payload_controls(controls, 0));
}

/* The keys of events that are not of a recording that ends. */
static void add_full_events(json_t *samples)
{
	json_auto_t *profile = json_pack("{s:s, s:s, s:s, s:s}", "profile", "night", "from", "day",
	                                 "reason", "governor", "message", "CPU 97 %");
	json_auto_t *failed = json_pack("{s:s, s:s}", "source", "door/r1.mp4", "error", "no room");
	json_auto_t *deleted = json_pack("{s:s, s:s}", "file", "door/r1.mp4", "reason", "command");

	add_sample(samples, "event.json", true,
	           payload_event("profile_changed", "door", NOON_US, profile));
	add_sample(samples, "event.json", true,
	           payload_event("recording_deleted", "door", NOON_US, deleted));
	add_sample(samples, "event.json", true,
	           payload_event("export_failed", "door", NOON_US, failed));
	add_sample(samples, "event.json", true,
	           payload_event("camera_disabled", "door", NOON_US, NULL));
}

static void add_full_lists(json_t *samples)
{
	static const struct payload_item item = {"door/r1.mp4",
	                                         "door",
	                                         NOON_US,
	                                         30,
	                                         4096,
	                                         900,
	                                         "h264",
	                                         1280,
	                                         720,
	                                         "parcel",
	                                         true,
	                                         true,
	                                         true,
	                                         "http://192.0.2.7/r1.mp4",
	                                         "http://192.0.2.7/r1.jpg"};
	const struct command command = {.kind = COMMAND_RECORDINGS, .id = "a1"};
	json_auto_t *one = payload_item(&item);
	json_auto_t *list = payload_list(&item, 1, 77);

	add_sample(samples, "reply.json", false, payload_reply(&command, CODE_OK, "", one));
	add_sample(samples, "reply.json", false, payload_reply(&command, CODE_OK, "", list));
}

static void add_full(json_t *samples)
{
	const struct machine_reading reading = {.core_pct = {12.5, NAN}, .core_count = 2};
	const struct payload_stats stats = {.wall_us = NOON_US,
	                                    .width = 640,
	                                    .height = 360,
	                                    .quality = 80,
	                                    .h264_encoder = "libx264",
	                                    .error = "away",
	                                    .profile = "day"};
	const struct payload_record record = {true,
	                                      true,
	                                      true,
	                                      true,
	                                      "r1",
	                                      "door/r1.mp4",
	                                      NOON_US,
	                                      NOON_US,
	                                      "h264",
	                                      "parcel",
	                                      "no_space: full"};
	const struct payload_snapshot_meta meta = {
		NOON_US, 4096, 640, 360, 80, "s1", "command", "http://192.0.2.7/s1.jpg"};
	const struct payload_recording recording = {"r1",
	                                            "door/r1.mp4",
	                                            "http://192.0.2.7/recordings/door/r1.mp4",
	                                            4096,
	                                            30,
	                                            0,
	                                            NOON_US,
	                                            1,
	                                            "h264",
	                                            "parcel",
	                                            "command",
	                                            "full"};
	const struct command command = {.kind = COMMAND_RECORD, .camera = "door", .id = "a1"};
	json_auto_t *data = payload_recording(&recording);

	add_full_info(samples);
	add_full_controls(samples);
	add_full_events(samples);
	add_full_lists(samples);
	add_sample(samples, "telemetry.json", true, payload_telemetry(&reading, NOON_US, true, 10));
	add_sample(samples, "stats.json", true, payload_stats(&stats));
	add_sample(samples, "record.json", true, payload_record(&record));
	add_sample(samples, "snapshot-meta.json", true, payload_snapshot_meta(&meta));
	add_sample(samples, "event.json", true,
	           payload_event("recording_finished", "door", NOON_US, data));
	add_sample(samples, "reply.json", true,
	           payload_reply(&command, CODE_BUSY, "camera is away", data));
}

static void add_bare(json_t *samples)
{
	const struct payload_info info = {
		.node_name = "n", .version = "0.1.0", .started_wall_us = NOON_US};
	const struct machine_reading reading = {NAN, {0}, 0,   NAN, NAN, NAN, NAN,
	                                        NAN, NAN, NAN, NAN, NAN, -1,  0};
	const struct payload_stats stats = {.wall_us = NOON_US, .latency_ms = NAN, .quality = -1};
	const struct payload_record record = {0};
	const struct payload_snapshot_meta meta = {NOON_US, 4096, 640, 360, -1, "", "interval", ""};
	const struct command none = {.kind = COMMAND_KIND_COUNT};

	add_sample(samples, "info.json", false, payload_info(&info));
	add_sample(samples, "telemetry.json", false,
	           payload_telemetry(&reading, NOON_US, false, 1));
	add_sample(samples, "stats.json", false, payload_stats(&stats));
	add_sample(samples, "record.json", false, payload_record(&record));
	add_sample(samples, "snapshot-meta.json", false, payload_snapshot_meta(&meta));
	add_sample(samples, "event.json", false,
	           payload_event("recording_started", "door", NOON_US, NULL));
	for (int code = 0; code < CODE_COUNT; code++)
		add_sample(samples, "reply.json", false,
		           payload_reply(&none, code, code == CODE_OK ? "" : "why not", NULL));
}

int main(void)
{
	json_t *samples = json_array();
	json_auto_t *all = NULL;

	add_full(samples);
	add_bare(samples);
	all = json_pack("{s:o, s:o, s:o, s:o}", "topics", topics(), "codes", codes(), "commands",
	                commands(), "samples", samples);
	return all && json_dumpf(all, stdout, 0) == 0 ? 0 : 1;
}
