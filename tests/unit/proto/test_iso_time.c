#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "base/clock.h"
#include "proto/iso_time.h"

static void test_example(void **state)
{
	int64_t wall_us;

	assert_int_equal(iso_time_parse("2026-11-23T14:04:50.123Z", &wall_us), 0);
	assert_int_equal(wall_us, INT64_C(1795442690123000));
}

static void test_what_the_clock_writes_is_read_back(void **state)
{
	static const int64_t times_us[] = {1000, INT64_C(951782400000000),
	                                   INT64_C(4102444799999000)};
	char text[CLOCK_ISO_SIZE];
	int64_t wall_us;

	for (size_t i = 0; i < sizeof(times_us) / sizeof(times_us[0]); i++) {
		clock_format_iso(times_us[i], text);
		assert_int_equal(iso_time_parse(text, &wall_us), 0);
		assert_int_equal(wall_us, times_us[i]);
	}
}

static void test_the_same_moment_in_other_words(void **state)
{
	static const char *const texts[] = {
		"2026-11-23T14:04:50Z",      "2026-11-23 14:04:50Z",
		"2026-11-23T15:04:50+01:00", "2026-11-23T15:04:50+0100",
		"2026-11-23T08:34:50-05:30", "2026-11-23T14:04:50.000000000Z",
		"2026-11-24T13:03:50+22:59",
	};
	int64_t wall_us;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(iso_time_parse(texts[i], &wall_us), 0);
		assert_int_equal(wall_us, INT64_C(1795442690000000));
	}
}

static void test_what_is_no_time(void **state)
{
	static const char *const texts[] = {
		"",
		"tomorrow",
		"2026-11-23",
		"2026-11-23T14:04:50", /* whose clock? */
		"2026-11-23T14:04Z",
		"2026-11-23T14:04:50.Z",
		"2026-11-23T14:04:50Z ",
		" 2026-11-23T14:04:50Z",
		"2026-11-23T14:04:50+1:00",
		"2026-11-23T14:04:50+24:00",
		"2026-02-29T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-01-00T00:00:00Z",
		"2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z",
		"2026-01-01T00:00:61Z",
		"1969-12-31T23:59:59Z",
		"+026-01-01T00:00:00Z",
	};
	int64_t wall_us = 7;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(iso_time_parse(texts[i], &wall_us), -EINVAL);
	assert_int_equal(wall_us, 7);
	assert_int_equal(iso_time_parse("2028-02-29T23:59:60Z", &wall_us), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_what_the_clock_writes_is_read_back),
		cmocka_unit_test(test_the_same_moment_in_other_words),
		cmocka_unit_test(test_what_is_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
