#include "record/outage.h"

#include "rig.h"

#include <errno.h>
#include <poll.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_an_error_is_news_once(void **state)
{
	struct outage outage = {0};

	assert_true(outage_begin(&outage, -EIO));
	assert_false(outage_begin(&outage, -EIO));
	assert_true(outage_begin(&outage, -ENOSPC));
}

static void test_a_file_is_gone_with_its_mount(void **state)
{
	char root[] = "/tmp", nowhere[] = "/tmp/nothing/is/mounted";
	const struct config_record config = {.dir = root};
	const struct config_record mount = {.dir = nowhere, .require_mount = true};

	assert_int_equal(outage_cause(-ENOENT, &config), -ENOENT);
	assert_int_equal(outage_cause(-ENOENT, &mount), -ENODEV);
	assert_int_equal(outage_cause(-EIO, &mount), -EIO);
}

static void test_the_disk_is_tried_again_later(void **state)
{
	char root[] = "/tmp";
	const struct config_record config = {.dir = root};
	struct outage outage = {0};

	outage_begin(&outage, -EIO);
	assert_int_equal(outage_try(&outage, &config), -EAGAIN);
	outage.retry_us = clock_mono_us();
	assert_int_equal(outage_try(&outage, &config), 0);
}

static void test_two_fragments_prove_the_disk(void **state)
{
	char root[] = "/tmp";
	const struct config_record config = {.dir = root};
	struct outage outage = {0};

	outage_begin(&outage, -EIO);
	outage_prove(&outage, &config);
	assert_int_equal(outage.error, -EIO);
	outage_begin(&outage, -EIO);
	outage_prove(&outage, &config);
	assert_int_equal(outage.error, -EIO);
	outage_prove(&outage, &config);
	assert_int_equal(outage.error, 0);
}

static void test_a_call_that_does_not_return_is_stuck(void **state)
{
	struct outage outage = {0};

	assert_false(outage_is_stuck(&outage));
	outage_enter(&outage);
	assert_false(outage_is_stuck(&outage));
	atomic_fetch_sub(&outage.busy_since_us, OUTAGE_STUCK_US);
	assert_true(outage_is_stuck(&outage));
	outage_leave(&outage);
	assert_false(outage_is_stuck(&outage));
	assert_true(outage.was_stuck);
	outage_enter(&outage);
	outage_leave(&outage);
	assert_false(outage.was_stuck);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_error_is_news_once),
		cmocka_unit_test(test_a_file_is_gone_with_its_mount),
		cmocka_unit_test(test_the_disk_is_tried_again_later),
		cmocka_unit_test(test_two_fragments_prove_the_disk),
		cmocka_unit_test(test_a_call_that_does_not_return_is_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
