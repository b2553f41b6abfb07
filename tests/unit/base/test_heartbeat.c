#include "base/heartbeat.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LIMIT_US INT64_C(1000000)

static int setup(void **state)
{
	static struct heartbeats heartbeats;

	heartbeats_init(&heartbeats);
	*state = &heartbeats;
	return 0;
}

static int teardown(void **state)
{
	heartbeats_finish(*state);
	return 0;
}

static void init(struct heartbeat *heartbeat, const char *name, int64_t limit_us)
{
	heartbeat_init(heartbeat, limit_us, "%s's supervisor", name);
}

/* Who is late so long from now; "" if nobody is. */
static const char *late_in(struct heartbeats *heartbeats, int64_t us)
{
	static char name[HEARTBEAT_NAME_SIZE];
	int64_t limit_us;

	if (heartbeats_late(heartbeats, clock_mono_us() + us, name, &limit_us) == -ENOENT)
		return "";
	return name;
}

static void nobody_is_late_of_none(void **state)
{
	assert_string_equal(late_in(*state, INT64_MAX / 2), "");
}

static void it_is_late_at_its_limit(void **state)
{
	char name[HEARTBEAT_NAME_SIZE];
	struct heartbeat heartbeat;
	int64_t before_us, after_us, limit_us = 0;

	init(&heartbeat, "cam0", LIMIT_US);
	heartbeats_add(*state, &heartbeat);
	before_us = clock_mono_us();
	heartbeat_beat(&heartbeat);
	after_us = clock_mono_us();
	assert_int_equal(heartbeats_late(*state, before_us + LIMIT_US - 1, name, &limit_us),
	                 -ENOENT);
	assert_int_equal(limit_us, 0);
	assert_int_equal(heartbeats_late(*state, after_us + LIMIT_US, name, &limit_us), 0);
	assert_string_equal(name, "cam0's supervisor");
	assert_int_equal(limit_us, LIMIT_US);
}

static void who_rests_is_not_judged(void **state)
{
	struct heartbeat heartbeat;

	init(&heartbeat, "cam0", LIMIT_US);
	heartbeats_add(*state, &heartbeat);
	assert_string_equal(late_in(*state, 100 * LIMIT_US), "");
	heartbeat_beat(&heartbeat);
	assert_string_equal(late_in(*state, 100 * LIMIT_US), "cam0's supervisor");
	heartbeat_rest(&heartbeat);
	assert_string_equal(late_in(*state, 100 * LIMIT_US), "");
}

static void the_latest_is_named(void **state)
{
	struct heartbeat patient, strict, dead;

	init(&patient, "patient", 50 * LIMIT_US);
	init(&strict, "strict", LIMIT_US);
	init(&dead, "resting", 0);
	heartbeats_add(*state, &patient);
	heartbeats_add(*state, &strict);
	heartbeats_add(*state, &dead);
	heartbeat_beat(&patient);
	heartbeat_beat(&strict);
	assert_string_equal(late_in(*state, 60 * LIMIT_US), "strict's supervisor");
	heartbeat_rest(&strict);
	assert_string_equal(late_in(*state, 60 * LIMIT_US), "patient's supervisor");
}

static void who_is_removed_is_forgotten(void **state)
{
	struct heartbeat each[3];

	for (int i = 0; i < 3; i++) {
		init(&each[i], "each", LIMIT_US);
		heartbeats_add(*state, &each[i]);
	}
	heartbeat_beat(&each[1]);
	heartbeats_remove(*state, &each[1]);
	heartbeats_remove(*state, &each[1]);
	assert_string_equal(late_in(*state, 2 * LIMIT_US), "");
	heartbeat_beat(&each[0]);
	assert_string_equal(late_in(*state, 2 * LIMIT_US), "each's supervisor");
	heartbeats_remove(*state, &each[0]);
	heartbeat_beat(&each[2]);
	assert_string_equal(late_in(*state, 2 * LIMIT_US), "each's supervisor");
}

static void a_long_name_is_cut(void **state)
{
	char name[3 * HEARTBEAT_NAME_SIZE];
	struct heartbeat heartbeat;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	init(&heartbeat, name, LIMIT_US);
	heartbeats_add(*state, &heartbeat);
	heartbeat_beat(&heartbeat);
	assert_int_equal(strlen(late_in(*state, 2 * LIMIT_US)), HEARTBEAT_NAME_SIZE - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_is_late_of_none),      TEST(it_is_late_at_its_limit),
		TEST(who_rests_is_not_judged),     TEST(the_latest_is_named),
		TEST(who_is_removed_is_forgotten), TEST(a_long_name_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
