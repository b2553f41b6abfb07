#include "capture/fault.h"

#include <errno.h>
#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void plan_of_a_disconnection(void **state)
{
	struct fault_plan plan;

	assert_int_equal(fault_parse("disconnect@3+5", &plan), 0);
	assert_int_equal(fault_at(&plan, 2999999), FAULT_NONE);
	assert_int_equal(fault_at(&plan, 3000000), FAULT_DISCONNECT);
	assert_int_equal(fault_at(&plan, 7999999), FAULT_DISCONNECT);
	assert_int_equal(fault_at(&plan, 8000000), FAULT_NONE);
	assert_int_equal(fault_parse("busy@1+1", &plan), 0);
	assert_int_equal(fault_at(&plan, 1500000), FAULT_BUSY);
	assert_int_equal(fault_at(&plan, 2000000), FAULT_NONE);
}

static void other_plans_last(void **state)
{
	struct fault_plan plan;

	assert_int_equal(fault_parse("stall@0.5", &plan), 0);
	assert_int_equal(fault_at(&plan, 499999), FAULT_NONE);
	assert_int_equal(fault_at(&plan, INT64_C(3600000000)), FAULT_STALL);
	assert_int_equal(fault_parse("slow@1", &plan), 0);
	assert_int_equal(fault_at(&plan, INT64_C(3600000000)), FAULT_SLOW);
	assert_int_equal(fault_parse("hang@1", &plan), 0);
	assert_int_equal(fault_at(&plan, INT64_C(3600000000)), FAULT_HANG);
	assert_int_equal(fault_parse("dark@1", &plan), 0);
	assert_int_equal(plan.at_us, 1000000);
	assert_int_equal(fault_at(&plan, INT64_C(3600000000)), FAULT_NONE);
	assert_int_equal(fault_parse("", &plan), 0);
	assert_int_equal(fault_at(&plan, INT64_C(3600000000)), FAULT_NONE);
}

static void wrong_plans(void **state)
{
	static const char *const texts[] = {
		"stall",         "stall@",        "stall@x",
		"stall@3+5",     "stall@-1",      "stall@1e9",
		"disconnect@+",  "disconnect@3+", "burn@3",
		"stall@3 ",      "stall@nan",     "STALL@3",
		"disconnect@+5", "slow@3,",       "stall@0000000000000000003",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct fault_plan plan = {.at_us = 42};

		assert_int_equal(fault_parse(texts[i], &plan), -EINVAL);
		assert_int_equal(plan.at_us, 42);
	}
}

static void a_clock_starts_once(void **state)
{
	assert_int_equal(fault_clock_start("once", 1000), 1000);
	assert_int_equal(fault_clock_start("once", 2000), 1000);
	assert_int_equal(fault_clock_start("twice", 3000), 3000);
	assert_int_equal(fault_away_until("once"), 0);
	fault_set_away("once", 5000);
	assert_int_equal(fault_away_until("once"), 5000);
	assert_int_equal(fault_away_until("never seen"), 0);
}

/* With more cameras than clocks, the last ones have no memory; nothing breaks. */
static void too_many_clocks(void **state)
{
	char id[32];

	for (int i = 0; i <= FAULT_MAX_CLOCKS; i++) {
		snprintf(id, sizeof(id), "camera%d", i);
		assert_int_equal(fault_clock_start(id, i), i);
	}
	assert_int_equal(fault_clock_start(id, 99), 99);
	fault_set_away(id, 5000);
	assert_int_equal(fault_away_until(id), 0);
	assert_int_equal(fault_clock_start("camera0", 99), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan_of_a_disconnection),
		cmocka_unit_test(other_plans_last),
		cmocka_unit_test(wrong_plans),
		cmocka_unit_test(a_clock_starts_once),
		cmocka_unit_test(too_many_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
