#include "base/log.h"

#include "base/clock.h"
#include "manager.h"

#include <errno.h>
#include <pthread.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LINE_SIZE 4096

/* Standard error is a datagram socket during a test: one read gives what one write wrote. */
struct capture {
	int saved_stderr;
	int read_fd;
};

static int capture_start(void **state)
{
	static struct capture capture;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	capture.saved_stderr = dup(STDERR_FILENO);
	capture.read_fd = pair[0];
	dup2(pair[1], STDERR_FILENO);
	close(pair[1]);
	log_close_journal();
	unsetenv("JOURNAL_STREAM");
	log_set_level(LOG_LEVEL_INFO);
	*state = &capture;
	return 0;
}

static int capture_stop(void **state)
{
	struct capture *capture = *state;

	dup2(capture->saved_stderr, STDERR_FILENO);
	close(capture->saved_stderr);
	close(capture->read_fd);
	return 0;
}

/* What the next write wrote; "" if there was none. */
static const char *next_line(void **state)
{
	struct capture *capture = *state;
	static char line[LINE_SIZE];
	ssize_t n = recv(capture->read_fd, line, sizeof(line) - 1, MSG_DONTWAIT);

	line[n > 0 ? n : 0] = '\0';
	return line;
}

/* The next line behind time and level, which have 31 characters: "2026-11-23T14:04:50.123Z info  ".
 */
static const char *next_text(void **state)
{
	const char *line = next_line(state);

	return strlen(line) > 31 ? line + 31 : line;
}

static void assert_matches(const char *text, const char *pattern)
{
	regex_t regex;
	int r;

	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	r = regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	if (r != 0) { /* fail_msg() would write to standard error, which is captured */
		print_message("\"%s\" does not match \"%s\"\n", text, pattern);
		fail();
	}
}

static void a_message_is_one_line_in_one_write(void **state)
{
	log_info("camera %s: %d fps", "front", 30);
	assert_matches(
		next_line(state),
		"^2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z info  camera front: 30 fps\n$");
	assert_string_equal(next_line(state), "");
}

static void the_level_is_in_the_line(void **state)
{
	log_set_level(LOG_LEVEL_DEBUG);
	log_error("a");
	assert_matches(next_line(state), "Z error a\n$");
	log_warn("b");
	assert_matches(next_line(state), "Z warn  b\n$");
	log_debug("c");
	assert_matches(next_line(state), "Z debug c\n$");
}

static void lower_levels_are_left_out(void **state)
{
	log_debug("too fine");
	assert_string_equal(next_line(state), "");
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("too fine");
	assert_string_equal(next_line(state), "");
	log_error("heard");
	assert_string_equal(next_text(state), "heard\n");
}

/* As if standard error were a stream of the journal. */
static void make_stderr_journals(void)
{
	char stream[64];
	struct stat st;

	fstat(STDERR_FILENO, &st);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
}

static void the_journal_gets_priorities(void **state)
{
	make_stderr_journals();
	log_set_level(LOG_LEVEL_DEBUG);
	log_error("a");
	assert_string_equal(next_line(state), "<3>a\n");
	log_warn("b");
	assert_string_equal(next_line(state), "<4>b\n");
	log_info("c");
	assert_string_equal(next_line(state), "<6>c\n");
	log_debug("d");
	assert_string_equal(next_line(state), "<7>d\n");
}

static void redirected_output_is_not_the_journal(void **state)
{
	setenv("JOURNAL_STREAM", "1:2", 1);
	log_info("a");
	assert_matches(next_line(state), "Z info  a\n$");
}

/* Listens in the journal's place, and opens it. */
static int open_journal(char ret_path[64])
{
	static const char *const cameras[] = {"cam", "cam0"};
	int fd;

	snprintf(ret_path, 64, "/tmp/camnode-journal-%d", getpid());
	fd = manager_listen(ret_path);
	assert_true(fd >= 0);
	make_stderr_journals();
	assert_int_equal(log_open_journal(ret_path, "CAMERA", cameras, 2), 0);
	return fd;
}

static void the_journal_gets_fields(void **state)
{
	char path[64];
	int fd = open_journal(path);

	pthread_setname_np(pthread_self(), "test_log"); /* under an emulator it has its name */
	log_warn("cam0: no picture\nfor %d s", 3);
	assert_string_equal(manager_hear(fd, 0), "MESSAGE=cam0: no picture\\nfor 3 s\n"
	                                         "PRIORITY=4\nSYSLOG_IDENTIFIER=camnode\n"
	                                         "THREAD=test_log\nCAMERA=cam0\n");
	log_error("cam01: is none of them");
	assert_string_equal(manager_hear(fd, 0), "MESSAGE=cam01: is none of them\nPRIORITY=3\n"
	                                         "SYSLOG_IDENTIFIER=camnode\nTHREAD=test_log\n");
	log_debug("cam0: too fine");
	assert_string_equal(manager_hear(fd, 0), "");
	assert_string_equal(next_line(state), "");
	close(fd);
	unlink(path);
}

static void what_the_journal_does_not_take_goes_to_its_stream(void **state)
{
	char path[64];
	int fd = open_journal(path);

	close(fd);
	log_warn("cam0: no picture");
	assert_string_equal(next_line(state), "<4>cam0: no picture\n");
	unlink(path);
}

static void a_journal_that_is_not_there_changes_nothing(void **state)
{
	assert_int_equal(log_open_journal("/nonexistent/socket", "CAMERA", NULL, 0), -ENOTCONN);
	make_stderr_journals();
	assert_int_equal(log_open_journal("/nonexistent/socket", "CAMERA", NULL, 0), -ENOENT);
	log_info("a");
	assert_string_equal(next_line(state), "<6>a\n");
}

static void control_characters_are_escaped(void **state)
{
	log_info("\aa\nb\tc\rd\x1b[31m\x7f\xc3\xbc");
	assert_string_equal(next_text(state), "\\aa\\nb\\tc\\rd\\x1b[31m\\x7f\xc3\xbc\n");
}

static void a_long_message_is_cut(void **state)
{
	char text[3000];
	const char *line;

	memset(text, '\n', sizeof(text)); /* each takes two characters in the log */
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	line = next_text(state);
	assert_in_range(strlen(line), 2000, 2100);
	assert_memory_equal(line, "\\n\\n\\n", 6);
	assert_matches(line, "n\\.\\.\\.\n$");
}

static void errno_is_left_alone(void **state)
{
	errno = ENOSPC;
	log_info("a");
	assert_int_equal(errno, ENOSPC);
}

static void levels_have_names(void **state)
{
	enum log_level level = LOG_LEVEL_INFO;

	assert_int_equal(log_level_parse("error", &level), 0);
	assert_int_equal(level, LOG_LEVEL_ERROR);
	assert_int_equal(log_level_parse("debug", &level), 0);
	assert_int_equal(level, LOG_LEVEL_DEBUG);
	assert_int_equal(log_level_parse("loud", &level), -EINVAL);
	assert_int_equal(level, LOG_LEVEL_DEBUG);
}

static void fail_to_connect(struct log_repeat *repeat, const char *why)
{
	log_repeat(repeat, LOG_LEVEL_WARN, "broker: %s", why);
}

static void a_repeated_failure_is_said_once(void **state)
{
	struct log_repeat repeat = {0};

	for (int i = 0; i < 5; i++)
		fail_to_connect(&repeat, "refused");
	assert_string_equal(next_text(state), "broker: refused\n");
	assert_string_equal(next_line(state), "");

	fail_to_connect(&repeat, "timeout");
	assert_string_equal(next_text(state), "broker: timeout\n");
}

/* As if the time until the count is due had passed; returns how long it would have been. */
static int64_t skip_wait_s(struct log_repeat *repeat)
{
	int64_t left_us = repeat->next_us - clock_mono_us();

	repeat->next_us = 0;
	return (left_us + USEC_PER_SEC - 1) / USEC_PER_SEC;
}

static void a_lasting_failure_is_counted_now_and_then(void **state)
{
	static const int64_t waits_s[] = {60, 600, 3600, 3600};
	struct log_repeat repeat = {0};

	fail_to_connect(&repeat, "refused");
	assert_string_equal(next_text(state), "broker: refused\n");
	for (size_t i = 0; i < sizeof(waits_s) / sizeof(waits_s[0]); i++) {
		char expected[64];

		fail_to_connect(&repeat, "refused");
		assert_string_equal(next_line(state), "");
		assert_in_range(skip_wait_s(&repeat), waits_s[i] - 10, waits_s[i]);
		fail_to_connect(&repeat, "refused");
		snprintf(expected, sizeof(expected), "broker: refused (%zu times)\n", 3 + 2 * i);
		assert_string_equal(next_text(state), expected);
	}
}

static void the_end_of_a_failure_is_said_once(void **state)
{
	struct log_repeat repeat = {0};

	log_repeat_clear(&repeat, "broker: connected");
	assert_string_equal(next_line(state), "");

	fail_to_connect(&repeat, "refused");
	next_line(state);
	log_repeat_clear(&repeat, "broker: connected to %s", "here");
	assert_string_equal(next_text(state), "broker: connected to here\n");
	log_repeat_clear(&repeat, "broker: connected");
	assert_string_equal(next_line(state), "");

	fail_to_connect(&repeat, "refused"); /* the same text is news again */
	assert_string_equal(next_text(state), "broker: refused\n");
	log_repeat_clear(&repeat, NULL);
	assert_string_equal(next_line(state), "");
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, capture_start, capture_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(a_message_is_one_line_in_one_write),
		LOG_TEST(the_level_is_in_the_line),
		LOG_TEST(lower_levels_are_left_out),
		LOG_TEST(the_journal_gets_priorities),
		LOG_TEST(redirected_output_is_not_the_journal),
		LOG_TEST(the_journal_gets_fields),
		LOG_TEST(what_the_journal_does_not_take_goes_to_its_stream),
		LOG_TEST(a_journal_that_is_not_there_changes_nothing),
		LOG_TEST(control_characters_are_escaped),
		LOG_TEST(a_long_message_is_cut),
		LOG_TEST(errno_is_left_alone),
		LOG_TEST(levels_have_names),
		LOG_TEST(a_repeated_failure_is_said_once),
		LOG_TEST(a_lasting_failure_is_counted_now_and_then),
		LOG_TEST(the_end_of_a_failure_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
