#include "record/name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WALL_US INT64_C(1795443890123456) /* 2026-11-23 14:24:50.123456 UTC */

static void test_a_name_tells_camera_and_local_time(void **state)
{
	struct name_parts parts;
	char file[RECORDER_FILE_SIZE], part[RECORDER_FILE_SIZE], back[RECORDER_FILE_SIZE];

	name_format(file, "cam0", WALL_US, 1);
	assert_string_equal(file, "cam0/2026/11/23/cam0_20261123_142450.mp4");
	assert_int_equal(name_parse(file, &parts), 0);
	assert_string_equal(parts.camera, "cam0");
	assert_int_equal(parts.started_wall_us, WALL_US - 123456);
	assert_false(parts.part);
	assert_string_equal(name_stamp(file, "cam0"), "20261123_142450.mp4");

	name_to_part(part, file);
	assert_string_equal(part, "cam0/2026/11/23/cam0_20261123_142450.part.mp4");
	assert_int_equal(name_parse(part, &parts), 0);
	assert_true(parts.part);
	name_from_part(back, part);
	assert_string_equal(back, file);
}

static void test_copies_are_numbered(void **state)
{
	struct name_parts parts;
	char file[RECORDER_FILE_SIZE];

	name_format(file, "cam0", WALL_US, 2);
	assert_string_equal(file, "cam0/2026/11/23/cam0_20261123_142450_2.mp4");
	assert_int_equal(name_parse(file, &parts), 0);
	name_format(file, "cam0", WALL_US, NAME_MAX_COPIES);
	assert_string_equal(file, "cam0/2026/11/23/cam0_20261123_142450_999.mp4");
	assert_int_equal(name_parse(file, &parts), 0);
}

static void test_the_longest_camera_id_fits(void **state)
{
	struct name_parts parts;
	char file[RECORDER_FILE_SIZE], part[RECORDER_FILE_SIZE];
	char camera[ID_SIZE];

	memset(camera, 'x', ID_SIZE - 1);
	camera[ID_SIZE - 1] = '\0';
	name_format(file, camera, WALL_US, NAME_MAX_COPIES);
	name_to_part(part, file);
	assert_int_equal(name_parse(part, &parts), 0);
	assert_string_equal(parts.camera, camera);
}

static void test_other_names_are_refused(void **state)
{
	static const char *const others[] = {
		"",
		"cam0",
		"cam0/2026/11/23/",
		"cam0/2026/11/23/notes.txt",
		"cam0/2026/11/23/cam0_20261123_142450.mp4.tmp",
		"cam0/2026/11/23/cam0_20261123_142450.avi",
		"cam0/2026/11/23/cam0_20261123_142450_.mp4",
		"cam0/2026/11/23/cam0_20261123_142450_1000.mp4",
		"cam0/2026/11/23/cam0_20261123_14245.mp4",
		"cam0/2026/11/23/cam0_2026112a_142450.mp4",
		"cam0/2026/11/23/cam0_20261323_142450.mp4",
		"cam0/2026/11/23/cam0_20261123_252450.mp4",
		"cam0/2026/11/23/cam1_20261123_142450.mp4",
		"cam0/2026/11/24/cam0_20261123_142450.mp4",
		"Cam0/2026/11/23/Cam0_20261123_142450.mp4",
		"../2026/11/23/.._20261123_142450.mp4",
		"/cam0/2026/11/23/cam0_20261123_142450.mp4",
		"cam0//2026/11/23/cam0_20261123_142450.mp4",
	};
	struct name_parts parts = {.started_wall_us = 7};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (name_parse(others[i], &parts) != -EINVAL)
			fail_msg("\"%s\" was taken", others[i]);
	assert_int_equal(parts.started_wall_us, 7);
}

static void test_too_long_paths_are_refused(void **state)
{
	char path[PATH_MAX] = "untouched";
	char folder[PATH_MAX];

	memset(folder, 'f', sizeof(folder));
	folder[PATH_MAX - 2] = '\0'; /* with "/x" and NUL one too many */
	assert_int_equal(name_join(path, folder, "x"), -ENAMETOOLONG);
	assert_string_equal(path, "untouched");
	folder[PATH_MAX - 3] = '\0';
	assert_int_equal(name_join(path, folder, "xx"), -ENAMETOOLONG);
	assert_int_equal(name_join(path, folder, "x"), 0);
	assert_int_equal(strlen(path), PATH_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_name_tells_camera_and_local_time),
		cmocka_unit_test(test_copies_are_numbered),
		cmocka_unit_test(test_the_longest_camera_id_fits),
		cmocka_unit_test(test_other_names_are_refused),
		cmocka_unit_test(test_too_long_paths_are_refused),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
