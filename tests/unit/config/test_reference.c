/*
 * docs/configuration.md is what config_reference() says. After a change of the option table,
 * `test_reference --write` makes it afresh.
 */
#include "config/config.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PAGE TEST_DATA "/../../../docs/configuration.md"
#define LIMIT 65536

static void the_page_in_docs_is_up_to_date(void **state)
{
	_cleanup_(buf_finish) struct buf reference = {.limit = LIMIT};
	_cleanup_free_ char *page = NULL;
	size_t length;

	config_reference(&reference, true);
	assert_int_equal(reference.error, 0);
	assert_int_equal(file_read(PAGE, LIMIT, &page, &length), 0);
	if (strcmp(page, reference.data) != 0)
		fail_msg("docs/configuration.md is stale; run test_reference --write");
}

static void the_plain_one_fits_a_terminal_and_says_the_same(void **state)
{
	_cleanup_(buf_finish) struct buf reference = {.limit = LIMIT};

	config_reference(&reference, false);
	assert_int_equal(reference.error, 0);
	assert_non_null(strstr(reference.data, "  mqtt.port (integer: 1..65535)\n"
	                                       "    default: 1883, with tls 8883\n"
	                                       "    The broker's port.\n"));
	assert_non_null(strstr(reference.data, "  cameras[].fps (number: 1..240)\n"
	                                       "    default: 30\n"));
	assert_null(strchr(reference.data, '|'));
}

static int write_page(void)
{
	_cleanup_(buf_finish) struct buf reference = {.limit = LIMIT};

	config_reference(&reference, true);
	return file_write_atomic(PAGE, reference.data, reference.length, 0644) < 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_in_docs_is_up_to_date),
		cmocka_unit_test(the_plain_one_fits_a_terminal_and_says_the_same),
	};

	if (argc > 1 && strcmp(argv[1], "--write") == 0)
		return write_page();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
