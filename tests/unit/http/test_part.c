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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_says_how_long_and_when),
		cmocka_unit_test(the_longest_header_fits),
		cmocka_unit_test(the_next_boundary_ends_the_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
