#include "base/watchdog.h"

#include "base/clock.h"
#include "manager.h"

#include <stdbool.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TIMEOUT_US "400000"
#define LIMIT_US INT64_C(300000)
#define PATIENCE_MS 20000
#define SILENCE_MS 1000 /* many times what is fed in between */

struct rig {
	int fd;
	struct heartbeats heartbeats;
	struct heartbeat heartbeat;
	struct watchdog *watchdog;
};

static int setup(void **state)
{
	static struct rig rig;
	char path[64];

	snprintf(path, sizeof(path), "@camnode-watchdog-%d", getpid());
	rig = (struct rig){.fd = manager_listen(path)};
	heartbeats_init(&rig.heartbeats);
	heartbeat_init(&rig.heartbeat, LIMIT_US, "control");
	heartbeats_add(&rig.heartbeats, &rig.heartbeat);
	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", TIMEOUT_US, 1);
	unsetenv("WATCHDOG_PID");
	*state = &rig;
	return rig.fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	watchdog_stop(rig->watchdog);
	heartbeats_finish(&rig->heartbeats);
	close(rig->fd);
	return 0;
}

/* Until nothing is said for so long: true when that came. */
static bool falls_silent(int fd)
{
	int64_t deadline_us = clock_mono_us() + PATIENCE_MS * USEC_PER_MSEC;

	while (clock_mono_us() < deadline_us) {
		if (*manager_hear(fd, SILENCE_MS) == '\0')
			return true;
	}
	return false;
}

static void it_feeds_while_all_rest(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(watchdog_start(&rig->heartbeats, &rig->watchdog), 0);
	assert_non_null(rig->watchdog);
	for (int i = 0; i < 3; i++)
		assert_string_equal(manager_hear(rig->fd, PATIENCE_MS), "WATCHDOG=1");
}

/* Beats until it is fed, however late a busy machine is. */
static bool is_fed_while_it_beats(struct rig *rig)
{
	int64_t deadline_us = clock_mono_us() + PATIENCE_MS * USEC_PER_MSEC;
	const char *heard;

	do {
		heartbeat_beat(&rig->heartbeat);
		heard = manager_hear(rig->fd, (int)(LIMIT_US / USEC_PER_MSEC / 3));
	} while (*heard == '\0' && clock_mono_us() < deadline_us);
	return strcmp(heard, "WATCHDOG=1") == 0;
}

static void who_is_late_is_not_fed_for(void **state)
{
	struct rig *rig = *state;

	heartbeat_beat(&rig->heartbeat);
	assert_int_equal(watchdog_start(&rig->heartbeats, &rig->watchdog), 0);
	assert_true(is_fed_while_it_beats(rig));
	assert_true(falls_silent(rig->fd));
	heartbeat_rest(&rig->heartbeat);
	assert_string_equal(manager_hear(rig->fd, PATIENCE_MS), "WATCHDOG=1");
}

static void expect_none(struct rig *rig)
{
	assert_int_equal(watchdog_start(&rig->heartbeats, &rig->watchdog), 0);
	assert_null(rig->watchdog);
}

static void nobody_asks(void **state)
{
	char other[16];

	unsetenv("WATCHDOG_USEC");
	expect_none(*state);
	setenv("WATCHDOG_USEC", "0", 1);
	expect_none(*state);
	setenv("WATCHDOG_USEC", "soon", 1);
	expect_none(*state);
	setenv("WATCHDOG_USEC", TIMEOUT_US, 1);
	snprintf(other, sizeof(other), "%d", getppid());
	setenv("WATCHDOG_PID", other, 1);
	expect_none(*state);
	unsetenv("WATCHDOG_PID");
	unsetenv("NOTIFY_SOCKET");
	expect_none(*state);
}

static void it_is_asked_by_its_process_id(void **state)
{
	struct rig *rig = *state;
	char own[16];

	snprintf(own, sizeof(own), "%d", getpid());
	setenv("WATCHDOG_PID", own, 1);
	assert_int_equal(watchdog_start(&rig->heartbeats, &rig->watchdog), 0);
	assert_string_equal(manager_hear(rig->fd, PATIENCE_MS), "WATCHDOG=1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_feeds_while_all_rest),
		TEST(who_is_late_is_not_fed_for),
		TEST(nobody_asks),
		TEST(it_is_asked_by_its_process_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
