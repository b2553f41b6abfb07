#include "camera/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void only_a_running_call_is_overdue(void **state)
{
	struct call call = {0};

	assert_null(call_overdue(&call, 0));
	call_begin(&call, "stop");
	assert_string_equal(call_overdue(&call, 0), "stop");
	assert_null(call_overdue(&call, INT64_C(3600000000)));
	call_end(&call);
	assert_null(call_overdue(&call, 0));
	call_begin(&call, "close");
	assert_string_equal(call_overdue(&call, 0), "close");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_running_call_is_overdue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
