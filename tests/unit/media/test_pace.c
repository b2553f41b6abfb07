#include "media/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* How many frames of a camera at camera_fps a viewer at viewer_fps takes in ten seconds; each comes
 * up to jitter_us too early or too late. */
static int count_taken(int camera_fps, double viewer_fps, int jitter_us)
{
	struct pace pace = {.interval_us = pace_interval_us(viewer_fps)};
	int taken = 0;

	for (int i = 0; i < camera_fps * 10; i++) {
		int64_t jitter = i % 2 ? jitter_us : -jitter_us;

		taken += pace_takes(&pace, 5000000 + i * INT64_C(1000000) / camera_fps + jitter);
	}
	return taken;
}

static void thinning_keeps_the_rate(void **state)
{
	assert_in_range(count_taken(30, 5, 0), 50, 51);
	assert_in_range(count_taken(30, 20, 0), 198, 202);
	assert_in_range(count_taken(30, 1, 0), 10, 11);
	assert_in_range(count_taken(30, 0.1, 0), 1, 2);
}

static void a_rate_like_the_cameras_loses_nothing(void **state)
{
	assert_int_equal(count_taken(30, 30, 0), 300);
	assert_in_range(count_taken(30, 30, 3000), 298, 300);
	assert_int_equal(count_taken(30, 240, 0), 300);
	assert_int_equal(count_taken(30, 0, 0), 300);
}

static void a_gap_is_not_caught_up(void **state)
{
	struct pace pace = {.interval_us = 100000};

	assert_true(pace_takes(&pace, 1000000));
	assert_true(pace_takes(&pace, 9000000));
	assert_false(pace_takes(&pace, 9030000));
	assert_false(pace_takes(&pace, 9060000));
	assert_true(pace_takes(&pace, 9100000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thinning_keeps_the_rate),
		cmocka_unit_test(a_rate_like_the_cameras_loses_nothing),
		cmocka_unit_test(a_gap_is_not_caught_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
