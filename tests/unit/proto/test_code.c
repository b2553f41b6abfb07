#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/code.h"

static void test_example(void **state)
{
	assert_string_equal(code_name(CODE_UNKNOWN_CAMERA), "unknown_camera");
	assert_int_equal(code_http_status(CODE_UNKNOWN_CAMERA), 404);
}

static void test_every_code_has_its_own_name_and_a_status(void **state)
{
	for (int a = 0; a < CODE_COUNT; a++) {
		assert_non_null(code_name(a));
		assert_in_range(code_http_status(a), a == CODE_OK ? 200 : 400, 599);
		for (int b = 0; b < a; b++)
			assert_string_not_equal(code_name(a), code_name(b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_every_code_has_its_own_name_and_a_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
