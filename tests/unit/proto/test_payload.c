#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <math.h>

#include "base/cleanup.h"
#include "proto/payload.h"

#define NOON_US INT64_C(1795442690123456) /* 2026-11-23T14:04:50.123456Z */
#define NOON "\"2026-11-23T14:04:50.123Z\""

static void assert_json(char *json, const char *expected)
{
	_cleanup_free_ char *text = json;

	assert_non_null(text);
	assert_string_equal(text, expected);
}

static void test_example(void **state)
{
	const struct payload_record record = {
		.on = true,
		.active = true,
		.id = "door_20261123_140450",
		.file = "door/2026/11/23/door_20261123_140450.part.mp4",
		.started_wall_us = NOON_US,
		.format = "h264",
	};

	assert_json(payload_record(&record),
	            "{\"state\":\"ON\",\"active\":true,\"finishing\":false,"
	            "\"id\":\"door_20261123_140450\","
	            "\"file\":\"door/2026/11/23/door_20261123_140450.part.mp4\","
	            "\"started_at\":" NOON ",\"format\":\"h264\"}");
}

static void test_record_at_rest(void **state)
{
	assert_json(payload_record(&(struct payload_record){.error = "no_space: disk full"}),
	            "{\"state\":\"OFF\",\"active\":false,\"finishing\":false,"
	            "\"error\":\"no_space: disk full\"}");
	assert_json(payload_record(&(struct payload_record){.held = true}),
	            "{\"state\":\"OFF\",\"active\":false,\"finishing\":false,\"held\":true}");
}

static void test_info(void **state)
{
	static const struct payload_info_camera cameras[] = {
		{"door", "Front door", "auto", 1280, 720, 30,
	         "http://192.0.2.7:8080/cam/door/stream"},
		{.id = "yard", .name = "Yard", .source = "pattern", .stream_url = ""},
	};
	static const char *const capabilities[] = {"record", "snapshot"};
	const struct payload_info info = {
		.node_name = "Garage",
		.version = "0.1.0",
		.model = "Raspberry Pi 5",
		.ip = "192.0.2.7",
		.http_url = "http://192.0.2.7:8080/",
		.boot_wall_us = NOON_US,
		.started_wall_us = NOON_US,
		.cameras = cameras,
		.camera_count = 2,
		.capabilities = capabilities,
		.capability_count = 2,
	};

	assert_json(payload_info(&info),
	            "{\"proto\":1,\"name\":\"Garage\",\"version\":\"0.1.0\","
	            "\"model\":\"Raspberry Pi 5\",\"ip\":\"192.0.2.7\",\"boot_time\":" NOON ","
	            "\"started_at\":" NOON ",\"http_url\":\"http://192.0.2.7:8080/\",\"cameras\":["
	            "{\"id\":\"door\",\"name\":\"Front door\",\"source\":\"auto\",\"width\":1280,"
	            "\"height\":720,\"fps\":30.0,"
	            "\"stream_url\":\"http://192.0.2.7:8080/cam/door/stream\"},"
	            "{\"id\":\"yard\",\"name\":\"Yard\",\"source\":\"pattern\"}],"
	            "\"capabilities\":[\"record\",\"snapshot\"]}");
}

static void test_telemetry(void **state)
{
	const struct machine_reading reading = {
		.cpu_pct = 12.34999,
		.core_pct = {24.7, NAN},
		.core_count = 2,
		.process_cpu_pct = 0.04,
		.load_1m = 0.1,
		.load_5m = 1.005,
		.load_15m = 2,
		.temp_c = 48.25,
		.mem_pct = 100.0 / 3,
		.rss_mb = 23.456,
		.disk_free_gb = 1234.5678,
		.disk_total_gb = 2000,
		.throttled = 0x50005,
		.uptime_s = 86400,
	};

	assert_json(payload_telemetry(&reading, NOON_US, true, 10),
	            "{\"ts\":" NOON ",\"cpu_pct\":12.3,\"core_pct\":[24.7,null],"
	            "\"process_cpu_pct\":0.0,\"load_1m\":0.1,\"load_5m\":1.0,\"load_15m\":2.0,"
	            "\"temp_c\":48.3,\"mem_pct\":33.3,\"rss_mb\":23.5,\"disk_free_gb\":1234.57,"
	            "\"disk_total_gb\":2000.0,\"throttled\":327685,\"uptime_s\":86400,"
	            "\"time_synced\":true,\"interval_s\":10}");
}

static void test_what_a_machine_does_not_offer_is_left_out(void **state)
{
	const struct machine_reading reading = {
		.cpu_pct = NAN,
		.core_pct = {NAN},
		.core_count = 1,
		.process_cpu_pct = NAN,
		.load_1m = NAN,
		.load_5m = NAN,
		.load_15m = NAN,
		.temp_c = NAN,
		.mem_pct = NAN,
		.rss_mb = NAN,
		.disk_free_gb = NAN,
		.disk_total_gb = NAN,
		.throttled = -1,
		.uptime_s = 1,
	};

	assert_json(payload_telemetry(&reading, NOON_US, false, 3600),
	            "{\"ts\":" NOON ",\"uptime_s\":1,\"time_synced\":false,\"interval_s\":3600}");
}

static void test_stats(void **state)
{
	struct payload_stats stats = {
		.wall_us = NOON_US,
		.fps = 29.97,
		.viewers = 3,
		.preview_viewers = 1,
		.bitrate_mbps = 37.6789,
		.dropped_sensor = 1,
		.dropped_mailbox = 2,
		.dropped_encoder = 3,
		.dropped_reader = 4,
		.latency_ms = 8.04,
		.width = 1280,
		.height = 720,
		.quality = 80,
	};

	assert_json(payload_stats(&stats),
	            "{\"ts\":" NOON
	            ",\"fps\":30.0,\"viewers\":3,\"preview_viewers\":1,\"bitrate_mbps\":37.68,"
	            "\"dropped\":{\"sensor\":1,\"mailbox\":2,\"encoder\":3,\"reader\":4},"
	            "\"latency_ms\":8.0,\"width\":1280,\"height\":720,\"quality\":80}");
}

static void test_stats_of_a_camera_that_is_away(void **state)
{
	const struct payload_stats stats = {
		.wall_us = NOON_US, .latency_ms = NAN, .quality = -1, .error = "no such device"};

	assert_json(payload_stats(&stats),
	            "{\"ts\":" NOON
	            ",\"fps\":0.0,\"viewers\":0,\"preview_viewers\":0,\"bitrate_mbps\":0.0,"
	            "\"dropped\":{\"sensor\":0,\"mailbox\":0,\"encoder\":0,\"reader\":0},"
	            "\"quality\":null,\"error\":\"no such device\"}");
}

static void test_snapshot_meta(void **state)
{
	const struct payload_snapshot_meta meta = {
		.wall_us = NOON_US,
		.bytes = 123456,
		.width = 640,
		.height = 360,
		.quality = 75,
		.id = "s1",
		.trigger = "command",
		.url = "",
	};

	assert_json(payload_snapshot_meta(&meta),
	            "{\"ts\":" NOON ",\"bytes\":123456,\"width\":640,\"height\":360,"
	            "\"quality\":75,\"id\":\"s1\",\"trigger\":\"command\"}");
}

static void test_event_with_a_recording(void **state)
{
	const struct payload_recording recording = {
		.id = "r1",
		.file = "door/x.mp4",
		.url = "http://192.0.2.7:8080/recordings/door/x.mp4",
		.bytes = UINT64_C(5000000000),
		.frames = 300,
		.started_wall_us = NOON_US,
		.duration_s = 10.0004,
		.format = "h264",
		.reason = "command",
	};
	json_auto_t *data = payload_recording(&recording);

	assert_json(payload_event("recording_finished", "door", NOON_US, data),
	            "{\"event_type\":\"recording_finished\",\"camera\":\"door\",\"ts\":" NOON ","
	            "\"id\":\"r1\",\"file\":\"door/x.mp4\","
	            "\"url\":\"http://192.0.2.7:8080/recordings/door/x.mp4\","
	            "\"bytes\":5000000000,\"frames\":300,\"dropped\":0,\"started_at\":" NOON ","
	            "\"duration_s\":10.0,\"format\":\"h264\",\"reason\":\"command\"}");
}

static void test_data_cannot_replace_an_events_own_keys(void **state)
{
	json_auto_t *data = json_pack("{s:s, s:i}", "camera", "yard", "extra", 1);

	assert_json(payload_event("e", "door", NOON_US, data),
	            "{\"event_type\":\"e\",\"camera\":\"door\",\"ts\":" NOON ",\"extra\":1}");
	assert_int_equal(json_object_size(data), 2);
}

static void test_reply(void **state)
{
	struct command command = {.kind = COMMAND_RECORD, .camera = "door", .id = "a1"};
	json_auto_t *data = json_pack("{s:b}", "already", 1);

	assert_json(payload_reply(&command, CODE_OK, "", data),
	            "{\"ok\":true,\"command\":\"record\",\"camera\":\"door\",\"id\":\"a1\","
	            "\"code\":\"ok\",\"data\":{\"already\":true}}");

	command = (struct command){.kind = COMMAND_KIND_COUNT};
	assert_json(payload_reply(&command, CODE_BAD_VALUE, "what?", NULL),
	            "{\"ok\":false,\"code\":\"bad_value\",\"message\":\"what?\"}");
}

static void test_controls(void **state)
{
	static const char *const modes[] = {"Manual", "Auto", NULL};
	const struct payload_control controls[] = {
		{.name = "Gain",
	         .type = "float",
	         .min = {.type = CONTROL_VALUE_NUMBER, .number = 1},
	         .max = {.type = CONTROL_VALUE_NUMBER, .number = 16},
	         .default_value = {.type = CONTROL_VALUE_NUMBER, .number = 1.5},
	         .value = {.type = CONTROL_VALUE_NUMBER, .number = 0.1234567}},
		{.name = "AeEnable",
	         .type = "boolean",
	         .value = {.type = CONTROL_VALUE_BOOLEAN, .boolean = true}},
		{.name = "AfMode",
	         .type = "enum",
	         .value = {.type = CONTROL_VALUE_TEXT, .text = "Auto"},
	         .values = modes},
	};

	assert_json(payload_controls(controls, 3),
	            "{\"controls\":{\"Gain\":{\"type\":\"float\",\"min\":1,\"max\":16,"
	            "\"default\":1.5,\"value\":0.123457},"
	            "\"AeEnable\":{\"type\":\"boolean\",\"value\":true},"
	            "\"AfMode\":{\"type\":\"enum\",\"value\":\"Auto\","
	            "\"values\":[\"Manual\",\"Auto\"]}}}");
	assert_json(payload_controls(NULL, 0), "{\"controls\":{}}");
}

static void test_a_list_of_recordings(void **state)
{
	const struct payload_item item = {
		.file = "door/x.mp4",
		.camera = "door",
		.started_wall_us = NOON_US,
		.duration_s = NAN,
		.bytes = 7,
		.format = "mjpeg",
		.label = "Päckchen",
		.protected = true,
	};
	json_auto_t *list = payload_list(&item, 1, 12);

	assert_json(json_dumps(list, JSON_COMPACT),
	            "{\"total\":12,\"recordings\":[{\"file\":\"door/x.mp4\",\"camera\":\"door\","
	            "\"started_at\":" NOON ",\"bytes\":7,\"format\":\"mjpeg\",\"frames\":0,"
	            "\"label\":\"Päckchen\",\"protected\":true,\"recovered\":false,"
	            "\"damaged\":false}]}");
}

static void test_text_that_is_not_utf8(void **state)
{
	const struct payload_record record = {.file = "d\xf6r/ä"};

	assert_json(payload_record(&record), "{\"state\":\"OFF\",\"active\":false,"
	                                     "\"finishing\":false,\"file\":\"d?r/??\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_record_at_rest),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_telemetry),
		cmocka_unit_test(test_what_a_machine_does_not_offer_is_left_out),
		cmocka_unit_test(test_stats),
		cmocka_unit_test(test_stats_of_a_camera_that_is_away),
		cmocka_unit_test(test_snapshot_meta),
		cmocka_unit_test(test_event_with_a_recording),
		cmocka_unit_test(test_data_cannot_replace_an_events_own_keys),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_controls),
		cmocka_unit_test(test_a_list_of_recordings),
		cmocka_unit_test(test_text_that_is_not_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
