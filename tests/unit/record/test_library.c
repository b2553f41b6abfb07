#include "record/library.h"

#include "library_rig.h"

static void test_recordings_are_found_newest_first(void **state)
{
	struct rig *rig = *state;
	struct library_item items[MAX_ITEMS];
	char file[RECORDER_FILE_SIZE];

	for (int second = 0; second < 3; second++) {
		name_at(file, "cam0", second);
		write_recording(rig, file, 10 + second);
	}
	run_library(rig);
	assert_int_equal(list(rig, items), 3);
	for (int i = 0; i < 3; i++) {
		name_at(file, "cam0", 2 - i);
		assert_string_equal(items[i].file, file);
		assert_string_equal(items[i].camera, "cam0");
		assert_int_equal(items[i].started_wall_us, FIRST_WALL_US + (2 - i) * USEC_PER_SEC);
		assert_int_equal(items[i].frames, 12 - i);
		assert_int_equal(items[i].format, CONFIG_MJPEG);
		assert_true(items[i].bytes > 0 && items[i].duration_s > 0.3);
		assert_false(items[i].recovered);
	}
}

static void test_lists_can_be_taken_in_pages(void **state)
{
	struct rig *rig = *state;
	struct library_item items[2];
	struct library_item item = {0};

	for (int second = 0; second < 5; second++) {
		str_copy(item.camera, sizeof(item.camera), second % 2 ? "odd" : "even");
		name_at(item.file, item.camera, second);
		item.frames = (uint64_t)second;
		library_add(rig->library, &item);
	}
	assert_int_equal(library_list(rig->library, NULL, 3, items, 2), 5);
	assert_int_equal(items[0].frames, 1);
	assert_int_equal(items[1].frames, 0);
	assert_int_equal(library_list(rig->library, OF("even"), 1, items, 2), 3);
	assert_int_equal(items[0].frames, 2);
	assert_int_equal(library_list(rig->library, OF("odd"), 5, items, 2), 2);
	assert_int_equal(library_list(rig->library, OF("none"), 0, items, 2), 0);
	assert_int_equal(library_list(rig->library, NULL, 0, NULL, 0), 5);
}

/* 2:30 of summer time, then 2:10 of winter time. */
static void test_newest_first_holds_when_clocks_go_back(void **state)
{
	struct rig *rig = *state;
	struct library_item items[2], item = {.camera = "cam0", .started_wall_us = FIRST_WALL_US};

	str_copy(item.file, sizeof(item.file), "cam0/2026/10/25/cam0_20261025_023000.mp4");
	library_add(rig->library, &item);
	item.started_wall_us += 40 * 60 * USEC_PER_SEC;
	str_copy(item.file, sizeof(item.file), "cam0/2026/10/25/cam0_20261025_021000.mp4");
	library_add(rig->library, &item);
	assert_int_equal(library_list(rig->library, NULL, 0, items, 2), 2);
	assert_string_equal(items[0].file, item.file);
}

static void test_names_of_others_are_not_listed(void **state)
{
	struct rig *rig = *state;
	struct library_item item = {.camera = "cam0", .file = "../../etc/passwd"};

	library_add(rig->library, &item);
	str_copy(item.camera, sizeof(item.camera), "cam1");
	name_at(item.file, "cam0", 0);
	library_add(rig->library, &item);
	assert_int_equal(library_list(rig->library, NULL, 0, NULL, 0), 0);
}

static void test_files_of_others_are_left_alone(void **state)
{
	static const char *const others[] = {
		"notes.txt",
		"lost+found/x",
		"cam0/2026/11/23/notes.txt",
		"cam0/2026/11/23/deeper/cam0_20261123_142450.mp4",
		"cam0/2026/11/23/cam1_20261123_142450.part.mp4",
		"cam0/cam0_20261123_142450.mp4",
	};
	struct rig *rig = *state;
	struct library_item items[MAX_ITEMS];
	char target[PATH_MAX], link[PATH_MAX];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		write_file(rig, others[i], "mine");
	path_of(rig, "notes.txt", target);
	path_of(rig, "cam0/2026/11/23/cam0_20261123_142450.mp4", link);
	assert_int_equal(symlink(target, link), 0);

	run_library(rig);
	assert_int_equal(list(rig, items), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_true(exists(rig, others[i]));
}

static void test_a_cut_part_becomes_whole(void **state)
{
	struct rig *rig = *state;
	char file[RECORDER_FILE_SIZE], part[RECORDER_FILE_SIZE];
	struct library_item items[MAX_ITEMS];
	int64_t pts_us[RIG_MAX_FRAMES];

	name_at(file, "cam0", 0);
	name_to_part(part, file);
	write_cut_part(rig, part, 50); /* 2 s */
	run_library(rig);

	assert_int_equal(rig->recovered_count, 1);
	assert_int_equal(list(rig, items), 1);
	assert_memory_equal(&items[0], &rig->recovered[0], sizeof(items[0]));
	assert_string_equal(items[0].file, file);
	assert_true(items[0].recovered);
	assert_string_equal(items[0].label, "Parcel");
	assert_in_range(items[0].frames, 36, 50); /* at most a fragment and a frame are missing */
	assert_int_equal(rig_read_pts(rig->folder, file, pts_us), items[0].frames);
	assert_false(exists(rig, part));
}

static void test_parts_are_recovered_in_the_order_of_time(void **state)
{
	struct rig *rig = *state;
	char file[RECORDER_FILE_SIZE], part[RECORDER_FILE_SIZE];

	for (int second = 2; second >= 0; second--) {
		name_at(file, second == 1 ? "cam1" : "cam0", second);
		name_to_part(part, file);
		write_cut_part(rig, part, 30);
	}
	run_library(rig);
	assert_int_equal(rig->recovered_count, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(rig->recovered[i].started_wall_us,
		                 FIRST_WALL_US + i * USEC_PER_SEC);
}

static void test_a_part_that_is_being_written_is_left_alone(void **state)
{
	struct rig *rig = *state;
	char file[RECORDER_FILE_SIZE], part[RECORDER_FILE_SIZE], path[PATH_MAX];
	struct library_item items[MAX_ITEMS];
	int fd;

	name_at(file, "cam0", 0);
	name_to_part(part, file);
	write_cut_part(rig, part, 30);
	path_of(rig, part, path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(part_lock(fd), 0);

	run_library(rig);
	assert_int_equal(rig->recovered_count, 0);
	assert_int_equal(list(rig, items), 0);
	assert_true(exists(rig, part));
	assert_false(exists(rig, file));
	close(fd);
}

static void test_an_empty_part_is_removed(void **state)
{
	struct rig *rig = *state;
	char file[RECORDER_FILE_SIZE], part[RECORDER_FILE_SIZE];
	struct library_item items[MAX_ITEMS];

	name_at(file, "cam0", 0);
	name_to_part(part, file);
	write_cut_part(rig, part, 1); /* only the header is on the disk */
	run_library(rig);
	assert_int_equal(list(rig, items), 0);
	assert_false(exists(rig, part));
	assert_false(exists(rig, file));
}

static void test_a_damaged_part_is_kept_and_listed(void **state)
{
	static const uint8_t zeros[4096];
	struct rig *rig = *state;
	char file[RECORDER_FILE_SIZE], part[RECORDER_FILE_SIZE], path[PATH_MAX];
	struct library_item items[MAX_ITEMS];
	int fd;

	name_at(file, "cam0", 0);
	name_to_part(part, file);
	write_cut_part(rig, part, 50);
	path_of(rig, part, path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, zeros, sizeof(zeros), 0), sizeof(zeros));
	close(fd);
	run_library(rig);
	assert_int_equal(rig->recovered_count, 0);
	assert_int_equal(list(rig, items), 1);
	assert_string_equal(items[0].file, part);
	assert_true(items[0].bytes > sizeof(zeros));
	assert_true(exists(rig, part));
	assert_false(exists(rig, file));
}

/* A folder stands where the whole file's temporary would be written. */
static void test_a_part_that_cannot_be_finished_is_listed(void **state)
{
	struct rig *rig = *state;
	char file[RECORDER_FILE_SIZE], part[RECORDER_FILE_SIZE], blocker[PATH_MAX];
	struct library_item items[MAX_ITEMS];

	name_at(file, "cam0", 0);
	name_to_part(part, file);
	write_cut_part(rig, part, 50);
	snprintf(blocker, sizeof(blocker), "%s.tmp/x", part);
	write_file(rig, blocker, "in the way");
	run_library(rig);
	assert_int_equal(rig->recovered_count, 0);
	assert_int_equal(list(rig, items), 1);
	assert_string_equal(items[0].file, part);
	assert_false(items[0].recovered);
	assert_in_range(items[0].frames, 36, 50);
	assert_true(exists(rig, part));
}

/* A crash between the rename of the whole file and the removal of its part. */
static void test_a_part_beside_its_whole_file_is_removed(void **state)
{
	struct rig *rig = *state;
	char file[RECORDER_FILE_SIZE], part[RECORDER_FILE_SIZE];
	struct library_item items[MAX_ITEMS];

	name_at(file, "cam0", 0);
	name_to_part(part, file);
	write_recording(rig, file, 20);
	write_cut_part(rig, part, 15);
	run_library(rig);
	assert_int_equal(list(rig, items), 1);
	assert_string_equal(items[0].file, file);
	assert_int_equal(items[0].frames, 20);
	assert_false(exists(rig, part));
}

static void test_a_part_beside_another_recording_gets_a_name_of_its_own(void **state)
{
	struct rig *rig = *state;
	char file[RECORDER_FILE_SIZE], part[RECORDER_FILE_SIZE], copy[RECORDER_FILE_SIZE];
	struct library_item items[MAX_ITEMS], item;

	name_at(file, "cam0", 0);
	name_to_part(part, file);
	name_format(copy, "cam0", FIRST_WALL_US, 2);
	write_recording(rig, file, 5);
	write_cut_part(rig, part, 50);
	run_library(rig);
	assert_int_equal(list(rig, items), 2);
	assert_int_equal(library_find(rig->library, file, &item), 0);
	assert_int_equal(item.frames, 5);
	assert_int_equal(library_find(rig->library, copy, &item), 0);
	assert_in_range(item.frames, 36, 50);
	assert_true(item.recovered);
	assert_false(exists(rig, part));
}

static void test_a_damaged_file_is_made_again_from_its_part(void **state)
{
	struct rig *rig = *state;
	char file[RECORDER_FILE_SIZE], part[RECORDER_FILE_SIZE];
	struct library_item items[MAX_ITEMS];
	int64_t pts_us[RIG_MAX_FRAMES];

	name_at(file, "cam0", 0);
	name_to_part(part, file);
	write_file(rig, file, "");
	write_cut_part(rig, part, 50);
	run_library(rig);
	assert_int_equal(list(rig, items), 1);
	assert_string_equal(items[0].file, file);
	assert_in_range(items[0].frames, 36, 50);
	assert_int_equal(rig_read_pts(rig->folder, file, pts_us), items[0].frames);
	assert_false(exists(rig, part));
}

static void test_a_missing_folder_is_an_empty_library(void **state)
{
	char folder[] = "/nowhere/at/all/";
	const struct config_record config = {.dir = folder};
	struct library *library = library_new(&(struct library_options){.config = &config});

	assert_int_equal(library_start(library), 0);
	library_stop(library, RIG_DEADLINE_US);
	assert_int_equal(library_list(library, NULL, 0, NULL, 0), 0);
	library_free(library);
}

static void test_listed_files_can_be_opened(void **state)
{
	struct rig *rig = *state;
	struct library_item item = {.camera = "cam0", .frames = 7}, opened = {0};
	char data[8] = "";
	int fd;

	name_at(item.file, "cam0", 0);
	write_file(rig, item.file, "content");
	assert_int_equal(library_open_file(rig->library, item.file, &opened), -ENOENT);
	library_add(rig->library, &item);
	fd = library_open_file(rig->library, item.file, &opened);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, data, sizeof(data)), 7);
	assert_string_equal(data, "content");
	assert_int_equal(opened.bytes, 7);
	assert_int_equal(opened.frames, 7);
	close(fd);
}

static void test_nothing_else_can_be_opened(void **state)
{
	struct rig *rig = *state;
	struct library_item item = {.camera = "cam0"}, opened = {.frames = 9};
	char path[PATH_MAX];

	name_at(item.file, "cam0", 0);
	library_add(rig->library, &item);
	path_of(rig, item.file, path);
	assert_int_equal(symlink("/etc/hostname", path), 0);
	assert_true(library_open_file(rig->library, item.file, &opened) < 0);
	assert_int_equal(library_open_file(rig->library, "../../etc/hostname", &opened), -ENOENT);
	assert_int_equal(library_open_file(rig->library, "", &opened), -ENOENT);
	assert_int_equal(opened.frames, 9);
}

static void ignore(void *user, const struct library_change *change, int error,
                   const struct library_item *item)
{
}

/* Somebody wants to delete more than can wait, and the library is looked after meanwhile. */
static void fill_queue(struct rig *rig)
{
	struct library_change change = {.action = LIBRARY_DELETE, .done = ignore};

	name_at(change.file, "cam9", 0);
	for (int i = 0; i < 256; i++)
		assert_int_equal(library_change(rig->library, &change), 0);
	assert_int_equal(library_change(rig->library, &change), -ENOSPC);
	library_tick(rig->library);
}

static void test_changes_that_wait_keep_nothing_from_being_done(void **state)
{
	struct rig *rig = *state;
	struct library_item items[MAX_ITEMS];
	char file[RECORDER_FILE_SIZE], part[RECORDER_FILE_SIZE];
	int64_t deadline_us = clock_mono_us() + RIG_DEADLINE_US;

	for (int i = 0; i < 3; i++) {
		name_at(file, "cam0", i);
		name_to_part(part, file);
		write_cut_part(rig, part, 30);
	}
	rig->while_busy = fill_queue;
	assert_int_equal(library_start(rig->library), 0);
	while (list(rig, items) < 3 && clock_mono_us() < deadline_us)
		poll(NULL, 0, 1);
	assert_int_equal(list(rig, items), 3);
	rig->config.max_gb = 1e-9;
	while (list(rig, items) > 0 && clock_mono_us() < deadline_us) {
		library_tick(rig->library);
		poll(NULL, 0, 1);
	}
	assert_int_equal(list(rig, items), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_recordings_are_found_newest_first),
		RIGGED(test_lists_can_be_taken_in_pages),
		RIGGED(test_newest_first_holds_when_clocks_go_back),
		RIGGED(test_names_of_others_are_not_listed),
		RIGGED(test_files_of_others_are_left_alone),
		RIGGED(test_a_cut_part_becomes_whole),
		RIGGED(test_parts_are_recovered_in_the_order_of_time),
		RIGGED(test_changes_that_wait_keep_nothing_from_being_done),
		RIGGED(test_a_part_that_is_being_written_is_left_alone),
		RIGGED(test_an_empty_part_is_removed),
		RIGGED(test_a_damaged_part_is_kept_and_listed),
		RIGGED(test_a_part_that_cannot_be_finished_is_listed),
		RIGGED(test_a_part_beside_its_whole_file_is_removed),
		RIGGED(test_a_part_beside_another_recording_gets_a_name_of_its_own),
		RIGGED(test_a_damaged_file_is_made_again_from_its_part),
		RIGGED(test_a_missing_folder_is_an_empty_library),
		RIGGED(test_listed_files_can_be_opened),
		RIGGED(test_nothing_else_can_be_opened),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
