#include "base/backoff.h"

#include <stdbool.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void waits_longer_each_time_up_to_the_maximum(void **state)
{
	static const int64_t ceilings_ms[] = {2000,  4000,  8000,   16000,
	                                      32000, 64000, 120000, 120000};
	struct backoff backoff;

	backoff_init(&backoff, 1000, 120000);
	for (size_t i = 0; i < sizeof(ceilings_ms) / sizeof(ceilings_ms[0]); i++) {
		assert_int_equal(backoff.ceiling_ms, ceilings_ms[i]);
		assert_in_range(backoff_next_ms(&backoff), 1000, ceilings_ms[i]);
	}
	backoff_reset(&backoff);
	assert_in_range(backoff_next_ms(&backoff), 1000, 2000);
}

static void two_nodes_do_not_wait_alike(void **state)
{
	bool differed = false;

	/* 20 equal pairs out of 119001 values would be no accident. */
	for (int i = 0; i < 20; i++) {
		struct backoff a = {1000, 120000, 120000};
		struct backoff b = a;

		differed |= backoff_next_ms(&a) != backoff_next_ms(&b);
	}
	assert_true(differed);
}

static void both_ends_of_the_range_come_up(void **state)
{
	bool seen[3] = {false};

	/* Each end is missed with a probability of 0.5^200. */
	for (int i = 0; i < 200; i++) {
		struct backoff backoff = {1, 2, 2};

		seen[backoff_next_ms(&backoff)] = true;
	}
	assert_true(seen[1] && seen[2]);
}

static void the_range_may_be_a_single_value(void **state)
{
	struct backoff backoff;

	backoff_init(&backoff, 500, 500);
	assert_int_equal(backoff_next_ms(&backoff), 500);
	assert_int_equal(backoff_next_ms(&backoff), 500);
}

static void the_largest_times_do_not_overflow(void **state)
{
	struct backoff backoff;

	backoff_init(&backoff, INT64_MAX / 2 + 1, INT64_MAX);
	assert_true(backoff_next_ms(&backoff) > INT64_MAX / 2);
	assert_true(backoff.ceiling_ms == INT64_MAX);
}

static void random_numbers_cover_their_range(void **state)
{
	bool seen[4] = {false};

	/* Each number is missed with a probability of 0.75^1000. */
	for (int i = 0; i < 1000; i++) {
		uint64_t value = backoff_random(4);

		assert_in_range(value, 0, 3);
		seen[value] = true;
	}
	assert_true(seen[0] && seen[1] && seen[2] && seen[3]);
	assert_int_equal(backoff_random(1), 0);
	assert_int_equal(backoff_random(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_longer_each_time_up_to_the_maximum),
		cmocka_unit_test(two_nodes_do_not_wait_alike),
		cmocka_unit_test(both_ends_of_the_range_come_up),
		cmocka_unit_test(the_range_may_be_a_single_value),
		cmocka_unit_test(the_largest_times_do_not_overflow),
		cmocka_unit_test(random_numbers_cover_their_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
