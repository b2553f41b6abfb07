/*
 * What spans keys, and what is read from other files: secrets and certificates.
 */
#include "config/config.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LIMIT 65536
#define HASH "$y$j9T$saltsalt$hashhashhash"

/* A folder for each test, the working one, with node.yaml in it by name only. */
static char folder[] = "/tmp/test_check.XXXXXX";

static int set_up(void **state)
{
	snprintf(folder, sizeof(folder), "/tmp/test_check.XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const files[] = {"secret", "other", "cert", "key"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static void write_file(const char *name, const void *data, size_t length)
{
	assert_int_equal(file_write_atomic(name, data, length, 0600), 0);
}

static struct config *parse(const char *text)
{
	_cleanup_(buf_finish) struct buf errors = {.limit = LIMIT};
	struct config *config = NULL;

	if (config_parse("n.yaml", text, strlen(text), &config, &errors) < 0)
		fail_msg("%s", errors.data);
	return config;
}

static void expect_errors(const char *text, const char *lines)
{
	_cleanup_(buf_finish) struct buf errors = {.limit = LIMIT};
	struct config *config = NULL;

	assert_int_equal(config_parse("n.yaml", text, strlen(text), &config, &errors), -EINVAL);
	assert_null(config);
	assert_string_equal(errors.data, lines);
}

static void an_open_address_needs_somebody_to_log_in(void **state)
{
	config_free(parse("http: {bind: 0.0.0.0, anonymous: true}"));
	config_free(parse("http: {bind: 0.0.0.0, enabled: false}"));
	config_free(parse("http: {bind: '::', users: [{name: a, hash: " HASH "}]}"));
	config_free(parse("http: {bind: 10.0.0.1, tokens: [{name: a, hash: " HASH "}]}"));
	config_free(parse("http: {bind: 127.0.0.2}"));
	expect_errors(
		"http:\n  bind: 0.0.0.0\n",
		"n.yaml:2:9: http.bind: \"0.0.0.0\" can be reached from other machines, and "
		"nobody would have to log in: add http.users or http.tokens (hashes by "
		"\"camnode --hash-password\"), or set \"http.anonymous: true\" to let everybody "
		"watch and command, or bind to 127.0.0.1\n");
}

static void a_password_comes_from_a_file(void **state)
{
	_cleanup_(config_free_p) struct config *config = NULL;

	write_file("secret", "s3cret\n", 7);
	write_file("other", HASH "\r\n", strlen(HASH) + 2);
	config = parse("mqtt: {username: u, password_file: secret}\n"
	               "http: {users: [{name: u, hash_file: other}]}\n");
	assert_string_equal(config->mqtt.password, "s3cret");
	assert_string_equal(config->http.users[0].hash, HASH);
}

static void a_credential_of_systemd_is_a_file(void **state)
{
	_cleanup_(config_free_p) struct config *config = NULL;

	write_file("secret", "s3cret", 6);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	config = parse("mqtt: {username: u, password_file: 'credential:secret'}\n");
	assert_string_equal(config->mqtt.password, "s3cret");
	unsetenv("CREDENTIALS_DIRECTORY");
	expect_errors("mqtt: {username: u, password_file: 'credential:secret'}\n",
	              "n.yaml:1:36: mqtt.password_file: \"credential:secret\" cannot be read here: "
	              "only the service has credentials\n");
}

static void a_secret_file_has_to_hold_a_secret(void **state)
{
	static const struct {
		const char *content;
		size_t length;
		const char *error;
	} cases[] = {
		{"", 0, "cannot be read: it is empty"},
		{"\n", 1, "cannot be read: it is empty"},
		{"a\0b", 3, "cannot be read: it holds a NUL byte"},
		{"a\nb\n", 4, "holds more than one line, or control characters"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char error[256];

		write_file("secret", cases[i].content, cases[i].length);
		snprintf(error, sizeof(error), "n.yaml:1:36: mqtt.password_file: \"secret\" %s\n",
		         cases[i].error);
		expect_errors("mqtt: {username: u, password_file: secret}", error);
	}
	write_file("secret", "hunter2", 7);
	expect_errors(
		"http: {users: [{name: a, hash_file: secret}]}",
		"n.yaml:1:37: http.users[0].hash_file: \"secret\" holds something else than a "
		"hash as camnode --hash-password prints it\n");
}

/* What log_warn() writes while the text is parsed. */
static void parse_and_read_log(const char *text, char *ret_log, size_t size)
{
	int saved = dup(STDERR_FILENO);
	FILE *log = tmpfile();

	assert_non_null(log);
	dup2(fileno(log), STDERR_FILENO);
	config_free(parse(text));
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(log);
	ret_log[fread(ret_log, 1, size - 1, log)] = '\0';
	fclose(log);
}

static void warns_of_secrets_that_everybody_can_read(void **state)
{
	static const char text[] = "mqtt: {username: u, password_file: secret}";
	char log[512];

	write_file("secret", "s3cret", 6);
	parse_and_read_log(text, log, sizeof(log));
	assert_string_equal(log, "");
	assert_int_equal(chmod("secret", 0644), 0);
	parse_and_read_log(text, log, sizeof(log));
	assert_non_null(strstr(log, "/secret holds a secret and can be read by everybody"));
}

static void a_secret_file_has_a_limit(void **state)
{
	char secret[4097];

	memset(secret, 'x', sizeof(secret));
	write_file("secret", secret, sizeof(secret) - 1);
	config_free(parse("mqtt: {username: u, password_file: secret}"));
	write_file("secret", secret, sizeof(secret));
	expect_errors(
		"mqtt: {username: u, password_file: secret}",
		"n.yaml:1:36: mqtt.password_file: \"secret\" cannot be read: File too large\n");
}

static void a_pipe_is_no_secret_file(void **state)
{
	assert_int_equal(mkfifo("secret", 0600), 0); /* opening it would wait for a writer */
	expect_errors("mqtt: {username: u, password_file: secret}",
	              "n.yaml:1:36: mqtt.password_file: \"secret\" cannot be read: not an ordinary "
	              "file\n");
}

static void a_secret_has_one_place(void **state)
{
	write_file("secret", "s3cret", 6);
	expect_errors("mqtt: {username: u, password: x, password_file: secret}",
	              "n.yaml:1:49: mqtt.password_file: there is \"password\" too; one of them is "
	              "allowed\n");
	expect_errors("mqtt: {password: x}", "n.yaml:1:18: mqtt.password: needs a username\n");
}

static void users_have_a_name_of_their_own_and_a_hash(void **state)
{
	expect_errors("http:\n"
	              "  users:\n"
	              "    - {name: a, hash: " HASH "}\n"
	              "    - {name: a, hash: " HASH "}\n"
	              "    - {name: b}\n"
	              "    - {hash: " HASH "}\n",
	              "n.yaml:4:7: http.users[1]: \"a\" is the name of http.users[0] too\n"
	              "n.yaml:5:7: http.users[2]: has no hash: make one with \"camnode "
	              "--hash-password\"\n"
	              "n.yaml:6:7: http.users[3]: has no name\n");
	/* A token may be called as a user is. */
	config_free(parse("http: {users: [{name: a, hash: " HASH "}],"
	                  " tokens: [{name: a, hash: " HASH "}]}"));
}

static void a_certificate_and_its_key_go_together(void **state)
{
	write_file("cert", "c", 1);
	write_file("key", "k", 1);
	config_free(parse("http: {tls_cert_file: cert, tls_key_file: key}"));
	config_free(parse("mqtt: {tls: on, ca_file: cert, cert_file: cert, key_file: key}"));
	expect_errors("http: {tls_cert_file: cert}",
	              "n.yaml:1:23: http.tls_cert_file: needs its private key: "
	              "http.tls_key_file\n");
	expect_errors("mqtt: {tls: on, key_file: key}",
	              "n.yaml:1:27: mqtt.key_file: needs its certificate: mqtt.cert_file\n");
	expect_errors("mqtt: {ca_file: cert}",
	              "n.yaml:1:17: mqtt.ca_file: has no effect without \"tls: true\"\n");
	expect_errors("mqtt: {tls: on, ca_file: /nowhere}",
	              "n.yaml:1:26: mqtt.ca_file: /nowhere cannot be read: No such file or "
	              "directory\n");
}

static void camera_ids_are_unique_also_against_made_ones(void **state)
{
	expect_errors("cameras:\n  - {id: cam1}\n  - {source: pattern}\n",
	              "n.yaml:3:5: cameras[1].id: \"cam1\" is the id of cameras[0] too\n");
}

static void the_waits_for_the_broker_are_in_order(void **state)
{
	config_free(parse("mqtt: {reconnect_min_s: 5, reconnect_max_s: 5}"));
	expect_errors("mqtt: {reconnect_min_s: 5, reconnect_max_s: 4}",
	              "n.yaml:1:25: mqtt.reconnect_min_s: is more than reconnect_max_s\n");
}

static void texts_have_to_be_what_they_are_for(void **state)
{
	static const struct {
		const char *begin, *end; /* of a file, around the value */
		const char *good[6];
		const char *bad[8];
	} cases[] = {
		{"cameras: [{source: ",
	         "}]",
	         {"auto", "pattern", "libcamera", "libcamera:0", "replay:x.mp4"},
	         {"", "usb", "libcamera:", "replay:", "pattern:1", "Auto"}},
		{"node: {id: ", "}", {"a", "a-b_9"}, {"A", "a b", "a/b", "ä"}},
		{"mqtt: {prefix: ", "}", {"a", "a/b"}, {"", "/a", "a/", "a/+", "#", "$SYS"}},
		{"mqtt: {host: ", "}", {"::1", "broker.lan"}, {"", "tcp://x", "a b", "u@h"}},
		{"http: {bind: ",
	         "}",
	         {"127.0.0.1", "::1", "localhost"},
	         {"", "*", "127.0.0", "cam.lan", "127.0.0.1:80"}},
		{"http: {public_url: ",
	         "}",
	         {"", "https://cam.lan/porch", "http://[::1]:80"},
	         {"cam.lan", "ftp://x", "http://", "http:///x", "http://a b"}},
		{"http: {allowed_origins: [",
	         "]}",
	         {"https://cam.lan", "http://cam:80"},
	         {"https://cam.lan/x", "*", "cam.lan"}},
		{"cameras: [{size: ",
	         "}]",
	         {"16x16", "8192x8192"},
	         {"14x16", "16x8194", "17x16", "16x17", "16", "x16", "16x", "1e1x16"}},
		{"cameras: [{fps: ", "}]", {"1", "240", "0.1e2"}, {"0.9", "240.1", "nan", "0x10"}},
		{"http: {port: ", "}", {"1", "65535"}, {"0", "65536", "-1", "8.5", "", "1 "}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_(buf_finish) struct buf text = {.limit = LIMIT};
		_cleanup_(buf_finish) struct buf errors = {.limit = LIMIT};

		for (size_t k = 0; k < 6 && cases[i].good[k]; k++) {
			buf_clear(&text);
			buf_printf(&text, "%s'%s'%s", cases[i].begin, cases[i].good[k],
			           cases[i].end);
			config_free(parse(text.data));
		}
		for (size_t k = 0; k < 8 && cases[i].bad[k]; k++) {
			struct config *config = NULL;

			buf_clear(&text);
			buf_printf(&text, "%s'%s'%s", cases[i].begin, cases[i].bad[k],
			           cases[i].end);
			if (config_parse("n", text.data, text.length, &config, &errors) == 0)
				fail_msg("accepted: %s", text.data);
		}
	}
}

static void profiles_are_changed_and_added(void **state)
{
	_cleanup_(config_free_p) struct config *config = parse("profiles:\n"
	                                                       "  low: {fps: 5}\n"
	                                                       "  wide: {size: 1920x540}\n"
	                                                       "cameras:\n"
	                                                       "  - profile: wide\n");

	assert_int_equal(config->profile_count, 4);
	assert_string_equal(config->profiles[2].name, "low");
	assert_int_equal(config->profiles[2].width, 320);
	assert_true(config->profiles[2].fps == 5);
	assert_int_equal(config->profiles[2].quality, 60);
	assert_string_equal(config->profiles[3].name, "wide");
	assert_int_equal(config->profiles[3].height, 540);
	assert_true(config->profiles[3].fps == 30);
	assert_string_equal(config->cameras[0].profile, "wide");
}

static void mistakes_in_profiles_are_named(void **state)
{
	expect_errors("cameras:\n"
	              "  - profile: lower\n"
	              "  - profile: custom\n",
	              "n.yaml:2:14: cameras[0].profile: there is no profile \"lower\"; there are "
	              "high, medium, low, custom\n");
	expect_errors("profiles:\n"
	              "  Best: {fps: 5}\n"
	              "  auto: {fps: 5}\n"
	              "  low: {fps: 500}\n",
	              "n.yaml:2:9: profiles.Best: is no valid name; allowed: 1 to 64 of a-z 0-9 _ "
	              "-, but not custom or auto\n"
	              "n.yaml:3:9: profiles.auto: is no valid name; allowed: 1 to 64 of a-z 0-9 _ "
	              "-, but not custom or auto\n"
	              "n.yaml:4:14: profiles.low.fps: \"500\" is out of range; allowed: 1..240\n");
}

static void the_governor_needs_a_band(void **state)
{
	config_free(parse("governor: {cpu_low_pct: 89, cpu_high_pct: 90, temp_low_c: 79}\n"));
	expect_errors("governor: {cpu_low_pct: 90, temp_low_c: 81}\n",
	              "n.yaml:1:25: governor.cpu_low_pct: 90 is not below the limit of pressure, "
	              "90\n"
	              "n.yaml:1:41: governor.temp_low_c: 81 is not below the limit of pressure, "
	              "80\n");
}

static void profiles_have_their_limit(void **state)
{
	_cleanup_(buf_finish) struct buf text = {.limit = LIMIT};

	buf_puts(&text, "profiles:\n");
	for (int i = CONFIG_BUILT_IN_PROFILES; i < CONFIG_MAX_PROFILES; i++)
		buf_printf(&text, "  p%d: {fps: 5}\n", i);
	config_free(parse(text.data));
	buf_puts(&text, "  low: {fps: 5}\n");
	config_free(parse(text.data));
	buf_puts(&text, "  more: {fps: 5}\n");
	expect_errors(text.data, "n.yaml:16:9: profiles: more than 16 items, with the 3 built-in "
	                         "ones; this one and all behind it are too many\n");
}

static void a_window_has_a_beginning_and_an_end(void **state)
{
	struct config *config = parse("cameras: [{schedule: [{from: 22:00, to: 06:00}, "
	                              "{days: [mon, weekend], from: 12:00, to: 24:00, "
	                              "when: always}]}]");
	const struct config_window *windows = config->cameras[0].schedule;

	assert_int_equal(config->cameras[0].schedule_count, 2);
	assert_int_equal(windows[0].day_count, 0);
	assert_int_equal(windows[0].when, CONFIG_WHEN_TIME_SYNCED);
	assert_string_equal(windows[0].from, "22:00");
	assert_int_equal(windows[1].day_count, 2);
	assert_int_equal(windows[1].days[0], 1 << 1);
	assert_int_equal(windows[1].days[1], 1 << 0 | 1 << 6);
	assert_int_equal(windows[1].when, CONFIG_WHEN_ALWAYS);
	config_free(config);

	expect_errors("cameras:\n- schedule:\n  - {days: [mon]}\n",
	              "n.yaml:3:5: cameras[0].schedule[0]: has no time to begin: from\n"
	              "n.yaml:3:5: cameras[0].schedule[0]: has no time to end: to\n");
	expect_errors("cameras:\n- schedule: [{from: 25:00, to: 06:00}]\n",
	              "n.yaml:2:21: cameras[0].schedule[0].from: \"25:00\" is not valid; allowed: "
	              "a time of day, 00:00 to 24:00, or 00:00:00\n");
	expect_errors("cameras:\n- schedule: [{from: 24:00, to: 00:00}]\n",
	              "n.yaml:2:14: cameras[0].schedule[0]: is empty: 24:00 to 00:00 is one "
	              "moment\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
		TEST(an_open_address_needs_somebody_to_log_in),
		TEST(a_password_comes_from_a_file),
		TEST(a_credential_of_systemd_is_a_file),
		TEST(a_secret_file_has_to_hold_a_secret),
		TEST(warns_of_secrets_that_everybody_can_read),
		TEST(a_secret_file_has_a_limit),
		TEST(a_pipe_is_no_secret_file),
		TEST(a_secret_has_one_place),
		TEST(users_have_a_name_of_their_own_and_a_hash),
		TEST(a_certificate_and_its_key_go_together),
		TEST(camera_ids_are_unique_also_against_made_ones),
		TEST(the_waits_for_the_broker_are_in_order),
		TEST(a_window_has_a_beginning_and_an_end),
		TEST(texts_have_to_be_what_they_are_for),
		TEST(profiles_are_changed_and_added),
		TEST(mistakes_in_profiles_are_named),
		TEST(the_governor_needs_a_band),
		TEST(profiles_have_their_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
