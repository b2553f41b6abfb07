#include "config/config.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LIMIT 65536
#define NODE_YAML TEST_DATA "/../../../node.yaml"

/* Parses a text that has to be right. */
static struct config *parse(const char *text)
{
	_cleanup_(buf_finish) struct buf errors = {.limit = LIMIT};
	struct config *config = NULL;

	if (config_parse("node.yaml", text, strlen(text), &config, &errors) < 0)
		fail_msg("%s", errors.data);
	return config;
}

/* Parses a text that has to be wrong, with just these lines as errors. */
static void expect_errors(const char *text, const char *lines)
{
	_cleanup_(buf_finish) struct buf errors = {.limit = LIMIT};
	struct config *config = NULL;

	assert_int_equal(config_parse("n.yaml", text, strlen(text), &config, &errors), -EINVAL);
	assert_null(config);
	assert_string_equal(errors.data, lines);
}

static void reads_a_small_file(void **state)
{
	_cleanup_(config_free_p) struct config *config = parse("node: {id: porch}\n"
	                                                       "mqtt:\n"
	                                                       "  host: broker.lan\n"
	                                                       "cameras:\n"
	                                                       "  - id: door\n"
	                                                       "    size: 640x480\n"
	                                                       "    fps: 29.97\n"
	                                                       "    jpeg: {quality: 75}\n"
	                                                       "  - source: pattern\n");

	assert_string_equal(config->node.id, "porch");
	assert_string_equal(config->mqtt.host, "broker.lan");
	assert_int_equal(config->mqtt.port, 1883);
	assert_int_equal(config->http.max_connections, 600);
	assert_int_equal(config->http.max_connections_per_address, 300);
	assert_int_equal(config->camera_count, 2);
	assert_string_equal(config->cameras[0].id, "door");
	assert_string_equal(config->cameras[0].name, "door");
	assert_string_equal(config->cameras[0].source, "auto");
	assert_int_equal(config->cameras[0].width, 640);
	assert_int_equal(config->cameras[0].height, 480);
	assert_true(config->cameras[0].fps == 29.97);
	assert_int_equal(config->cameras[0].jpeg_quality, 75);
	assert_string_equal(config->cameras[1].id, "cam1");
}

static void the_file_in_the_root_is_the_defaults(void **state)
{
	_cleanup_(config_free_p) struct config *config = NULL;
	_cleanup_(config_free_p) struct config *defaults = NULL;
	_cleanup_(buf_finish) struct buf changes = {.limit = LIMIT};

	assert_int_equal(config_load(NODE_YAML, &config, &changes), 0);
	assert_int_equal(config_parse(NODE_YAML, "", 0, &defaults, &changes), 0);
	config_compare(config, defaults, &changes, &changes);
	assert_int_equal(changes.length, 0);
}

static void has_the_documented_defaults(void **state)
{
	_cleanup_(config_free_p) struct config *config = parse("");
	const struct config_camera *camera = &config->cameras[0];

	assert_true(*config->node.id);
	assert_true(config->mqtt.enabled);
	assert_string_equal(config->mqtt.password, "");
	assert_string_equal(config->http.bind, "127.0.0.1");
	assert_int_equal(config->http.port, 8080);
	assert_false(config->http.anonymous);
	assert_int_equal(config->telemetry.interval_s, 10);
	assert_int_equal(config->camera_count, 1);
	assert_string_equal(camera->id, "cam0");
	assert_string_equal(camera->source, "auto");
	assert_int_equal(camera->capture, CONFIG_CAPTURE_ALWAYS);
	assert_int_equal(camera->record_format, CONFIG_H264);
	assert_true(camera->snapshot_on_start && camera->snapshot_retain);
	assert_int_equal(camera->snapshot_interval_s, 60);
	assert_int_equal(camera->pre_roll_s, 0);
	assert_string_equal(camera->pattern_fault, "");
}

static void an_empty_value_is_as_if_it_were_not_there(void **state)
{
	_cleanup_(config_free_p) struct config *config =
		parse("mqtt:\nhttp:\n  port:\n  bind: ~\nrecord: {dir: null}\ncameras:\n");

	assert_int_equal(config->http.port, 8080);
	assert_string_equal(config->http.bind, "127.0.0.1");
	assert_int_equal(config->camera_count, 1);
}

static void without_a_file_the_defaults_hold(void **state)
{
	_cleanup_(config_free_p) struct config *config = NULL;
	_cleanup_(buf_finish) struct buf errors = {.limit = LIMIT};

	assert_int_equal(config_load(NULL, &config, &errors), 0);
	assert_string_equal(config->cameras[0].id, "cam0");
}

static void a_node_can_have_no_camera(void **state)
{
	_cleanup_(config_free_p) struct config *config = parse("cameras: []");

	assert_int_equal(config->camera_count, 0);
}

static void tls_has_its_own_port(void **state)
{
	_cleanup_(config_free_p) struct config *tls = parse("mqtt: {tls: yes}");
	_cleanup_(config_free_p) struct config *other = parse("mqtt: {tls: yes, port: 1}");

	assert_int_equal(tls->mqtt.port, 8883);
	assert_int_equal(other->mqtt.port, 1);
}

static void reads_lists_words_and_controls(void **state)
{
	_cleanup_(config_free_p) struct config *config = parse(
		"mqtt: {version: 3.1.1}\n"
		"http:\n"
		"  allowed_hosts: [cam.lan, cam]\n"
		"  tokens:\n"
		"    - {name: nvr, hash: $y$j9T$abc$defghi, role: operator}\n"
		"cameras:\n"
		"  - {format: mjpeg, capture: on_demand, controls: {AeEnable: off, Gain: -1.5, "
		"AfMode: Auto}}\n");
	const struct config_camera *camera = &config->cameras[0];

	assert_int_equal(config->mqtt.version, 3);
	assert_int_equal(config->http.allowed_host_count, 2);
	assert_string_equal(config->http.allowed_hosts[1], "cam");
	assert_int_equal(config->http.token_count, 1);
	assert_int_equal(config->http.tokens[0].role, CONFIG_OPERATOR);
	assert_string_equal(camera->format, "MJPEG");
	assert_int_equal(camera->capture, CONFIG_CAPTURE_ON_DEMAND);
	assert_int_equal(camera->control_count, 3);
	assert_string_equal(camera->controls[0].name, "AeEnable");
	assert_string_equal(camera->controls[0].value, "0");
	assert_string_equal(camera->controls[1].value, "-1.5");
	assert_string_equal(camera->controls[2].value, "Auto");
}

static void relative_paths_count_from_the_folder_of_the_file(void **state)
{
	_cleanup_(config_free_p) struct config *config = NULL;
	_cleanup_(buf_finish) struct buf errors = {.limit = LIMIT};
	static const char text[] = "node: {state_dir: /var/lib/x}\n"
				   "record: {dir: ./clips}\n"
				   "cameras:\n"
				   "  - source: replay:a.mp4\n"
				   "  - source: replay:rtsp://cam.lan/1\n";

	assert_int_equal(config_parse("/usr/node.yaml", text, strlen(text), &config, &errors), 0);
	assert_string_equal(config->node.state_dir, "/var/lib/x");
	assert_string_equal(config->record.dir, "/usr/clips");
	assert_string_equal(config->cameras[0].source, "replay:/usr/a.mp4");
	assert_string_equal(config->cameras[1].source, "replay:rtsp://cam.lan/1");
}

static void names_place_key_value_and_what_is_allowed(void **state)
{
	expect_errors("cameras:\n  - id: a\n    fps: abc\n",
	              "n.yaml:3:10: cameras[0].fps: \"abc\" is not a number; allowed: 1..240\n");
	expect_errors("http: {port: 65536}", "n.yaml:1:14: http.port: \"65536\" is out of range; "
	                                     "allowed: 1..65535\n");
	expect_errors("node: {log_level: loud}",
	              "n.yaml:1:19: node.log_level: \"loud\" is not one of the words; allowed: "
	              "error, warn, info, debug\n");
}

static void an_unknown_key_suggests_the_nearest(void **state)
{
	expect_errors("mqtt:\n  hots: x\n",
	              "n.yaml:2:3: mqtt.hots: unknown key; did you mean \"host\"?\n");
	expect_errors("cameras:\n  - jpeg: {qualty: 1}\n",
	              "n.yaml:2:12: cameras[0].jpeg.qualty: unknown key; did you mean "
	              "\"quality\"?\n");
	expect_errors("frob: 1\n", "n.yaml:1:1: frob: unknown key; known here: node, mqtt, http, "
	                           "record, telemetry, governor, profiles, cameras\n");
}

static void reports_every_error_of_a_file(void **state)
{
	expect_errors(
		"node: {id: My Node}\n"
		"mqtt:\n"
		"  prot: 1\n"
		"  tls: maybe\n"
		"cameras:\n"
		"  - {id: a, size: 641x480}\n"
		"  - {id: a, size: big}\n",
		"n.yaml:1:12: node.id: \"My Node\" is not valid; allowed: 1 to 64 of a-z 0-9 "
		"_ -\n"
		"n.yaml:3:3: mqtt.prot: unknown key; did you mean \"port\"?\n"
		"n.yaml:4:8: mqtt.tls: \"maybe\" is neither true nor false; allowed: true, "
		"false\n"
		"n.yaml:6:19: cameras[0].size: \"641x480\" is odd; allowed: WIDTHxHEIGHT, each "
		"even and 16..8192\n"
		"n.yaml:7:19: cameras[1].size: \"big\" is not a size such as 1280x720; allowed: "
		"WIDTHxHEIGHT, each even and 16..8192\n"
		"n.yaml:7:10: cameras[1].id: \"a\" is the id of cameras[0] too\n");
}

static void refuses_the_same_key_twice(void **state)
{
	expect_errors("http:\n  port: 1\n  port: 2\n",
	              "n.yaml:3:3: http.port: is there twice, first in line 2\n");
	expect_errors("mqtt:\nhttp:\nmqtt:\n",
	              "n.yaml:3:1: mqtt: is there twice, first in line 1\n");
}

static void refuses_the_wrong_kind_of_node(void **state)
{
	expect_errors("http: [1]\n", "n.yaml:1:7: http: is a list; allowed: a section, its keys "
	                             "indented below\n");
	expect_errors("http: {port: [1]}\n", "n.yaml:1:14: http.port: is a list; allowed: one "
	                                     "value, on the key's line\n");
	expect_errors("cameras: {id: a}\n", "n.yaml:1:10: cameras: is a section of keys; allowed: "
	                                    "a list, each item behind a dash\n");
	expect_errors("cameras: [a]\n", "n.yaml:1:11: cameras[0]: is one value; allowed: a "
	                                "section, its keys indented below\n");
	expect_errors("- 1\n", "n.yaml:1:1: is a list; allowed: a section, its keys indented "
	                       "below\n");
	expect_errors("[1]: 2\n", "n.yaml:1:1: a key that is no text\n");
	expect_errors("cameras: [{controls: 1}]\n",
	              "n.yaml:1:22: cameras[0].controls: is one value; allowed: names and values, "
	              "indented below\n");
}

/* Notepad's, for example. */
static void a_byte_order_mark_is_skipped(void **state)
{
	_cleanup_(config_free_p) struct config *config =
		parse("\xef\xbb\xbfnode: {id: porch}\nmqtt: {host: broker.lan}\n");

	assert_string_equal(config->node.id, "porch");
	assert_string_equal(config->mqtt.host, "broker.lan");
	expect_errors(
		"\xef\xbb\xbfnode: {id: 1!}\n",
		"n.yaml:1:12: node.id: \"1!\" is not valid; allowed: 1 to 64 of a-z 0-9 _ -\n");
	expect_errors("\xef\xbb\xbfnode: \xff\n",
	              "n.yaml:1:7: no valid YAML: invalid leading UTF-8 octet\n");
}

static void tells_where_the_yaml_breaks(void **state)
{
	expect_errors(
		"node:\n  id: [a\n",
		"n.yaml:3:1: no valid YAML: did not find expected ',' or ']' (while parsing a "
		"flow sequence that begins in line 2)\n");
	expect_errors("node: {}\nmqtt: \xff\n",
	              "n.yaml:2:7: no valid YAML: invalid leading UTF-8 octet\n");
	expect_errors("node: {}\n---\nmqtt: {}\n",
	              "n.yaml:3:1: a second document; one is allowed\n");
}

static void a_value_cannot_break_the_lines_of_the_messages(void **state)
{
	expect_errors(
		"node: {name: \"a\\nb\\e[31m\"}\n",
		"n.yaml:1:14: node.name: \"a?b?[31m\" holds a control character; allowed: 1 to "
		"64 bytes, no blanks at the ends\n");
	expect_errors("\"x\\ny\": 1\n", "n.yaml:1:1: x?y: unknown key; known here: node, mqtt, "
	                                "http, record, telemetry, governor, profiles, cameras\n");
	expect_errors("node: {name: \"a\\0b\"}\n", "n.yaml:1:14: node.name: is one value; allowed: "
	                                           "one value, on the key's line\n");
}

static void a_long_value_is_shortened_between_characters(void **state)
{
	_cleanup_(buf_finish) struct buf errors = {.limit = LIMIT};
	struct config *config = NULL;
	char text[256] = "http: {port: x";

	for (int i = 0; i < 60; i++)
		strcat(text, "é");
	strcat(text, "}");
	assert_int_equal(config_parse("n", text, strlen(text), &config, &errors), -EINVAL);
	assert_non_null(strstr(errors.data, "é…\" is not a whole number"));
	assert_true(str_is_utf8(errors.data, errors.length));
}

/* `count` times the same item between a beginning and an end, made by repeating `item`. */
static char *repeat(const char *begin, const char *item, size_t count, const char *end)
{
	_cleanup_(buf_finish) struct buf text = {.limit = LIMIT};

	buf_puts(&text, begin);
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s", item);
	buf_puts(&text, end);
	return buf_steal(&text);
}

static void a_list_has_its_limit(void **state)
{
	_cleanup_free_ char *fits = repeat("cameras: [", "{},", CONFIG_MAX_CAMERAS, "]");
	_cleanup_free_ char *too_many = repeat("cameras: [", "{},", CONFIG_MAX_CAMERAS + 2, "]");
	_cleanup_(config_free_p) struct config *config = parse(fits);

	assert_int_equal(config->camera_count, CONFIG_MAX_CAMERAS);
	expect_errors(too_many, "n.yaml:1:35: cameras: more than 8 items; this one and all behind "
	                        "it are too many\n");
}

static void controls_have_their_limit(void **state)
{
	_cleanup_(buf_finish) struct buf text = {.limit = LIMIT};

	buf_puts(&text, "cameras: [{controls: {");
	for (int i = 0; i < CONFIG_MAX_CONTROLS; i++)
		buf_printf(&text, "c%d: %d, ", i, i);
	_cleanup_free_ char *fits = repeat(text.data, "}", 2, "]");
	_cleanup_(config_free_p) struct config *config = parse(fits);
	assert_int_equal(config->cameras[0].control_count, CONFIG_MAX_CONTROLS);
	assert_string_equal(config->cameras[0].controls[31].value, "31");

	_cleanup_free_ char *too_many = repeat(text.data, "\ny: 1, z: 1}", 1, "}]");
	expect_errors(too_many, "n.yaml:2:4: cameras[0].controls: more than 32 items; this one and "
	                        "all behind it are too many\n");
}

static void errors_are_counted_beyond_the_limit(void **state)
{
	_cleanup_(buf_finish) struct buf errors = {.limit = LIMIT};
	_cleanup_free_ char *text = repeat("", "[]: 1\n", 60, "");
	struct config *config = NULL;

	assert_int_equal(config_parse("n", text, strlen(text), &config, &errors), -EINVAL);
	assert_non_null(strstr(errors.data, "n:50:1: "));
	assert_null(strstr(errors.data, "n:51:1: "));
	assert_non_null(strstr(errors.data, "n: 10 more errors\n"));
}

static void an_alias_stands_for_its_anchor_even_in_a_circle(void **state)
{
	_cleanup_(config_free_p) struct config *config =
		parse("cameras:\n  - {id: a, jpeg: &q {quality: 33}}\n  - {id: b, jpeg: *q}\n");

	assert_int_equal(config->cameras[1].jpeg_quality, 33);
	expect_errors("http: &a\n  users: *a\n",
	              "n.yaml:1:7: http.users: is a section of keys; allowed: a list, each item "
	              "behind a dash\n");
}

static void a_file_that_is_not_there_or_too_large_is_an_error(void **state)
{
	_cleanup_(buf_finish) struct buf errors = {.limit = LIMIT};
	struct config *config = NULL;

	assert_int_equal(config_load("/nowhere/node.yaml", &config, &errors), -ENOENT);
	assert_int_equal(config_load("/dev/zero", &config, &errors), -EFBIG);
	assert_string_equal(errors.data,
	                    "/nowhere/node.yaml: cannot be read: No such file or directory\n"
	                    "/dev/zero: cannot be read: File too large\n");
}

static void what_is_printed_reads_back_the_same(void **state)
{
	_cleanup_(config_free_p) struct config *config =
		parse("node: {name: 'a \"quoted\" \\ name: #1'}\n"
	              "http: {allowed_origins: ['https://a.lan']}\n"
	              "cameras:\n"
	              "  - {fps: 12.5, controls: {Gain: 2, 'odd: name': 1}}\n"
	              "  - {id: b}\n");
	_cleanup_(config_free_p) struct config *again = NULL;
	_cleanup_(buf_finish) struct buf text = {.limit = LIMIT};
	_cleanup_(buf_finish) struct buf changes = {.limit = LIMIT};

	config_print(config, &text);
	again = parse(text.data);
	config_compare(config, again, &changes, &changes);
	assert_int_equal(changes.length, 0);
}

static void secrets_are_not_printed(void **state)
{
	_cleanup_(config_free_p) struct config *config =
		parse("mqtt: {username: u, password: s3cret}\n"
	              "http: {users: [{name: u, hash: $y$j9T$abc$s3cret}]}\n");
	_cleanup_(buf_finish) struct buf text = {.limit = LIMIT};

	assert_string_equal(config->mqtt.password, "s3cret");
	config_print(config, &text);
	assert_non_null(strstr(text.data, "  password: \"***\"\n"));
	assert_non_null(strstr(text.data, "      hash: \"***\"\n"));
	assert_null(strstr(text.data, "s3cret"));
	expect_errors("http: {users: [{name: u, hash: s3cret}]}\n",
	              "n.yaml:1:32: http.users[0].hash: \"***\" is not valid; allowed: a hash as "
	              "camnode --hash-password prints it\n");
}

static void a_reload_knows_what_is_live(void **state)
{
	_cleanup_(config_free_p) struct config *before =
		parse("mqtt: {username: u, password: a}\n"
	              "cameras: [{id: a, controls: {Gain: 1}}, {id: b, controls: {Gain: 1}}]\n");
	_cleanup_(config_free_p) struct config *after =
		parse("mqtt: {username: u, password: b}\n"
	              "node: {log_level: debug}\n"
	              "cameras: [{id: a, controls: {Gain: 2}, snapshot: {interval_s: 5},\n"
	              "jpeg: {quality: 50}, record: {format: mjpeg}},\n"
	              "          {id: b, controls: {Contrast: 1}}, {id: c}]\n");
	_cleanup_(buf_finish) struct buf live = {.limit = LIMIT};
	_cleanup_(buf_finish) struct buf restart = {.limit = LIMIT};

	config_compare(before, after, &live, &restart);
	assert_string_equal(live.data, "node.log_level\ncameras[0].jpeg.quality\ncameras[0].record."
	                               "format\ncameras[0].snapshot.interval_s\n");
	assert_string_equal(restart.data, "mqtt.password\ncameras[0].controls.Gain\n"
	                                  "cameras[1].controls\ncameras\n");
}

static void knows_loopback_addresses(void **state)
{
	assert_true(config_is_loopback("127.0.0.1"));
	assert_true(config_is_loopback("127.255.0.9"));
	assert_true(config_is_loopback("::1"));
	assert_true(config_is_loopback("localhost"));
	assert_false(config_is_loopback("0.0.0.0"));
	assert_false(config_is_loopback("::"));
	assert_false(config_is_loopback("127.0.0.1.example.org"));
	assert_false(config_is_loopback("192.168.127.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_small_file),
		cmocka_unit_test(the_file_in_the_root_is_the_defaults),
		cmocka_unit_test(has_the_documented_defaults),
		cmocka_unit_test(an_empty_value_is_as_if_it_were_not_there),
		cmocka_unit_test(without_a_file_the_defaults_hold),
		cmocka_unit_test(a_node_can_have_no_camera),
		cmocka_unit_test(tls_has_its_own_port),
		cmocka_unit_test(reads_lists_words_and_controls),
		cmocka_unit_test(relative_paths_count_from_the_folder_of_the_file),
		cmocka_unit_test(names_place_key_value_and_what_is_allowed),
		cmocka_unit_test(an_unknown_key_suggests_the_nearest),
		cmocka_unit_test(reports_every_error_of_a_file),
		cmocka_unit_test(refuses_the_same_key_twice),
		cmocka_unit_test(refuses_the_wrong_kind_of_node),
		cmocka_unit_test(a_byte_order_mark_is_skipped),
		cmocka_unit_test(tells_where_the_yaml_breaks),
		cmocka_unit_test(a_value_cannot_break_the_lines_of_the_messages),
		cmocka_unit_test(a_long_value_is_shortened_between_characters),
		cmocka_unit_test(a_list_has_its_limit),
		cmocka_unit_test(controls_have_their_limit),
		cmocka_unit_test(errors_are_counted_beyond_the_limit),
		cmocka_unit_test(an_alias_stands_for_its_anchor_even_in_a_circle),
		cmocka_unit_test(a_file_that_is_not_there_or_too_large_is_an_error),
		cmocka_unit_test(what_is_printed_reads_back_the_same),
		cmocka_unit_test(secrets_are_not_printed),
		cmocka_unit_test(a_reload_knows_what_is_live),
		cmocka_unit_test(knows_loopback_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
