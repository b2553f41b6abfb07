#include "camera/tuning.h"

#include "capture/pattern.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct control_value half = {.type = CONTROL_VALUE_NUMBER, .number = 0.5};
static const struct control_value two = {.type = CONTROL_VALUE_NUMBER, .number = 2};
static const struct control_value none = {.type = CONTROL_VALUE_NONE};

static struct config_camera camera(void)
{
	return (struct config_camera){
		.id = (char *)"cam0",
		.name = (char *)"Test",
		.source = (char *)"pattern",
		.width = 64,
		.height = 64,
		.fps = 30,
		.format = (char *)"auto",
		.pattern_fault = (char *)"",
	};
}

static struct source *open_source(const struct config_camera *config)
{
	struct source *source = NULL;
	char text[SOURCE_TEXT_SIZE];

	assert_int_equal(pattern_ops.open(config, &source, text), 0);
	return source;
}

/* What the source itself says. */
static double value_at_source(struct source *source, const char *name)
{
	struct source_control controls[SOURCE_MAX_CONTROLS];
	size_t count = pattern_ops.controls(source, controls, SOURCE_MAX_CONTROLS);

	return source_control_find(controls, count, name)->value;
}

static double value_told(struct tuning *tuning, const char *name)
{
	struct source_control controls[SOURCE_MAX_CONTROLS];
	size_t count = tuning_list(tuning, controls, SOURCE_MAX_CONTROLS);

	return source_control_find(controls, count, name)->value;
}

static void wishes_outlive_the_source(void **state)
{
	struct config_camera config = camera();
	struct tuning *tuning;
	struct source *source;

	config.controls[0] = (struct config_control){(char *)"AfMode", (char *)"continuous"};
	config.control_count = 1;
	tuning = tuning_new(&config);
	assert_non_null(tuning);
	source = open_source(&config);
	tuning_open(tuning, source);
	assert_true(value_at_source(source, "AfMode") == 2);
	assert_false(tuning_apply(tuning, source));

	assert_int_equal(tuning_wish(tuning, "Brightness", &half), 0);
	assert_true(value_told(tuning, "Brightness") == 0.5);
	assert_true(value_at_source(source, "Brightness") == 0);
	assert_true(tuning_apply(tuning, source));
	assert_false(tuning_apply(tuning, source));
	assert_true(value_at_source(source, "Brightness") == 0.5);
	pattern_ops.close(source);

	source = open_source(&config);
	tuning_open(tuning, source);
	assert_true(value_at_source(source, "Brightness") == 0.5);
	assert_true(value_at_source(source, "AfMode") == 2);

	assert_int_equal(tuning_wish(tuning, "AfMode", &none), 0);
	assert_true(tuning_apply(tuning, source));
	assert_true(value_at_source(source, "AfMode") == 0);
	pattern_ops.close(source);
	tuning_free(tuning);
}

static void checks_by_what_the_camera_offers(void **state)
{
	const struct config_camera config = camera();
	struct tuning *tuning = tuning_new(&config);
	struct source *source = open_source(&config);
	char text[SOURCE_CONTROL_TEXT_SIZE] = "";

	assert_int_equal(tuning_check(tuning, "Brightness", &half, text), -ENODATA);
	tuning_open(tuning, source);
	assert_int_equal(tuning_check(tuning, "Brightness", &half, text), 0);
	assert_int_equal(tuning_check(tuning, "Brightness", &two, text), -ERANGE);
	assert_string_equal(text, "Brightness: 2 is out of range -1..1");
	assert_int_equal(tuning_check(tuning, "Zoom", &two, text), -ENOENT);
	assert_string_equal(text, "there is no control \"Zoom\"; there are AeEnable, AfMode, "
	                          "Brightness, ExposureTime, Fault, LensPosition");
	pattern_ops.close(source);
	assert_int_equal(tuning_check(tuning, "Brightness", &half, text), 0);
	tuning_free(tuning);
}

static void knows_a_camera_without_controls(void **state)
{
	static const struct source_ops bare_ops = {.name = "bare"};
	const struct config_camera config = camera();
	struct tuning *tuning = tuning_new(&config);
	struct source bare = {.ops = &bare_ops};
	char text[SOURCE_CONTROL_TEXT_SIZE] = "";

	assert_int_equal(tuning_check(tuning, "Brightness", &half, text), -ENODATA);
	tuning_open(tuning, &bare);
	assert_int_equal(tuning_check(tuning, "Brightness", &half, text), -ENOENT);
	assert_string_equal(text, "this camera has no controls: no \"Brightness\"");
	tuning_free(tuning);
}

static void lists_by_name(void **state)
{
	const struct config_camera config = camera();
	struct tuning *tuning = tuning_new(&config);
	struct source *source = open_source(&config);
	struct source_control controls[SOURCE_MAX_CONTROLS];

	assert_int_equal(tuning_list(tuning, controls, SOURCE_MAX_CONTROLS), 0);
	tuning_open(tuning, source);
	assert_int_equal(tuning_list(tuning, controls, 2), 2);
	assert_int_equal(tuning_list(tuning, controls, SOURCE_MAX_CONTROLS), 6);
	for (size_t i = 1; i < 6; i++)
		assert_true(strcmp(controls[i - 1].name, controls[i].name) < 0);
	pattern_ops.close(source);
	tuning_free(tuning);
}

/* What the camera does not have, or take, is logged, and the rest is set. */
static void a_wrong_wish_does_not_spoil_the_others(void **state)
{
	struct config_camera config = camera();
	struct tuning *tuning;
	struct source *source;

	config.controls[0] = (struct config_control){(char *)"Zoom", (char *)"1"};
	config.controls[1] = (struct config_control){(char *)"AeEnable", (char *)"7"};
	config.controls[2] = (struct config_control){(char *)"Brightness", (char *)"0.5"};
	config.control_count = 3;
	tuning = tuning_new(&config);
	source = open_source(&config);
	tuning_open(tuning, source);
	assert_true(value_at_source(source, "Brightness") == 0.5);
	assert_true(value_at_source(source, "AeEnable") == 1);
	pattern_ops.close(source);
	tuning_free(tuning);
}

static void too_many_wishes(void **state)
{
	const struct config_camera config = camera();
	struct tuning *tuning = tuning_new(&config);
	char name[CONTROL_NAME_SIZE];

	for (int i = 0; i < TUNING_MAX_WISHES; i++) {
		snprintf(name, sizeof name, "Control%d", i);
		assert_int_equal(tuning_wish(tuning, name, &half), 0);
	}
	assert_int_equal(tuning_wish(tuning, "OneMore", &half), -ENOSPC);
	assert_int_equal(tuning_wish(tuning, "Control0", &two), 0);
	tuning_free(tuning);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wishes_outlive_the_source),
		cmocka_unit_test(checks_by_what_the_camera_offers),
		cmocka_unit_test(knows_a_camera_without_controls),
		cmocka_unit_test(lists_by_name),
		cmocka_unit_test(a_wrong_wish_does_not_spoil_the_others),
		cmocka_unit_test(too_many_wishes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
