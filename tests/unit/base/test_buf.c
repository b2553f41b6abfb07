#include "base/buf.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LIMIT 1000

static void grows_and_hands_on_its_text(void **state)
{
	_cleanup_(buf_finish) struct buf buf;
	_cleanup_free_ char *text = NULL;

	buf_init(&buf, LIMIT);
	buf_puts(&buf, "fps: ");
	buf_printf(&buf, "%d", 30);
	buf_append(&buf, ", quality: 80", 4);
	assert_int_equal(buf.length, strlen("fps: 30, qu"));

	text = buf_steal(&buf);
	assert_string_equal(text, "fps: 30, qu");
	assert_null(buf.data);
	assert_int_equal(buf.length, 0);
}

static void can_be_used_again_after_steal(void **state)
{
	_cleanup_(buf_finish) struct buf buf;
	_cleanup_free_ char *first = NULL;
	_cleanup_free_ char *second = NULL;

	buf_init(&buf, LIMIT);
	buf_puts(&buf, "first");
	first = buf_steal(&buf);
	buf_puts(&buf, "second");
	second = buf_steal(&buf);
	assert_string_equal(first, "first");
	assert_string_equal(second, "second");
}

static void an_empty_text_is_a_text(void **state)
{
	_cleanup_(buf_finish) struct buf buf;
	_cleanup_free_ char *text = NULL;

	buf_init(&buf, 0);
	buf_append(&buf, NULL, 0);
	buf_puts(&buf, "");
	text = buf_steal(&buf);
	assert_string_equal(text, "");
}

static void takes_bytes_up_to_the_limit(void **state)
{
	_cleanup_(buf_finish) struct buf buf;

	buf_init(&buf, LIMIT);
	for (int i = 0; i < LIMIT; i++)
		buf_append(&buf, "x", 1);
	assert_int_equal(buf.error, 0);
	assert_int_equal(buf.length, LIMIT);
	assert_int_equal(strlen(buf.data), LIMIT);

	buf_append(&buf, "x", 1);
	assert_int_equal(buf.error, -ENOSPC);
	assert_int_equal(buf.length, LIMIT);
}

static void the_first_error_sticks_until_clear(void **state)
{
	_cleanup_(buf_finish) struct buf buf;

	buf_init(&buf, 4);
	buf_puts(&buf, "abc");
	buf_printf(&buf, "%s", "de");
	assert_int_equal(buf.error, -ENOSPC);
	buf_puts(&buf, "d"); /* it would fit, but the text would have a hole */
	assert_string_equal(buf.data, "abc");
	assert_null(buf_steal(&buf));
	assert_int_equal(buf.error, -ENOSPC);

	buf_clear(&buf);
	assert_int_equal(buf.error, 0);
	assert_string_equal(buf.data, "");
	buf_printf(&buf, "%s", "abcd");
	assert_int_equal(buf.error, 0);
	assert_string_equal(buf.data, "abcd");
}

static void keeps_bytes_of_any_value(void **state)
{
	_cleanup_(buf_finish) struct buf buf;

	buf_init(&buf, LIMIT);
	buf_append(&buf, "a\0b", 3);
	buf_append(&buf, "\0c", 2);
	assert_int_equal(buf.length, 5);
	assert_memory_equal(buf.data, "a\0b\0c", 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_hands_on_its_text),
		cmocka_unit_test(can_be_used_again_after_steal),
		cmocka_unit_test(an_empty_text_is_a_text),
		cmocka_unit_test(takes_bytes_up_to_the_limit),
		cmocka_unit_test(the_first_error_sticks_until_clear),
		cmocka_unit_test(keeps_bytes_of_any_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
