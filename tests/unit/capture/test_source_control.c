#include "capture/source_control.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct source_control controls[] = {
	{.name = "Brightness", .type = SOURCE_CONTROL_FLOAT, .min = -1, .max = 1, .def = 0.25},
	{.name = "ExposureTime", .type = SOURCE_CONTROL_INTEGER, .min = 10, .max = 20, .def = 10},
	{.name = "AeEnable", .type = SOURCE_CONTROL_BOOLEAN, .max = 1, .def = 1},
	{.name = "AfMode",
         .type = SOURCE_CONTROL_ENUM,
         .max = 2,
         .words = {"Manual", NULL, "Continuous"}},
};
#define COUNT (sizeof controls / sizeof controls[0])

/* As node.yaml would say it. */
static int resolve(const char *name, const char *text, double *ret_number,
                   char ret_text[SOURCE_CONTROL_TEXT_SIZE])
{
	const struct source_control *control = source_control_find(controls, COUNT, name);
	struct control_value value;

	assert_non_null(control);
	assert_int_equal(source_control_parse(text, &value), 0);
	return source_control_resolve(control, &value, ret_number, ret_text);
}

static void takes_what_is_allowed(void **state)
{
	static const struct {
		const char *name, *text;
		double number;
	} cases[] = {
		{"Brightness", "-1", -1},    {"brightness", "1", 1},     {"Brightness", "0.5", 0.5},
		{"ExposureTime", "10", 10},  {"ExposureTime", "20", 20}, {"AeEnable", "true", 1},
		{"AeEnable", "False", 0},    {"AeEnable", "1", 1},       {"AfMode", "manual", 0},
		{"AfMode", "Continuous", 2}, {"AfMode", "2", 2},
	};
	char text[SOURCE_CONTROL_TEXT_SIZE];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		double number = NAN;

		assert_int_equal(resolve(cases[i].name, cases[i].text, &number, text), 0);
		assert_true(number == cases[i].number);
	}
}

static void refuses_the_rest_and_says_why(void **state)
{
	static const struct {
		const char *name, *text;
		int error;
		const char *why;
	} cases[] = {
		{"Brightness", "1.01", -ERANGE, "Brightness: 1.01 is out of range -1..1"},
		{"Brightness", "-1.01", -ERANGE, "Brightness: -1.01 is out of range -1..1"},
		{"Brightness", "much", -EINVAL, "Brightness: \"much\" is not a number -1..1"},
		{"Brightness", "true", -EINVAL, "Brightness: true is not a number -1..1"},
		{"ExposureTime", "9", -ERANGE, "ExposureTime: 9 is out of range 10..20"},
		{"ExposureTime", "21", -ERANGE, "ExposureTime: 21 is out of range 10..20"},
		{"ExposureTime", "10.5", -EINVAL, "ExposureTime: 10.5 is not an integer 10..20"},
		{"AeEnable", "2", -ERANGE, "AeEnable: 2 is not true or false"},
		{"AeEnable", "on", -EINVAL, "AeEnable: \"on\" is not true or false"},
		{"AfMode", "Auto", -ERANGE, "AfMode: \"Auto\" is not one of Manual, Continuous"},
		{"AfMode", "1", -ERANGE, "AfMode: 1 is not one of Manual, Continuous"},
		{"AfMode", "true", -ERANGE, "AfMode: true is not one of Manual, Continuous"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[SOURCE_CONTROL_TEXT_SIZE];
		double number = 42;

		assert_int_equal(resolve(cases[i].name, cases[i].text, &number, text),
		                 cases[i].error);
		assert_string_equal(text, cases[i].why);
		assert_true(number == 42);
	}
}

static void none_is_the_default(void **state)
{
	const struct control_value none = {.type = CONTROL_VALUE_NONE};
	char text[SOURCE_CONTROL_TEXT_SIZE];
	double number;

	assert_int_equal(source_control_resolve(&controls[0], &none, &number, text), 0);
	assert_true(number == 0.25);
}

static void shows_values_as_people_write_them(void **state)
{
	struct control_value value = source_control_value(&controls[0], 0.5);

	assert_true(value.type == CONTROL_VALUE_NUMBER && value.number == 0.5);
	value = source_control_value(&controls[2], 1);
	assert_true(value.type == CONTROL_VALUE_BOOLEAN && value.boolean);
	value = source_control_value(&controls[3], 2);
	assert_true(value.type == CONTROL_VALUE_TEXT);
	assert_string_equal(value.text, "Continuous");
	value = source_control_value(&controls[3], 1); /* has no word */
	assert_true(value.type == CONTROL_VALUE_NUMBER && value.number == 1);
	value = source_control_value(&controls[0], NAN);
	assert_true(value.type == CONTROL_VALUE_NONE);
}

static void too_long_a_word_is_none(void **state)
{
	struct control_value value = {.number = 42};
	char text[CONTROL_TEXT_SIZE + 1];

	memset(text, 'a', sizeof text);
	text[CONTROL_TEXT_SIZE] = '\0';
	assert_int_equal(source_control_parse(text, &value), -EINVAL);
	assert_int_equal(source_control_parse("", &value), -EINVAL);
	assert_true(value.number == 42);
	text[CONTROL_TEXT_SIZE - 1] = '\0';
	assert_int_equal(source_control_parse(text, &value), 0);
	assert_string_equal(value.text, text);
	assert_null(source_control_find(controls, COUNT, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_is_allowed),
		cmocka_unit_test(refuses_the_rest_and_says_why),
		cmocka_unit_test(none_is_the_default),
		cmocka_unit_test(shows_values_as_people_write_them),
		cmocka_unit_test(too_long_a_word_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
