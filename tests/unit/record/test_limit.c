/* When a recording ends: who may still move that. */
#include <errno.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "record/limit.h"

static void test_an_end_that_has_come_is_not_moved(void **state)
{
	struct limit limit;

	limit_init(&limit, 1000);
	limit_count_from(&limit, 5000);
	assert_false(limit_close(&limit, 5999));
	assert_false(limit_is_closed(&limit));
	assert_true(limit_close(&limit, 6000));
	assert_true(limit_is_closed(&limit));
	assert_int_equal(limit_move(&limit, 3600 * USEC_PER_SEC), -ESRCH);
	assert_int_equal(limit_us(&limit), 6000);
	assert_true(limit_close(&limit, 0));
	limit_finish(&limit);
}

static void test_an_end_that_was_moved_has_not_come(void **state)
{
	struct limit limit;

	limit_init(&limit, 1000);
	limit_count_from(&limit, 5000);
	assert_int_equal(limit_move(&limit, 3600 * USEC_PER_SEC), 0);
	assert_false(limit_close(&limit, clock_mono_us()));
	limit_end_now(&limit, RECORDER_BY_COMMAND);
	assert_true(limit_close(&limit, clock_mono_us()));
	assert_int_equal(limit_reason(&limit), RECORDER_BY_COMMAND);
	limit_finish(&limit);
}

static void test_an_open_end_comes_only_with_all_time(void **state)
{
	struct limit limit;

	limit_init(&limit, 0);
	limit_count_from(&limit, 5000);
	assert_false(limit_close(&limit, INT64_MAX - 1));
	assert_true(limit_close(&limit, INT64_MAX));
	limit_finish(&limit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_end_that_has_come_is_not_moved),
		cmocka_unit_test(test_an_end_that_was_moved_has_not_come),
		cmocka_unit_test(test_an_open_end_comes_only_with_all_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
