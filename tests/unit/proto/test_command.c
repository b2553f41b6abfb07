#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "proto/command.h"

#define RECORD "cam/cam0/record/set"
#define SNAPSHOT "cam/cam0/snapshot/set"
#define PROFILE "cam/cam0/profile/set"
#define ENABLED "enabled/set"
#define CONTROLS "cam/cam0/controls/set"
#define RECORDINGS "recordings/set"
#define LABEL_64 "0123456789012345678901234567890123456789012345678901234567890123"
#define ID_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Parses a text that has to be accepted. */
static struct command accept(const char *suffix, const char *payload)
{
	struct command command;
	char text[COMMAND_TEXT_SIZE];
	enum code code = command_parse(suffix, payload, strlen(payload), &command, text);

	if (code != CODE_OK)
		print_error("%s: %s\n", payload, text);
	assert_int_equal(code, CODE_OK);
	assert_string_equal(text, "");
	return command;
}

/* Parses bytes that have to be refused with this code and text. */
static struct command refuse_bytes(const char *suffix, const void *payload, size_t length,
                                   enum code code, const char *expected)
{
	struct command command;
	char text[COMMAND_TEXT_SIZE];

	assert_int_equal(command_parse(suffix, payload, length, &command, text), code);
	assert_string_equal(text, expected);
	assert_true(str_is_utf8(text, strlen(text)));
	return command;
}

static void test_example(void **state)
{
	struct command command = accept("cam/cam0/record/set", "ON");

	assert_int_equal(command.kind, COMMAND_RECORD);
	assert_string_equal(command.camera, "cam0");
	assert_int_equal(command.state, COMMAND_ON);
	assert_true(command.duration_s == 0);
}

static void test_example_json(void **state)
{
	struct command command =
		accept("cam/cam0/record/set", "{\"state\": \"ON\", \"duration_s\": 30.5, "
	                                      "\"format\": \"MJPEG\", \"id\": \"door-7\", "
	                                      "\"expires_at\": \"2026-11-23T15:04:50+01:00\"}");

	assert_int_equal(command.state, COMMAND_ON);
	assert_true(command.duration_s == 30.5);
	assert_string_equal(command.format, "mjpeg");
	assert_string_equal(command.id, "door-7");
	assert_int_equal(command.expires_at_us, INT64_C(1795442690000000));
}

static void test_example_snapshot(void **state)
{
	struct command command = accept("snapshot/set", "{\"quality\":80,\"max_width\":640}");

	assert_int_equal(command.kind, COMMAND_SNAPSHOT);
	assert_string_equal(command.camera, "");
	assert_int_equal(command.quality, 80);
	assert_int_equal(command.max_width, 640);
}

static void test_words(void **state)
{
	assert_int_equal(accept(RECORD, "off").state, COMMAND_OFF);
	assert_int_equal(accept(RECORD, " Toggle\r\n").state, COMMAND_TOGGLE);
	assert_int_equal(accept("record/set", "ON").state, COMMAND_ON);
	assert_int_equal(accept(SNAPSHOT, "").state, COMMAND_STATE_NONE);
	assert_int_equal(accept(SNAPSHOT, " \t\n").kind, COMMAND_SNAPSHOT);
	assert_int_equal(accept(SNAPSHOT, "press").kind, COMMAND_SNAPSHOT);
	assert_int_equal(accept(SNAPSHOT, "ON").state, COMMAND_STATE_NONE);
}

static void test_limits_of_values(void **state)
{
	assert_true(accept(RECORD, "{\"state\":\"on\",\"duration_s\":1}").duration_s == 1);
	assert_true(accept(RECORD, "{\"state\":\"on\",\"duration_s\":86400}").duration_s == 86400);
	assert_int_equal(accept(SNAPSHOT, "{\"quality\":1}").quality, 1);
	assert_int_equal(accept(SNAPSHOT, "{\"quality\":100}").quality, 100);
	assert_int_equal(accept(SNAPSHOT, "{\"quality\":80.0}").quality, 80);
	assert_int_equal(accept(SNAPSHOT, "{\"max_width\":16}").max_width, 16);
	assert_int_equal(accept(SNAPSHOT, "{\"max_width\":16384}").max_width, 16384);
	assert_string_equal(accept(SNAPSHOT, "{\"id\":\"" ID_64 "\"}").id, ID_64);
	assert_int_equal(accept(SNAPSHOT, "{}").expires_at_us, 0);
	assert_int_equal(accept(SNAPSHOT, "{\"expires_at\":1795442690.5}").expires_at_us,
	                 INT64_C(1795442690500000));
}

static void test_record_with_all_keys(void **state)
{
	struct command command = accept(
		RECORD,
		"{\"state\":\"ON\",\"pre_roll_s\":0,\"profile\":\"Night\",\"label\":\"" LABEL_64
		"\"}");

	assert_true(command.pre_roll_s == 0);
	assert_string_equal(command.profile, "night");
	assert_string_equal(command.label, LABEL_64);
	assert_true(accept(RECORD, "ON").pre_roll_s == -1);
	assert_true(accept(RECORD, "{\"state\":\"ON\",\"pre_roll_s\":30}").pre_roll_s == 30);
}

static void test_profile(void **state)
{
	assert_string_equal(accept(PROFILE, " Night\n").profile, "night");
	assert_string_equal(accept(PROFILE, "AUTO").profile, COMMAND_PROFILE_AUTO);
	assert_string_equal(accept("profile/set", "{\"profile\":\"" ID_64 "\"}").profile, ID_64);
	assert_int_equal(accept(PROFILE, "eco").kind, COMMAND_PROFILE);
}

static void test_enabled(void **state)
{
	assert_int_equal(accept(ENABLED, "off").state, COMMAND_OFF);
	assert_int_equal(accept("cam/door/enabled/set", "{\"state\":\"TOGGLE\"}").state,
	                 COMMAND_TOGGLE);
	assert_int_equal(accept(ENABLED, "ON").kind, COMMAND_ENABLED);
}

static void test_controls(void **state)
{
	struct command command =
		accept(CONTROLS,
	               "{\"Brightness\":-0.5,\"AeEnable\":false,\"id\":\"c1\",\"AfMode\":\"Auto\","
	               "\"LensPosition\":null}");

	assert_int_equal(command.kind, COMMAND_CONTROLS);
	assert_string_equal(command.id, "c1");
	assert_int_equal(command.control_count, 4);
	assert_string_equal(command.controls[0].name, "Brightness");
	assert_true(command.controls[0].value.number == -0.5);
	assert_int_equal(command.controls[1].value.type, CONTROL_VALUE_BOOLEAN);
	assert_false(command.controls[1].value.boolean);
	assert_string_equal(command.controls[2].value.text, "Auto");
	assert_int_equal(command.controls[3].value.type, CONTROL_VALUE_NONE);
}

static void test_16_controls_are_the_limit(void **state)
{
	char payload[COMMAND_MAX_PAYLOAD] = "{";
	size_t length = 1;

	for (int i = 0; i < COMMAND_MAX_CONTROLS; i++)
		length += (size_t)snprintf(payload + length, sizeof(payload) - length,
		                           "%s\"C%d\":%d", i ? "," : "", i, i);
	snprintf(payload + length, sizeof(payload) - length, "}");
	assert_int_equal(accept(CONTROLS, payload).control_count, COMMAND_MAX_CONTROLS);
	snprintf(payload + length, sizeof(payload) - length, ",\"X\":1}");
	refuse_bytes(CONTROLS, payload, strlen(payload), CODE_BAD_VALUE,
	             "more than 16 controls in one command");
}

static void test_recordings(void **state)
{
	struct command command = accept(
		RECORDINGS, "{\"action\":\"LIST\",\"camera\":\"door\",\"day\":\"2028-02-29\","
			    "\"limit\":200,\"offset\":1000000}");

	assert_int_equal(command.kind, COMMAND_RECORDINGS);
	assert_string_equal(command.action, "list");
	assert_string_equal(command.camera, "");
	assert_string_equal(command.of_camera, "door");
	assert_string_equal(command.day, "2028-02-29");
	assert_int_equal(command.limit, 200);
	assert_int_equal(command.offset, 1000000);
	assert_string_equal(accept(RECORDINGS, "list").action, "list");

	command = accept(RECORDINGS, "{\"action\":\"label\",\"file\":\"a/b.mp4\",\"label\":\"\"}");
	assert_string_equal(command.file, "a/b.mp4");
	assert_string_equal(command.label, "");
}

static void test_equal_but_for_id_and_expiry(void **state)
{
	static const struct {
		const char *suffix, *a, *b;
		bool equal;
	} cases[] = {
		{RECORD, "ON", "{\"state\":\"on\",\"id\":\"a\",\"expires_at\":1795442690}", true},
		{RECORD, "ON", "OFF", false},
		{RECORD, "ON", "{\"state\":\"on\",\"pre_roll_s\":0}", false},
		{RECORD, "ON", "{\"state\":\"on\",\"duration_s\":5}", false},
		{RECORD, "ON", "{\"state\":\"on\",\"label\":\"x\"}", false},
		{SNAPSHOT, "", "PRESS", true},
		{SNAPSHOT, "", "{\"quality\":5}", false},
		{PROFILE, "eco", "ECO", true},
		{PROFILE, "eco", "night", false},
		{CONTROLS, "{\"A\":1}", "{\"A\":1.0,\"id\":\"a\"}", true},
		{CONTROLS, "{\"A\":1}", "{\"A\":true}", false},
		{CONTROLS, "{\"A\":1}", "{\"B\":1}", false},
		{CONTROLS, "{\"A\":1}", "{\"A\":1,\"B\":1}", false},
		{RECORDINGS, "LIST", "{\"action\":\"list\",\"day\":\"2026-01-01\"}", false},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct command a = accept(cases[i].suffix, cases[i].a);
		struct command b = accept(cases[i].suffix, cases[i].b);

		assert_int_equal(command_is_equal(&a, &b), cases[i].equal);
	}
	struct command door = accept("cam/door/record/set", "ON"), all = accept("record/set", "ON");
	assert_false(command_is_equal(&door, &all));
}

static void test_refused_values(void **state)
{
	static const struct {
		const char *suffix, *payload, *text;
	} cases[] = {
		{RECORD, "OPEN", "\"OPEN\" is not one of ON, OFF, TOGGLE"},
		{RECORD, "", "\"\" is not one of ON, OFF, TOGGLE"},
		{RECORD, "1", "\"1\" is not one of ON, OFF, TOGGLE"},
		{RECORD, "O\nN", "\"O\\nN\" is not one of ON, OFF, TOGGLE"},
		{RECORD, "[\"ON\"]", "\"[\\\"ON\\\"]\" is not one of ON, OFF, TOGGLE"},
		{SNAPSHOT, "CLICK", "\"CLICK\" is not one of (empty), PRESS, ON"},
		{RECORD, "{}", "key \"state\" is missing: one of ON, OFF, TOGGLE"},
		{RECORD, "{\"state\":\"OPEN\"}", "state: \"OPEN\" is not one of ON, OFF, TOGGLE"},
		{RECORD, "{\"state\":true}", "state: true is not a string: one of ON, OFF, TOGGLE"},
		{RECORD, "{\"state\":null}", "state: null is not a string: one of ON, OFF, TOGGLE"},
		{RECORD, "{\"durations\":5}",
	         "unknown key \"durations\": did you mean \"duration_s\"?"},
		{RECORD, "{\"State\":\"ON\"}", "unknown key \"State\": did you mean \"state\"?"},
		{RECORD, "{\"state\":\"ON\",\"colour\":1}",
	         "unknown key \"colour\": allowed are id, state, duration_s, pre_roll_s, format, "
	         "profile, label, expires_at"},
		{RECORD, "{\"state\":\"ON\",\"duration_s\":0.5}",
	         "duration_s: 0.5 is out of range 1..86400"},
		{RECORD, "{\"state\":\"ON\",\"duration_s\":86400.1}",
	         "duration_s: 86400.1 is out of range 1..86400"},
		{RECORD, "{\"state\":\"ON\",\"duration_s\":\"5\"}",
	         "duration_s: \"5\" is not a number 1..86400"},
		{RECORD, "{\"state\":\"ON\",\"format\":\"avi\"}",
	         "format: \"avi\" is not one of h264, mjpeg"},
		{SNAPSHOT, "{\"quality\":80.5}", "quality: 80.5 is not an integer 1..100"},
		{SNAPSHOT, "{\"quality\":\"80\"}", "quality: \"80\" is not an integer 1..100"},
		{SNAPSHOT, "{\"quality\":0}", "quality: 0 is out of range 1..100"},
		{SNAPSHOT, "{\"quality\":101}", "quality: 101 is out of range 1..100"},
		{SNAPSHOT, "{\"max_width\":15}", "max_width: 15 is out of range 16..16384"},
		{SNAPSHOT, "{\"max_width\":9223372036854775807}",
	         "max_width: 9223372036854775807 is out of range 16..16384"},
		{SNAPSHOT, "{\"state\":\"ON\"}",
	         "unknown key \"state\": allowed are id, quality, max_width, expires_at"},
		{SNAPSHOT, "{\"id\":7}",
	         "id: 7 is not a string of 1 to 64 characters A-Z a-z 0-9 _ . : -"},
		{SNAPSHOT, "{\"id\":\"a b\"}",
	         "id: \"a b\" is not a string of 1 to 64 characters A-Z a-z 0-9 _ . : -"},
		{SNAPSHOT, "{\"id\":\"\"}",
	         "id: \"\" is not a string of 1 to 64 characters A-Z a-z 0-9 _ . : -"},
		{SNAPSHOT, "{\"expires_at\":30}",
	         "expires_at: 30 is out of range 1000000000..253402300799"},
		{SNAPSHOT, "{\"expires_at\":\"2026-11-23T14:04:50\"}",
	         "expires_at: \"2026-11-23T14:04:50\" is not a time: Unix seconds, or ISO 8601 "
	         "with zone"},
		{RECORD, "{\"state\":\"ON\",\"pre_roll_s\":30.1}",
	         "pre_roll_s: 30.1 is out of range 0..30"},
		{RECORD, "{\"state\":\"ON\",\"label\":\"\"}",
	         "label: \"\" is not a string of 1 to 64 bytes without control characters"},
		{RECORD, "{\"state\":\"ON\",\"label\":\"" LABEL_64 "5\"}",
	         "label: \"012345678901234567890123456789012345… is not a string of 1 to 64 bytes "
	         "without control characters"},
		{RECORD, "{\"state\":\"ON\",\"label\":\"a\\tb\"}",
	         "label: \"a\\tb\" is not a string of 1 to 64 bytes without control characters"},
		{PROFILE, "", "profile: \"\" is not a name of 1 to 64 characters a-z 0-9 _ -"},
		{PROFILE, "a b",
	         "profile: \"a b\" is not a name of 1 to 64 characters a-z 0-9 _ -"},
		{PROFILE, "{}",
	         "key \"profile\" is missing: name of a profile, or auto: the node chooses again "
	         "by "
	         "itself"},
		{ENABLED, "YES", "\"YES\" is not one of ON, OFF, TOGGLE"},
		{CONTROLS, "ON", "\"ON\" is not a JSON object: this command knows no words"},
		{CONTROLS, "{}", "no control is named, e.g. {\"Brightness\": 0.1}"},
		{CONTROLS, "{\"id\":\"a\"}", "no control is named, e.g. {\"Brightness\": 0.1}"},
		{CONTROLS, "{\"brightness\":1}",
	         "unknown key \"brightness\": allowed are names of controls, which begin with a "
	         "capital, id, expires_at"},
		{CONTROLS, "{\"Bright ness\":1}", "\"Bright ness\" is not the name of a control"},
		{CONTROLS, "{\"A0123456789012345678901234567890\":1}",
	         "\"A0123456789012345678901234567890\" is not the name of a control"},
		{CONTROLS, "{\"AfMode\":[1]}",
	         "AfMode: [1] is not a number, a boolean, null or a string of 1 to 47 bytes"},
		{CONTROLS, "{\"AfMode\":\"\"}",
	         "AfMode: \"\" is not a number, a boolean, null or a string of 1 to 47 bytes"},
		{RECORDINGS, "DELETE", "\"DELETE\" is not one of LIST"},
		{RECORDINGS, "{\"action\":\"burn\"}",
	         "action: \"burn\" is not one of list, delete, protect, unprotect, label, export"},
		{RECORDINGS, "{\"action\":\"delete\"}", "key \"file\" is missing: what to delete"},
		{RECORDINGS, "{\"action\":\"list\",\"day\":\"2026-02-30\"}",
	         "day: \"2026-02-30\" is not a day YYYY-MM-DD"},
		{RECORDINGS, "{\"action\":\"list\",\"day\":\"today\"}",
	         "day: \"today\" is not a day YYYY-MM-DD"},
		{RECORDINGS, "{\"action\":\"list\",\"limit\":201}",
	         "limit: 201 is out of range 1..200"},
		{RECORDINGS, "{\"action\":\"list\",\"camera\":\"\"}",
	         "camera: \"\" is not a name of 1 to 64 characters a-z 0-9 _ -"},
		{"controls/set", "{}", "\"controls/set\" is not the topic of a command"},
		{"cam/cam0/recordings/set", "LIST",
	         "\"cam/cam0/recordings/set\" is not the topic of a command"},
		{"cam/cam0/record", "ON", "\"cam/cam0/record\" is not the topic of a command"},
		{"cam/cam0/recrod/set", "ON",
	         "\"cam/cam0/recrod/set\" is not the topic of a command"},
		{"\xff", "ON", "? is not the topic of a command"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		refuse_bytes(cases[i].suffix, cases[i].payload, strlen(cases[i].payload),
		             CODE_BAD_VALUE, cases[i].text);
}

static void test_refused_bytes(void **state)
{
	refuse_bytes(RECORD, "ON\0", 3, CODE_BAD_JSON, "payload has a NUL byte");
	refuse_bytes(RECORD, "\xc3(", 2, CODE_BAD_JSON, "payload is not UTF-8");
	refuse_bytes(RECORD, "{\"state\":\"\xff\"}", 13, CODE_BAD_JSON, "payload is not UTF-8");
}

/* What is said behind the place are the JSON library's own words. */
static void test_what_is_not_json(void **state)
{
	static const struct {
		const char *payload, *text;
	} cases[] = {
		{"{\"state\":", "not JSON: line 1, column 9: "},
		{"{state:\"ON\"}", "not JSON: line 1, column 6: "},
		{"{\"state\":\"ON\"} x", "not JSON: line 1, column 16: "},
		{"{\"state\":\n\"ON\",}", "not JSON: line 2, column 6: "},
		{"{\"state\":\"a\\u0000\"}", "not JSON: line 1, column 18: "},
		{"{\"state\":\"a\nb\"}", "not JSON: line 1, column 11: "},
		{"{\"state\":\"ON\",\"state\":\"OFF\"}", "not JSON: line 1, column 21: duplicate"},
		{"{\"quality\":99999999999999999999}", "not JSON: line 1, column 31: "},
		{"{\"duration_s\":1e999}", "not JSON: line 1, column 19: "},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const char *payload = cases[i].payload;
		struct command command;
		char text[COMMAND_TEXT_SIZE];

		assert_int_equal(command_parse(RECORD, payload, strlen(payload), &command, text),
		                 CODE_BAD_JSON);
		text[strlen(cases[i].text)] = '\0';
		assert_string_equal(text, cases[i].text);
	}
}

static void test_4096_bytes_are_the_limit(void **state)
{
	char payload[COMMAND_MAX_PAYLOAD + 1];
	struct command command;
	char text[COMMAND_TEXT_SIZE];

	memset(payload, ' ', sizeof(payload));
	memcpy(payload, "{\"state\":\"OFF\"}", 15);
	assert_int_equal(command_parse(RECORD, payload, COMMAND_MAX_PAYLOAD, &command, text),
	                 CODE_OK);
	assert_int_equal(command.state, COMMAND_OFF);
	refuse_bytes(RECORD, payload, sizeof(payload), CODE_BAD_JSON,
	             "payload of 4097 bytes is over the limit of 4096");
}

static void test_four_levels_are_the_limit(void **state)
{
	char payload[COMMAND_MAX_PAYLOAD];

	refuse_bytes(SNAPSHOT, "{\"id\":[[[1]]]}", 14, CODE_BAD_VALUE,
	             "id: [[[1]]] is not a string of 1 to 64 characters A-Z a-z 0-9 _ . : -");
	refuse_bytes(SNAPSHOT, "{\"id\":[[[[1]]]]}", 16, CODE_BAD_JSON,
	             "JSON is nested deeper than 4 levels");
	memset(payload, '{', sizeof(payload));
	refuse_bytes(SNAPSHOT, payload, sizeof(payload), CODE_BAD_JSON,
	             "JSON is nested deeper than 4 levels");
}

static void test_brackets_in_strings_are_no_levels(void **state)
{
	static const char payload[] = "{\"format\":\"\\\"[[[[[[\",\"state\":\"ON\"}";

	refuse_bytes(RECORD, payload, strlen(payload), CODE_BAD_VALUE,
	             "format: \"\\\"[[[[[[\" is not one of h264, mjpeg");
}

static void test_echoes_are_cut_between_characters(void **state)
{
	char payload[2 * 60 + 1];

	for (size_t i = 0; i < sizeof(payload) - 1; i += 2)
		memcpy(payload + i, "ä", 3);
	refuse_bytes(RECORD, payload, strlen(payload), CODE_BAD_VALUE,
	             "\"ääääääääääääääääää… is not one of ON, OFF, TOGGLE");
}

static void test_a_refusal_can_be_addressed(void **state)
{
	static const char payload[] = "{\"quality\":500,\"id\":\"a1\"}";
	static const char unknown_key[] = "{\"x\":1,\"id\":\"a2\"}";
	struct command command;

	command = refuse_bytes(SNAPSHOT, payload, strlen(payload), CODE_BAD_VALUE,
	                       "quality: 500 is out of range 1..100");
	assert_int_equal(command.kind, COMMAND_SNAPSHOT);
	assert_string_equal(command.camera, "cam0");
	assert_string_equal(command.id, "a1");

	command = refuse_bytes(SNAPSHOT, unknown_key, strlen(unknown_key), CODE_BAD_VALUE,
	                       "unknown key \"x\": allowed are id, quality, max_width, expires_at");
	assert_string_equal(command.id, "a2");

	command = refuse_bytes("cam/cam0/stats", "", 0, CODE_BAD_VALUE,
	                       "\"cam/cam0/stats\" is not the topic of a command");
	assert_int_equal(command.kind, COMMAND_KIND_COUNT);
}

/* No text may overflow, end within a character or be missing, whatever byte changes. */
static void test_every_byte_replaced(void **state)
{
	static const char good[] = "{\"state\":\"ON\",\"duration_s\":30,\"id\":\"ä\"}";

	for (size_t at = 0; at < sizeof(good) - 1; at++) {
		for (int byte = 0; byte < 256; byte++) {
			char payload[sizeof(good)];
			struct command command;
			char text[COMMAND_TEXT_SIZE];
			enum code code;

			memcpy(payload, good, sizeof(good));
			payload[at] = (char)byte;
			code = command_parse(RECORD, payload, sizeof(good) - 1, &command, text);
			assert_true((code == CODE_OK) == (text[0] == '\0'));
			assert_true(str_is_utf8(text, strlen(text)));
			assert_null(strpbrk(text, "\n\r\t"));
		}
	}
}

static void test_the_table_is_complete(void **state)
{
	for (int kind = 0; kind < COMMAND_KIND_COUNT; kind++) {
		const struct command_info *info = &command_table[kind];

		assert_string_equal(info->fields[0].name, "id");
		assert_true(info->field_count <= COMMAND_MAX_FIELDS);
		assert_true(!info->words || info->words[0]);
		for (size_t i = 0; i < info->field_count; i++) {
			assert_non_null(info->fields[i].help);
			for (size_t k = 0; info->fields[i].words && info->fields[i].words[k]; k++)
				assert_true(strlen(info->fields[i].words[k]) < FIELD_WORD_SIZE);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_example_json),
		cmocka_unit_test(test_example_snapshot),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_limits_of_values),
		cmocka_unit_test(test_record_with_all_keys),
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_enabled),
		cmocka_unit_test(test_controls),
		cmocka_unit_test(test_16_controls_are_the_limit),
		cmocka_unit_test(test_recordings),
		cmocka_unit_test(test_equal_but_for_id_and_expiry),
		cmocka_unit_test(test_refused_values),
		cmocka_unit_test(test_refused_bytes),
		cmocka_unit_test(test_what_is_not_json),
		cmocka_unit_test(test_4096_bytes_are_the_limit),
		cmocka_unit_test(test_four_levels_are_the_limit),
		cmocka_unit_test(test_brackets_in_strings_are_no_levels),
		cmocka_unit_test(test_echoes_are_cut_between_characters),
		cmocka_unit_test(test_a_refusal_can_be_addressed),
		cmocka_unit_test(test_every_byte_replaced),
		cmocka_unit_test(test_the_table_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
