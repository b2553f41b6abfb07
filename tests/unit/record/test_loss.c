/* What is missing in a recording, up to its end. */
#include "record/loss.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FRAME_US 40000

static void test_gaps_are_counted(void **state)
{
	struct loss loss = {0};

	assert_int_equal(loss_see(&loss, 10, 0), 0);
	assert_int_equal(loss_see(&loss, 11, FRAME_US), 0);
	assert_int_equal(loss_see(&loss, 15, 5 * FRAME_US), 3);
	assert_int_equal(loss_take(&loss), 3);
	assert_int_equal(loss_take(&loss), 0);
	assert_int_equal(loss.frames, 3);
}

/* Frame 10 came, at 0; the next to come is 14. */
static uint64_t missing_before(int64_t end_us)
{
	struct loss loss = {0};

	loss_see(&loss, 10, 0);
	loss_end(&loss, 14, INT64_C(4) * FRAME_US, end_us);
	return loss.frames;
}

static void test_those_before_the_end_are_missing(void **state)
{
	assert_int_equal(missing_before(0), 0);
	assert_int_equal(missing_before(FRAME_US), 0);
	assert_int_equal(missing_before(FRAME_US + 1), 1);
	assert_int_equal(missing_before(3 * FRAME_US), 2);
	assert_int_equal(missing_before(3 * FRAME_US + 1), 3);
	assert_int_equal(missing_before(4 * FRAME_US), 3);
	assert_int_equal(missing_before(4 * FRAME_US + 1), 4);
	assert_int_equal(missing_before(INT64_MAX), 4);
}

static void test_nothing_is_said_of_what_is_not_known(void **state)
{
	struct loss loss = {0};

	loss_end(&loss, 14, FRAME_US, INT64_MAX); /* none came, or the camera was away */
	loss_see(&loss, 10, 0);
	loss_end(&loss, 10, 0, FRAME_US); /* it came itself */
	loss_end(&loss, 3, FRAME_US, FRAME_US);
	assert_int_equal(loss.frames, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gaps_are_counted),
		cmocka_unit_test(test_those_before_the_end_are_missing),
		cmocka_unit_test(test_nothing_is_said_of_what_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
