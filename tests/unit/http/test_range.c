#include "http/range.h"

#include <errno.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SIZE 1000

static void a_part_in_the_middle(void **state)
{
	struct range range;

	assert_int_equal(range_parse("bytes=100-199", SIZE, &range), 0);
	assert_int_equal(range.first, 100);
	assert_int_equal(range.length, 100);
}

static void open_and_suffix_ranges_end_with_the_file(void **state)
{
	static const struct {
		const char *header;
		uint64_t first, length;
	} cases[] = {
		{"bytes=0-", 0, 1000},
		{"bytes=999-", 999, 1},
		{"bytes=999-999", 999, 1},
		{"bytes=-1", 999, 1},
		{"bytes=-1000", 0, 1000},
		{"bytes=-5000", 0, 1000},
		{"bytes=990-5000", 990, 10},
		{"Bytes=5-5", 5, 1},
		{"bytes=0-18446744073709551615", 0, 1000},
		{"bytes=0-99999999999999999999999", 0, 1000},
	};
	struct range range;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(range_parse(cases[i].header, SIZE, &range), 0);
		assert_int_equal(range.first, cases[i].first);
		assert_int_equal(range.length, cases[i].length);
	}
}

static void what_lies_behind_the_end_is_refused(void **state)
{
	static const char *const headers[] = {"bytes=1000-", "bytes=1000-1001", "bytes=-0",
	                                      "bytes=99999999999999999999999-"};
	struct range range;

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		assert_int_equal(range_parse(headers[i], SIZE, &range), -ERANGE);
	assert_int_equal(range_parse("bytes=0-", 0, &range), -ERANGE);
	assert_int_equal(range_parse("bytes=-1", 0, &range), -ERANGE);
}

static void other_units_and_forms_mean_the_whole_file(void **state)
{
	static const char *const headers[] = {
		"",          "bytes",         "bytes=",     "bytes=-",    "bytes=a-b",  "lines=1-2",
		"bytes=5-2", "bytes=1-2,4-5", "bytes= 1-2", "bytes=1-2 ", "bytes=+1-2", "bytes=1",
	};
	struct range range;

	assert_int_equal(range_parse(NULL, SIZE, &range), -ENODATA);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		assert_int_equal(range_parse(headers[i], SIZE, &range), -ENODATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_part_in_the_middle),
		cmocka_unit_test(open_and_suffix_ranges_end_with_the_file),
		cmocka_unit_test(what_lies_behind_the_end_is_refused),
		cmocka_unit_test(other_units_and_forms_mean_the_whole_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
