#include "http/part.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_header_says_how_long_and_when(void **state)
{
	char header[PART_HEADER_SIZE];
	size_t length = part_header(header, 4711, 1700000000000042);

	assert_string_equal(header, "Content-Type: image/jpeg\r\nContent-Length: 4711\r\n"
	                            "X-Timestamp: 1700000000.000042\r\n\r\n");
	assert_int_equal(length, strlen(header));
}

static void the_longest_header_fits(void **state)
{
	char header[PART_HEADER_SIZE];

	assert_true(part_header(header, SIZE_MAX, INT64_MAX) < PART_HEADER_SIZE);
}

static void the_next_boundary_ends_the_part(void **state)
{
	assert_string_equal(PART_END, "\r\n" PART_FIRST);
	assert_non_null(strstr(PART_CONTENT_TYPE, "boundary=" PART_BOUNDARY));
	assert_null(strstr(PART_CONTENT_TYPE, "boundary=--"));
}

/* How many frames of a camera at camera_fps a viewer at viewer_fps takes in ten seconds; each comes
 * up to jitter_us too early or too late. */
static int count_taken(int camera_fps, double viewer_fps, int jitter_us)
{
	struct part_rate rate = {.interval_us = viewer_fps > 0 ? (int64_t)(1e6 / viewer_fps) : 0};
	int taken = 0;

	for (int i = 0; i < camera_fps * 10; i++) {
		int64_t jitter = i % 2 ? jitter_us : -jitter_us;

		taken += part_rate_takes(&rate,
		                         5000000 + i * INT64_C(1000000) / camera_fps + jitter);
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
	struct part_rate rate = {.interval_us = 100000};

	assert_true(part_rate_takes(&rate, 1000000));
	assert_true(part_rate_takes(&rate, 9000000));
	assert_false(part_rate_takes(&rate, 9030000));
	assert_false(part_rate_takes(&rate, 9060000));
	assert_true(part_rate_takes(&rate, 9100000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_says_how_long_and_when),
		cmocka_unit_test(the_longest_header_fits),
		cmocka_unit_test(the_next_boundary_ends_the_part),
		cmocka_unit_test(thinning_keeps_the_rate),
		cmocka_unit_test(a_rate_like_the_cameras_loses_nothing),
		cmocka_unit_test(a_gap_is_not_caught_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
