#include "http/html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void markup_becomes_text(void **state)
{
	struct buf buf;

	buf_init(&buf, 4096);
	html_escape(&buf, "<a href=\"x\">it's & more</a>");
	assert_string_equal(buf.data, "&lt;a href=&quot;x&quot;&gt;it&#39;s &amp; more&lt;/a&gt;");
	buf_clear(&buf);
	html_escape(&buf, "plain");
	assert_string_equal(buf.data, "plain");
	buf_finish(&buf);
}

static void an_empty_text_stays_empty(void **state)
{
	struct buf buf;

	buf_init(&buf, 4096);
	html_escape(&buf, "");
	assert_int_equal(buf.length, 0);
	buf_finish(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markup_becomes_text),
		cmocka_unit_test(an_empty_text_stays_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
