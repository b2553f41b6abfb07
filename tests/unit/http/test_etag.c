#include "http/etag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ETAG "\"1f-2.3\""

static void the_tag_itself_is_listed(void **state)
{
	assert_true(etag_is_listed(ETAG, ETAG));
}

static void so_it_is_among_others_weak_or_as_any(void **state)
{
	static const char *const headers[] = {"*",
	                                      "W/" ETAG,
	                                      "\"other\", " ETAG,
	                                      ETAG ",\"other\"",
	                                      "\"a\",\"b\" ,\tW/" ETAG " , \"c\"",
	                                      " ,, " ETAG ","};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		assert_true(etag_is_listed(headers[i], ETAG));
}

static void anything_else_is_not(void **state)
{
	static const char *const headers[] = {NULL,     "",         " ",           "W/",
	                                      "1f-2.3", "\"1f-2.3", "\"1f-2.34\"", "\"1F-2.3\"",
	                                      ", ,",    "**"};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		assert_false(etag_is_listed(headers[i], ETAG));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tag_itself_is_listed),
		cmocka_unit_test(so_it_is_among_others_weak_or_as_any),
		cmocka_unit_test(anything_else_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
