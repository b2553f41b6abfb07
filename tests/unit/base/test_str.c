#include "base/str.h"

#include <errno.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void copies_what_fits_and_nothing_else(void **state)
{
	char text[4] = "old";

	assert_int_equal(str_copy(text, sizeof(text), "new"), 0);
	assert_string_equal(text, "new");
	assert_int_equal(str_copy(text, sizeof(text), "long"), -ENAMETOOLONG);
	assert_string_equal(text, "new");
	assert_int_equal(str_copy(text, 0, ""), -ENAMETOOLONG);
}

static void parses_whole_numbers(void **state)
{
	static const struct {
		const char *text;
		int result;
		int64_t value;
	} cases[] = {
		{"42", 0, 42},
		{"-7", 0, -7},
		{"007", 0, 7},
		{"9223372036854775807", 0, INT64_MAX},
		{"-9223372036854775808", 0, INT64_MIN},
		{"9223372036854775808", -ERANGE, 0},
		{"-9223372036854775809", -ERANGE, 0},
		{"", -EINVAL, 0},
		{"-", -EINVAL, 0},
		{"--1", -EINVAL, 0},
		{"1-", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1 ", -EINVAL, 0},
		{"1.0", -EINVAL, 0},
		{"0x10", -EINVAL, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t value = 99;

		print_message("\"%s\"\n", cases[i].text);
		assert_int_equal(str_parse_i64(cases[i].text, &value), cases[i].result);
		assert_true(value == (cases[i].result == 0 ? cases[i].value : 99));
	}
}

static void parses_decimal_fractions(void **state)
{
	static const struct {
		const char *text;
		int result;
		double value;
	} cases[] = {
		{"2.5", 0, 2.5},       {"-0.25", 0, -0.25}, {"1e3", 0, 1000},
		{"1.5E-1", 0, 0.15},   {"30", 0, 30},       {"1e999", -ERANGE, 0},
		{"", -EINVAL, 0},      {".", -EINVAL, 0},   {"1e", -EINVAL, 0},
		{"+1", -EINVAL, 0},    {" 1", -EINVAL, 0},  {"1,5", -EINVAL, 0},
		{"0x1p3", -EINVAL, 0}, {"nan", -EINVAL, 0}, {"inf", -EINVAL, 0},
		{"1.2.3", -EINVAL, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double value = 99;

		print_message("\"%s\"\n", cases[i].text);
		assert_int_equal(str_parse_double(cases[i].text, &value), cases[i].result);
		assert_true(value == (cases[i].result == 0 ? cases[i].value : 99));
	}
}

static void parses_times_of_day(void **state)
{
	static const struct {
		const char *text;
		int result, seconds;
	} cases[] = {
		{"00:00", 0, 0},        {"22:30", 0, 81000},    {"24:00", 0, 86400},
		{"06:07:08", 0, 22028}, {"24:00:01", -EINVAL},  {"24:01", -EINVAL},
		{"6:00", -EINVAL},      {"06:60", -EINVAL},     {"06:00:60", -EINVAL},
		{"", -EINVAL},          {"06", -EINVAL},        {"06:", -EINVAL},
		{"06:00:", -EINVAL},    {"06:00:00:", -EINVAL}, {"06:00 ", -EINVAL},
		{" 06:00", -EINVAL},    {"-1:00", -EINVAL},     {"99:99", -EINVAL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int seconds = -1;

		assert_int_equal(str_parse_time_of_day(cases[i].text, &seconds), cases[i].result);
		assert_int_equal(seconds, cases[i].result < 0 ? -1 : cases[i].seconds);
	}
}

static void knows_an_id(void **state)
{
	char longest[ID_SIZE + 1];

	assert_true(str_is_id("front-door_2"));
	assert_false(str_is_id(""));
	assert_false(str_is_id("Front"));
	assert_false(str_is_id("a b"));
	assert_false(str_is_id("a/b"));
	assert_false(str_is_id("a\n"));
	assert_false(str_is_id("t\xc3\xbcr"));

	memset(longest, 'a', sizeof(longest));
	longest[64] = '\0';
	assert_true(str_is_id(longest));
	longest[64] = 'a';
	longest[65] = '\0';
	assert_false(str_is_id(longest));
}

static void makes_ids_of_names(void **state)
{
	static const struct {
		const char *name, *id;
	} cases[] = {
		{"raspberrypi", "raspberrypi"},
		{"Front Door.local", "front-door-local"},
		{"T\xc3\xbcr", "t-r"}, /* two bytes, one character */
		{"-kept_", "-kept_"},
		{" (garage) ", "garage"},
		{"", "camnode"},
		{"!!!", "camnode"},
	};
	char name[200];
	char id[ID_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		str_make_id(cases[i].name, id);
		assert_string_equal(id, cases[i].id);
	}
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	str_make_id(name, id);
	assert_int_equal(strlen(id), ID_SIZE - 1);
	assert_true(str_is_id(id));
}

static void knows_utf8(void **state)
{
	static const char *const valid[] = {
		"",
		"ascii",
		"\xc3\xbc",
		"\xe2\x82\xac",
		"\xf0\x9f\x93\xb7",
		"\xed\x9f\xbf",
		"\xf4\x8f\xbf\xbf",
	};
	static const char *const invalid[] = {
		"\x80",             /* continuation without a beginning */
		"\xc3",             /* cut off */
		"\xe2\x82",         /* cut off */
		"\xc3(",            /* not continued */
		"\xe2\x82(",        /* not continued */
		"\xc0\xaf",         /* longer than needed */
		"\xe0\x80\xaf",     /* longer than needed */
		"\xf0\x80\x80\xaf", /* longer than needed */
		"\xed\xa0\x80",     /* surrogate */
		"\xf4\x90\x80\x80", /* over U+10FFFF */
		"\xff",
	};

	for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
		assert_true(str_is_utf8(valid[i], strlen(valid[i])));
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
		assert_false(str_is_utf8(invalid[i], strlen(invalid[i])));
	assert_true(str_is_utf8("a\0b", 3));
	assert_false(str_is_utf8("a\0\xff", 3));
}

static void compares_secrets(void **state)
{
	assert_true(str_equal_constant_time("", ""));
	assert_true(str_equal_constant_time("secret", "secret"));
	assert_false(str_equal_constant_time("secret", "secreT"));
	assert_false(str_equal_constant_time("secret", "Secret"));
	assert_false(str_equal_constant_time("secret", "secret1"));
	assert_false(str_equal_constant_time("secret", ""));
}

static const char *nearest(const char *word)
{
	static const char *const keys[] = {"width", "height", "fps", "quality", "overlay_enabled"};

	return str_nearest(word, keys, sizeof(keys) / sizeof(keys[0]));
}

static void suggests_the_nearest_word(void **state)
{
	assert_string_equal(nearest("widht"), "width"); /* swapped: one edit */
	assert_string_equal(nearest("heigth"), "height");
	assert_string_equal(nearest("qualty"), "quality");
	assert_string_equal(nearest("fsp"), "fps");
	assert_string_equal(nearest("width"), "width");
	assert_null(nearest("bitrate"));
	assert_null(nearest(""));
	assert_null(str_nearest("word", NULL, 0));
}

static void suggests_nothing_beyond_the_tolerance(void **state)
{
	assert_string_equal(nearest("fp"), "fps");                          /* 1 of 1 */
	assert_null(nearest("f"));                                          /* 2 of 1 */
	assert_string_equal(nearest("heghtt"), "height");                   /* 2 of 2 */
	assert_null(nearest("hxxxht"));                                     /* 3 of 2 */
	assert_string_equal(nearest("overlay_enXXXed"), "overlay_enabled"); /* 3 of 3 */
	assert_null(nearest("overlay_eXXXXed"));                            /* 4 of 3 */
}

static void skips_words_that_are_too_long(void **state)
{
	char word[66];
	const char *candidates[] = {word};

	memset(word, 'a', sizeof(word));
	word[64] = '\0';
	assert_ptr_equal(str_nearest(word, candidates, 1), word);
	word[64] = 'a';
	word[65] = '\0';
	assert_null(str_nearest(word, candidates, 1));
	assert_null(str_nearest("aaa", candidates, 1));
}

static void enumerates_whole_words(void **state)
{
	char text[sizeof "of a, b, …"] = "of";

	assert_true(str_enumerate(text, sizeof text, 0, "a"));
	assert_string_equal(text, "of a");
	assert_true(str_enumerate(text, sizeof text, 1, "b"));
	assert_string_equal(text, "of a, b");
	assert_false(str_enumerate(text, sizeof text, 2, "c"));
	assert_string_equal(text, "of a, b, …");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_what_fits_and_nothing_else),
		cmocka_unit_test(parses_whole_numbers),
		cmocka_unit_test(parses_decimal_fractions),
		cmocka_unit_test(parses_times_of_day),
		cmocka_unit_test(knows_an_id),
		cmocka_unit_test(makes_ids_of_names),
		cmocka_unit_test(knows_utf8),
		cmocka_unit_test(enumerates_whole_words),
		cmocka_unit_test(compares_secrets),
		cmocka_unit_test(suggests_the_nearest_word),
		cmocka_unit_test(suggests_nothing_beyond_the_tolerance),
		cmocka_unit_test(skips_words_that_are_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
