#include "control/rate.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOON_US (12 * 3600 * USEC_PER_SEC)

static int take_all(struct rate *rate, int64_t now_us)
{
	int taken = 0;

	while (taken < 1000 && rate_take(rate, now_us))
		taken++;
	return taken;
}

static void a_burst_and_then_none(void **state)
{
	struct rate rate;

	rate_init(&rate, 50, 100);
	assert_int_equal(take_all(&rate, NOON_US), 100);
	assert_false(rate_take(&rate, NOON_US + USEC_PER_SEC / 50 - 1));
	assert_true(rate_take(&rate, NOON_US + USEC_PER_SEC / 50));
	assert_false(rate_take(&rate, NOON_US + USEC_PER_SEC / 50));
}

static void tokens_come_back_and_do_not_pile_up(void **state)
{
	struct rate rate;

	rate_init(&rate, 50, 100);
	take_all(&rate, NOON_US);
	assert_int_equal(take_all(&rate, NOON_US + USEC_PER_SEC), 50);
	assert_int_equal(take_all(&rate, NOON_US + 100 * USEC_PER_SEC), 100);
}

static void refusals_cost_no_tokens(void **state)
{
	struct rate rate;

	rate_init(&rate, 10, 1);
	assert_true(rate_take(&rate, NOON_US));
	for (int i = 1; i < 100; i++)
		assert_false(rate_take(&rate, NOON_US + i * USEC_PER_MSEC));
	assert_true(rate_take(&rate, NOON_US + 100 * USEC_PER_MSEC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_and_then_none),
		cmocka_unit_test(tokens_come_back_and_do_not_pile_up),
		cmocka_unit_test(refusals_cost_no_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
