#include "capture/source.h"

#include <errno.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct config_camera camera_from(const char *source)
{
	return (struct config_camera){
		.id = "cam0",
		.name = "cam0",
		.source = (char *)source,
		.width = 64,
		.height = 48,
		.fps = 25,
		.format = "auto",
		.pattern_fault = "",
	};
}

static void opens_by_name(void **state)
{
	const struct config_camera camera = camera_from("pattern");
	char text[SOURCE_TEXT_SIZE] = "";
	struct source *source = NULL;

	assert_int_equal(source_open(&camera, &source, text), 0);
	assert_string_equal(source->ops->name, "pattern");
	source->ops->close(source);
	source_finish_all();
}

/* Wherever the tests run: with a camera, without, and without libcamera. */
static void opens_something_by_auto(void **state)
{
	const struct config_camera camera = camera_from("auto");
	char text[SOURCE_TEXT_SIZE] = "";
	struct source *source = NULL;
	int r = source_open(&camera, &source, text);

	if (r == 0)
		source->ops->close(source);
	else
		assert_true(text[0] != '\0');
	source_finish_all();
}

static void refuses_unknown_names(void **state)
{
	static const char *const names[] = {"",       "patterns",   "pattern:",
	                                    "replay", "replay:",    "Auto",
	                                    "v4l2:0", "libcamera:", "libcameras"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct config_camera camera = camera_from(names[i]);
		char text[SOURCE_TEXT_SIZE] = "";
		struct source *source = NULL;

		assert_int_equal(source_open(&camera, &source, text), -EINVAL);
		assert_non_null(strstr(text, "replay:<file or URL>"));
		assert_null(source);
	}
}

static void tells_of_a_missing_camera(void **state)
{
	const struct config_camera camera = camera_from("libcamera:no-such-id");
	char text[SOURCE_TEXT_SIZE] = "";
	struct source *source = NULL;
	int r = source_open(&camera, &source, text);

	assert_true(r == -ENODEV || r == -ENOSYS);
	assert_non_null(strstr(text, "libcamera"));
	source_finish_all();
}

static void lists_what_there_is(void **state)
{
	struct buf text;

	buf_init(&text, 65536);
	source_list(&text);
	assert_int_equal(text.error, 0);
	assert_non_null(strstr(text.data, "libcamera"));
	assert_non_null(strstr(text.data, "pattern: "));
	buf_finish(&text);
	source_finish_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_by_name),
		cmocka_unit_test(opens_something_by_auto),
		cmocka_unit_test(refuses_unknown_names),
		cmocka_unit_test(tells_of_a_missing_camera),
		cmocka_unit_test(lists_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
