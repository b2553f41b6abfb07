#include "setup/camera_trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A camera of node.yaml, its keys in braces. */
static int try(const char *keys, struct camera_trial *ret_trial)
{
	struct buf errors = {.limit = 4096};
	struct config *config = NULL;
	char text[256];

	snprintf(text, sizeof(text), "cameras: [{%s}]", keys);
	assert_int_equal(config_parse("test", text, strlen(text), &config, &errors), 0);
	buf_finish(&errors);
	int r = camera_trial(&config->cameras[0], ret_trial);
	config_free(config);
	return r;
}

static void a_picture_is_taken(void **state)
{
	struct camera_trial trial;

	assert_int_equal(try("source: pattern, size: 320x240", &trial), 0);
	assert_true(trial.is_pattern);
	assert_int_equal(trial.mode.width, 320);
	assert_int_equal(trial.mode.height, 240);
	assert_in_range(trial.bytes, 1000, 200000);
	assert_true(trial.seconds > 0);
	assert_string_equal(trial.why, "");
}

static void a_camera_that_is_not_there_says_so(void **state)
{
	struct camera_trial trial;

	assert_true(try("source: 'replay:/nowhere.mp4'", &trial) < 0);
	assert_non_null(strstr(trial.why, "/nowhere.mp4"));
	assert_int_equal(trial.bytes, 0);
}

static void one_that_another_program_has_says_so(void **state)
{
	struct camera_trial trial;

	assert_int_equal(try("source: pattern, pattern: {fault: 'busy@0+9'}", &trial), -EBUSY);
	assert_true(trial.why[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_picture_is_taken),
		cmocka_unit_test(a_camera_that_is_not_there_says_so),
		cmocka_unit_test(one_that_another_program_has_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
