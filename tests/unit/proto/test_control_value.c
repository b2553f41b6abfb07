#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "proto/control_value.h"

#define TEXT_47 "01234567890123456789012345678901234567890123456"

/* There and back again. */
static void expect_kept(const char *json, enum control_value_type type)
{
	json_auto_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
	struct control_value read = {.type = 99};

	assert_int_equal(control_value_read(value, &read), 0);
	assert_int_equal(read.type, type);

	json_auto_t *written = control_value_json(&read);
	_cleanup_free_ char *text = json_dumps(written, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
	assert_string_equal(text, json);
}

static void test_there_and_back(void **state)
{
	expect_kept("0.25", CONTROL_VALUE_NUMBER);
	expect_kept("-3", CONTROL_VALUE_NUMBER);
	expect_kept("true", CONTROL_VALUE_BOOLEAN);
	expect_kept("false", CONTROL_VALUE_BOOLEAN);
	expect_kept("\"Auto\"", CONTROL_VALUE_TEXT);
	expect_kept("\"" TEXT_47 "\"", CONTROL_VALUE_TEXT);
	expect_kept("null", CONTROL_VALUE_NONE);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"[1]", "{}", "\"\"", "\"" TEXT_47 "8\""};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_auto_t *value = json_loads(bad[i], JSON_DECODE_ANY, NULL);
		struct control_value read = {.number = 7};

		assert_int_equal(control_value_read(value, &read), -EINVAL);
		assert_true(read.number == 7);
	}
}

static void test_names(void **state)
{
	static const char *const good[] = {"A", "Brightness", "Af2",
	                                   "A012345678901234567890123456789"};
	static const char *const bad[] = {
		"",    "brightness", "1A", "A b",
		"A_b", "Ä",          "AÄ", "A0123456789012345678901234567890"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(control_name_is_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(control_name_is_valid(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
