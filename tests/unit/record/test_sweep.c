/* What others add to and remove from the folder of a library that runs. */
#include "library_rig.h"

#include "record/marks.h"
#include "record/sweep.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* As if it had been written a minute ago: nobody may still be writing it. */
static void settle(struct rig *rig, const char *file)
{
	char path[PATH_MAX];
	struct timespec times[2];

	path_of(rig, file, path);
	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= 60;
	times[1] = times[0];
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void bring(struct rig *rig, const char *file, int frames)
{
	write_recording(rig, file, frames);
	settle(rig, file);
}

static void take(struct rig *rig, const char *file)
{
	char path[PATH_MAX];

	path_of(rig, file, path);
	assert_int_equal(unlink(path), 0);
}

/* Ticks until so many are listed, all of them known, and `file` has its frames. */
static void wait_listed(struct rig *rig, size_t count, const char *file, uint64_t frames)
{
	int64_t deadline_us = clock_mono_us() + RIG_DEADLINE_US;
	struct library_item item = {0}, items[MAX_ITEMS];

	for (;;) {
		library_tick(rig->library);
		bool is_found = library_find(rig->library, file, &item) == 0;

		if (list(rig, items) == count && is_found == (frames > 0) &&
		    (!is_found || item.frames == frames))
			return;
		assert_true(clock_mono_us() < deadline_us);
		poll(NULL, 0, 5);
	}
}

static void wait_none(struct rig *rig, const char *camera)
{
	int64_t deadline_us = clock_mono_us() + RIG_DEADLINE_US;
	struct library_item item;

	while (library_list(rig->library, OF(camera), 0, &item, 1) > 0) {
		library_tick(rig->library);
		assert_true(clock_mono_us() < deadline_us);
		poll(NULL, 0, 5);
	}
}

static void test_files_come_and_go(void **state)
{
	struct rig *rig = *state;
	char first[RECORDER_FILE_SIZE], second[RECORDER_FILE_SIZE], other_day[RECORDER_FILE_SIZE];
	char expected[RECORDER_FILE_SIZE + 16];

	name_at(first, "cam0", 0);
	name_at(second, "cam0", 5);
	name_at(other_day, "cam0", 40 * 24 * 3600);
	bring(rig, first, 3);
	assert_int_equal(library_start(rig->library), 0);
	wait_listed(rig, 1, first, 3);
	bring(rig, second, 4);
	wait_listed(rig, 2, second, 4);
	bring(rig, other_day, 5);
	wait_listed(rig, 3, other_day, 5);
	take(rig, first);
	wait_listed(rig, 2, first, 0);
	take(rig, other_day);
	wait_listed(rig, 1, other_day, 0);
	library_stop(rig->library, RIG_DEADLINE_US);
	assert_int_equal(rig->deleted_count, 2);
	snprintf(expected, sizeof(expected), "%s missing", first);
	assert_string_equal(rig->deleted[0], expected);
	assert_false(exists(rig, ".recordings.json"));
}

/* Whoever sees it first: somebody who opens it, or the library, which wants to know what it holds.
 */
static void test_one_that_is_gone_is_told_of_once(void **state)
{
	struct rig *rig = *state;
	struct library_item unknown = {.camera = "cam0"}, opened;
	char file[RECORDER_FILE_SIZE], expected[RECORDER_FILE_SIZE + 16];

	name_at(file, "cam0", 0);
	bring(rig, file, 3);
	assert_int_equal(library_start(rig->library), 0);
	wait_listed(rig, 1, file, 3);
	take(rig, file);
	assert_int_equal(library_open_file(rig->library, file, &opened), -ENOENT);
	wait_none(rig, "cam0");
	name_at(unknown.file, "cam0", 5);
	library_add(rig->library, &unknown);
	wait_none(rig, "cam0");
	library_stop(rig->library, RIG_DEADLINE_US);
	assert_int_equal(rig->deleted_count, 2);
	snprintf(expected, sizeof(expected), "%s missing", file);
	assert_string_equal(rig->deleted[0], expected);
	snprintf(expected, sizeof(expected), "%s missing", unknown.file);
	assert_string_equal(rig->deleted[1], expected);
}

static void test_another_file_in_its_place_is_read_anew(void **state)
{
	struct rig *rig = *state;
	struct library_item item;
	char file[RECORDER_FILE_SIZE];

	name_at(file, "cam0", 0);
	bring(rig, file, 3);
	assert_int_equal(library_start(rig->library), 0);
	wait_listed(rig, 1, file, 3);
	bring(rig, file, 9);
	wait_listed(rig, 1, file, 9);
	library_stop(rig->library, RIG_DEADLINE_US);
	assert_int_equal(library_find(rig->library, file, &item), 0);
	assert_string_equal(item.label, "Parcel");
	assert_int_equal(rig->deleted_count, 0);
}

static void test_what_is_still_being_written_waits(void **state)
{
	struct rig *rig = *state;
	struct library_item items[MAX_ITEMS];
	char first[RECORDER_FILE_SIZE], fresh[RECORDER_FILE_SIZE], settled[RECORDER_FILE_SIZE];

	name_at(first, "cam0", 0);
	name_at(fresh, "cam0", 5);
	name_at(settled, "cam0", 9);
	bring(rig, first, 3);
	assert_int_equal(library_start(rig->library), 0);
	wait_listed(rig, 1, first, 3);
	write_recording(rig, fresh, 4);
	settle(rig, fresh);
	wait_listed(rig, 2, fresh, 4);
	write_file(rig, settled, "half a file");
	for (int i = 0; i < 20; i++)
		library_tick(rig->library);
	assert_int_equal(list(rig, items), 2);
	settle(rig, settled); /* it changes no folder: the mark has to know */
	wait_listed(rig, 3, first, 3);
	library_stop(rig->library, RIG_DEADLINE_US);
}

static void test_a_whole_tree_goes(void **state)
{
	struct rig *rig = *state;
	char kept[RECORDER_FILE_SIZE], file[RECORDER_FILE_SIZE], command[PATH_MAX + 32];

	name_at(kept, "cam0", 0);
	bring(rig, kept, 3);
	for (int i = 0; i < 5; i++) {
		name_at(file, "cam1", i * 24 * 3600);
		bring(rig, file, 2);
	}
	assert_int_equal(library_start(rig->library), 0);
	for (int i = 0; i < 5; i++) {
		name_at(file, "cam1", i * 24 * 3600);
		wait_listed(rig, 1, file, 2);
	}
	/* The library may be writing its notes there. */
	snprintf(command, sizeof(command), "while ! rm -rf %s/cam1; do :; done", rig->folder);
	assert_int_equal(system(command), 0);
	wait_none(rig, "cam1");
	library_stop(rig->library, RIG_DEADLINE_US);
	assert_int_equal(rig->deleted_count, 5);
}

static void test_marks_have_a_limit(void **state)
{
	struct marks marks = {0};
	struct stat st = {0};
	char folder[MARKS_PATH_SIZE];

	for (int i = 0; i < MARKS_MAX + 10; i++) {
		snprintf(folder, sizeof(folder), "c%d/2026", i);
		marks_add(&marks, folder, &st);
	}
	assert_int_equal(marks.count, MARKS_MAX);
	marks_add(&marks,
	          "a/far/too/long/path/that/no/camera/has/a/far/too/long/path/that/no/camera", &st);
	assert_int_equal(marks.count, MARKS_MAX);
	marks_finish(&marks);
}

static void test_below_is_by_whole_names(void **state)
{
	assert_true(marks_is_below("cam0/2026", ""));
	assert_true(marks_is_below("cam0", "cam0"));
	assert_true(marks_is_below("cam0/2026/11", "cam0/2026"));
	assert_false(marks_is_below("cam01/2026", "cam0"));
	assert_false(marks_is_below("cam0", "cam0/2026"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_files_come_and_go),
		RIGGED(test_one_that_is_gone_is_told_of_once),
		RIGGED(test_another_file_in_its_place_is_read_anew),
		RIGGED(test_what_is_still_being_written_waits),
		RIGGED(test_a_whole_tree_goes),
		cmocka_unit_test(test_marks_have_a_limit),
		cmocka_unit_test(test_below_is_by_whole_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
