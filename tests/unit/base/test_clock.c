#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TOLERANCE_US (100 * USEC_PER_MSEC) /* of the distance between two clocks */

static void formats_iso_times(void **state)
{
	static const struct {
		int64_t wall_us;
		const char *text;
	} cases[] = {
		{INT64_C(1795442690123456), "2026-11-23T14:04:50.123Z"},
		{0, "1970-01-01T00:00:00.000Z"},
		{999999, "1970-01-01T00:00:00.999Z"},
		{-1, "1969-12-31T23:59:59.999Z"},
		{INT64_C(951782400000000), "2000-02-29T00:00:00.000Z"},
		{INT64_MAX, "294247-01-10T04:00:54.775Z"},
	};
	char text[CLOCK_ISO_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		clock_format_iso(cases[i].wall_us, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void reads_the_iso_times_that_it_writes_and_no_others(void **state)
{
	static const char *const others[] = {
		"",
		"2026",
		"2026-11-23T14:04:50",
		"2026-11-23T14:04:50Z",
		"2026-11-23T14:04:50.12Z",
		"2026-11-23T14:04:50.123456Z",
		"2026-11-23T14:04:50.-12Z",
		"2026-11-23T14:04:50.123+01:00",
		"2026-02-30T14:04:50.123Z",
		"2026-11-23 14:04:50.123Z",
		" 2026-11-23T14:04:50.123Z",
	};
	int64_t wall_us = 7;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(clock_parse_iso(others[i], &wall_us), -EINVAL);
	assert_int_equal(wall_us, 7);
	assert_int_equal(clock_parse_iso("2026-11-23T14:04:50.123Z", &wall_us), 0);
	assert_int_equal(wall_us, INT64_C(1795442690123000));
	assert_int_equal(clock_parse_iso("1969-12-31T23:59:59.999Z", &wall_us), 0);
	assert_int_equal(wall_us, -1000);
}

static void monotonic_time_never_runs_backwards(void **state)
{
	int64_t before_us = clock_mono_us();

	for (int i = 0; i < 1000; i++) {
		int64_t now_us = clock_mono_us();

		assert_true(now_us >= before_us);
		before_us = now_us;
	}
}

static void turns_boot_time_into_monotonic(void **state)
{
	int64_t before_us = clock_mono_us(), boot_ns, after_us, mono_us;
	struct timespec boot;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	after_us = clock_mono_us();
	boot_ns = boot.tv_sec * INT64_C(1000000000) + boot.tv_nsec;
	mono_us = clock_mono_from_boot_ns(boot_ns);
	assert_in_range(mono_us, before_us - TOLERANCE_US, after_us + TOLERANCE_US);
	/* A frame stamped a second earlier stays a second earlier. */
	assert_true(llabs(mono_us - clock_mono_from_boot_ns(boot_ns - 1000000000) - USEC_PER_SEC) <
	            TOLERANCE_US);
}

static void labels_monotonic_stamps_with_wall_time(void **state)
{
	int64_t before_us = clock_wall_us();
	int64_t stamp_us = clock_mono_us() - 5 * USEC_PER_SEC;
	int64_t after_us = clock_wall_us();

	assert_in_range(clock_wall_from_mono_us(stamp_us) + 5 * USEC_PER_SEC,
	                before_us - TOLERANCE_US, after_us + TOLERANCE_US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_iso_times),
		cmocka_unit_test(reads_the_iso_times_that_it_writes_and_no_others),
		cmocka_unit_test(monotonic_time_never_runs_backwards),
		cmocka_unit_test(turns_boot_time_into_monotonic),
		cmocka_unit_test(labels_monotonic_stamps_with_wall_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
