#include "http/throttle.h"

#include "base/clock.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct throttle *throttle;

static int set_up(void **state)
{
	throttle = throttle_new();
	return throttle ? 0 : -1;
}

static int tear_down(void **state)
{
	throttle_free(throttle);
	return 0;
}

static struct address numbered(int number)
{
	return (struct address){{[14] = (uint8_t)(number >> 8), [15] = (uint8_t)number}};
}

static void fail_times(const struct address *address, int times, int64_t now_us)
{
	for (int i = 0; i < times; i++)
		throttle_failed(throttle, address, "op", now_us);
}

static void a_few_tries_are_free_then_each_failure_doubles_the_wait(void **state)
{
	static const int waits_s[] = {1, 2, 4, 8, 16, 32, 60, 60};
	struct address peer = numbered(1);

	fail_times(&peer, THROTTLE_FREE_FAILURES, 0);
	assert_int_equal(throttle_wait_s(throttle, &peer, "op", 0), 0);
	for (size_t i = 0; i < sizeof(waits_s) / sizeof(waits_s[0]); i++) {
		throttle_failed(throttle, &peer, "op", 0);
		assert_int_equal(throttle_wait_s(throttle, &peer, "op", 0), waits_s[i]);
	}
}

static void the_wait_ends(void **state)
{
	struct address peer = numbered(1);

	fail_times(&peer, THROTTLE_FREE_FAILURES + 2, 0);
	assert_int_equal(throttle_wait_s(throttle, &peer, "op", 1), 2);
	assert_int_equal(throttle_wait_s(throttle, &peer, "op", 2 * USEC_PER_SEC - 1), 1);
	assert_int_equal(throttle_wait_s(throttle, &peer, "op", 2 * USEC_PER_SEC), 0);
}

static void a_success_forgives(void **state)
{
	struct address peer = numbered(1);

	fail_times(&peer, 20, 0);
	throttle_succeeded(throttle, &peer, "op");
	assert_int_equal(throttle_wait_s(throttle, &peer, "op", 0), 0);
	fail_times(&peer, THROTTLE_FREE_FAILURES, 0);
	assert_int_equal(throttle_wait_s(throttle, &peer, "op", 0), 0);
}

static void old_failures_are_forgotten(void **state)
{
	struct address peer = numbered(1);

	fail_times(&peer, 20, 0);
	throttle_failed(throttle, &peer, "op", THROTTLE_FORGET_US + 1);
	assert_int_equal(throttle_wait_s(throttle, &peer, "op", THROTTLE_FORGET_US + 1), 0);
}

static void others_are_not_punished(void **state)
{
	struct address peer = numbered(1), other = numbered(2);

	fail_times(&peer, 20, 0);
	assert_int_equal(throttle_wait_s(throttle, &other, "op", 0), 0);
	throttle_succeeded(throttle, &other, "op");
	assert_int_equal(throttle_wait_s(throttle, &peer, "op", 0), THROTTLE_MAX_WAIT_S);
}

static void invented_users_lock_out_nobody_until_there_are_too_many(void **state)
{
	struct address peer = numbered(1);
	char user[16];

	for (int i = 0; i < THROTTLE_FREE_FAILURES_OF_ADDRESS; i++) {
		snprintf(user, sizeof(user), "user%d", i);
		assert_int_equal(throttle_failed(throttle, &peer, user, 0), i + 1);
	}
	assert_int_equal(throttle_wait_s(throttle, &peer, "op", 0), 0);
	throttle_failed(throttle, &peer, "one more", 0);
	assert_int_equal(throttle_wait_s(throttle, &peer, "op", 0), 1);
}

static void one_user_who_tries_for_ever_locks_out_no_other(void **state)
{
	struct address peer = numbered(1);

	fail_times(&peer, 10 * THROTTLE_FREE_FAILURES_OF_ADDRESS, 0);
	assert_int_equal(throttle_wait_s(throttle, &peer, "op", 0), THROTTLE_MAX_WAIT_S);
	assert_int_equal(throttle_wait_s(throttle, &peer, "see", 0), 0);
}

static void failures_are_counted_for_the_log(void **state)
{
	struct address peer = numbered(1);

	for (unsigned i = 1; i <= 2 * THROTTLE_FREE_FAILURES; i++)
		assert_int_equal(throttle_failed(throttle, &peer, "op", 0), i);
}

static void a_full_table_forgets_who_failed_longest_ago(void **state)
{
	for (int i = 0; i <= THROTTLE_SIZE; i++) {
		struct address peer = numbered(i);

		fail_times(&peer, 20, i);
	}
	for (int i = 0; i <= THROTTLE_SIZE; i++) {
		struct address peer = numbered(i);
		int wait_s = throttle_wait_s(throttle, &peer, "op", THROTTLE_SIZE);

		assert_int_equal(wait_s > 0, i > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
		TEST(a_few_tries_are_free_then_each_failure_doubles_the_wait),
		TEST(the_wait_ends),
		TEST(a_success_forgives),
		TEST(old_failures_are_forgotten),
		TEST(others_are_not_punished),
		TEST(invented_users_lock_out_nobody_until_there_are_too_many),
		TEST(one_user_who_tries_for_ever_locks_out_no_other),
		TEST(failures_are_counted_for_the_log),
		TEST(a_full_table_forgets_who_failed_longest_ago),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
