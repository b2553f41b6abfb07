#include "record/librarian.h"

#include "library_rig.h"
#include "record/notes.h"

#include <signal.h>
#include <sys/resource.h>

#define DAY "cam0/2026/11/23/"

/* What a change has come to. */
struct outcome {
	pthread_mutex_t mutex;
	bool done; /* guarded by mutex */
	int error;
	struct library_item item;
};

static void on_done(void *user, const struct library_change *change, int error,
                    const struct library_item *item)
{
	struct outcome *outcome = user;

	pthread_mutex_lock(&outcome->mutex);
	outcome->error = error;
	outcome->item = *item;
	outcome->done = true;
	pthread_mutex_unlock(&outcome->mutex);
}

static bool is_done(struct outcome *outcome)
{
	bool done;

	pthread_mutex_lock(&outcome->mutex);
	done = outcome->done;
	pthread_mutex_unlock(&outcome->mutex);
	return done;
}

static struct outcome change(struct rig *rig, enum library_action action, const char *file,
                             const char *label)
{
	struct outcome outcome = {.mutex = PTHREAD_MUTEX_INITIALIZER};
	struct library_change change = {.action = action, .done = on_done, .user = &outcome};
	int64_t deadline_us = clock_mono_us() + RIG_DEADLINE_US;

	str_copy(change.file, sizeof(change.file), file);
	str_copy(change.label, sizeof(change.label), label);
	assert_int_equal(library_change(rig->library, &change), 0);
	while (!is_done(&outcome) && clock_mono_us() < deadline_us)
		poll(NULL, 0, 1);
	assert_true(outcome.done);
	return outcome;
}

static void start_again(struct rig *rig)
{
	library_free(rig->library);
	rig->library = new_library(rig);
	assert_int_equal(library_start(rig->library), 0);
}

static void make(struct rig *rig, int second, char ret_file[static RECORDER_FILE_SIZE])
{
	name_at(ret_file, "cam0", second);
	write_recording(rig, ret_file, 20);
}

static void test_labels_and_protection_survive_a_rebuild(void **state)
{
	struct rig *rig = *state;
	struct library_item item = {0};
	char file[RECORDER_FILE_SIZE];

	make(rig, 0, file);
	assert_int_equal(library_start(rig->library), 0);
	assert_int_equal(change(rig, LIBRARY_LABEL, file, "Front door \"at night\"").error, 0);
	assert_true(change(rig, LIBRARY_PROTECT, file, "").item.protected);
	start_again(rig);
	assert_int_equal(change(rig, LIBRARY_DELETE, file, "").error, -EPERM);
	assert_int_equal(library_find(rig->library, file, &item), 0);
	assert_string_equal(item.label, "Front door \"at night\"");
	assert_true(item.protected && item.known);
	assert_int_equal(item.frames, 20);
	assert_int_equal(item.width, 64);
}

/* 0.66667, not 0.66666700000000001. */
static void test_numbers_of_notes_are_short(void **state)
{
	struct rig *rig = *state;
	char file[RECORDER_FILE_SIZE], path[PATH_MAX];
	_cleanup_free_ char *text = NULL;
	size_t length;

	make(rig, 0, file);
	assert_int_equal(library_start(rig->library), 0);
	assert_int_equal(change(rig, LIBRARY_LABEL, file, "x").error, 0);
	path_of(rig, DAY NOTES_FILE, path);
	assert_int_equal(file_read(path, 1 << 16, &text, &length), 0);
	const char *number = strstr(text, "\"duration_s\": ");
	assert_non_null(number);
	assert_true(strcspn(number + strlen("\"duration_s\": "), ",\n") <=
	            strlen("0.123456789012"));
}

/* No file can grow from now on: as on a full disk. */
static void set_full(bool full)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = full ? 0 : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_what_the_disk_does_not_keep_is_refused(void **state)
{
	struct rig *rig = *state;
	struct library_item item = {0};
	struct outcome protect, label;
	char file[RECORDER_FILE_SIZE];

	make(rig, 0, file);
	assert_int_equal(library_start(rig->library), 0);
	assert_int_equal(change(rig, LIBRARY_LABEL, file, "old").error, 0);
	set_full(true);
	protect = change(rig, LIBRARY_PROTECT, file, "");
	label = change(rig, LIBRARY_LABEL, file, "new");
	set_full(false);
	assert_int_equal(protect.error, -EFBIG);
	assert_int_equal(label.error, -EFBIG);
	assert_int_equal(library_find(rig->library, file, &item), 0);
	assert_false(item.protected);
	assert_string_equal(item.label, "old");
	start_again(rig);
	assert_string_equal(change(rig, LIBRARY_PROTECT, file, "").item.label, "old");
}

static void test_damaged_notes_are_put_aside(void **state)
{
	struct rig *rig = *state;
	char file[RECORDER_FILE_SIZE];

	make(rig, 0, file);
	write_file(rig, DAY NOTES_FILE, "{\"cam0_2026");
	assert_int_equal(library_start(rig->library), 0);
	assert_int_equal(change(rig, LIBRARY_LABEL, file, "x").error, 0);
	assert_true(exists(rig, DAY NOTES_FILE));
	assert_true(exists(rig, DAY NOTES_FILE ".damaged"));
}

/* A folder in the notes' place cannot be read, as a disk with errors. */
static void test_notes_that_cannot_be_read_stay_and_protect(void **state)
{
	struct rig *rig = *state;
	char file[RECORDER_FILE_SIZE], other[RECORDER_FILE_SIZE];
	char notes[PATH_MAX], aside[PATH_MAX];

	make(rig, 0, file);
	make(rig, 1, other);
	assert_int_equal(library_start(rig->library), 0);
	assert_int_equal(change(rig, LIBRARY_PROTECT, file, "").error, 0);
	library_stop(rig->library, RIG_DEADLINE_US);
	path_of(rig, DAY NOTES_FILE, notes);
	path_of(rig, DAY "aside", aside);
	assert_int_equal(rename(notes, aside), 0);
	assert_int_equal(mkdir(notes, 0755), 0);

	rig->config.max_gb = 1e-9;
	start_again(rig);
	assert_int_equal(change(rig, LIBRARY_DELETE, file, "").error, -EISDIR);
	library_tick(rig->library);
	assert_int_equal(change(rig, LIBRARY_LABEL, file, "x").error, -EISDIR);
	assert_true(exists(rig, file) && exists(rig, other));

	assert_int_equal(rmdir(notes), 0);
	assert_int_equal(rename(aside, notes), 0);
	assert_int_equal(change(rig, LIBRARY_DELETE, file, "").error, -EPERM);
	library_tick(rig->library);
	assert_int_equal(change(rig, LIBRARY_LABEL, file, "x").error, 0);
	assert_true(exists(rig, file));
	assert_false(exists(rig, other));
}

static void test_what_is_deleted_is_gone_with_its_notes(void **state)
{
	struct rig *rig = *state;
	char file[RECORDER_FILE_SIZE];

	make(rig, 0, file);
	assert_int_equal(library_start(rig->library), 0);
	assert_int_equal(change(rig, LIBRARY_LABEL, file, "x").error, 0);
	assert_true(exists(rig, "cam0/2026/11/23/" NOTES_FILE));
	assert_int_equal(change(rig, LIBRARY_DELETE, file, "").error, 0);
	assert_false(exists(rig, file));
	assert_false(exists(rig, "cam0/2026/11/23/" NOTES_FILE));
	assert_int_equal(change(rig, LIBRARY_DELETE, file, "").error, -ENOENT);
	assert_int_equal(change(rig, LIBRARY_DELETE, "../../etc/passwd", "").error, -ENOENT);
}

static void test_what_is_being_written_stays(void **state)
{
	struct rig *rig = *state;
	char file[RECORDER_FILE_SIZE], part[RECORDER_FILE_SIZE], path[PATH_MAX];
	int fd;

	name_at(file, "cam0", 0);
	name_to_part(part, file);
	write_cut_part(rig, part, 30);
	path_of(rig, part, path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(part_lock(fd), 0);
	assert_int_equal(library_start(rig->library), 0);
	assert_int_equal(change(rig, LIBRARY_DELETE, file, "").error, -EBUSY);
	assert_int_equal(change(rig, LIBRARY_DELETE, part, "").error, -EBUSY);
	assert_true(exists(rig, part));
	close(fd);
}

static void test_a_damaged_file_is_listed_and_kept(void **state)
{
	struct rig *rig = *state;
	struct library_item item = {0};
	char file[RECORDER_FILE_SIZE];

	name_at(file, "cam0", 0);
	write_file(rig, file, "this is no video");
	rig->config.max_gb = 1e-9;
	assert_int_equal(library_start(rig->library), 0);
	change(rig, LIBRARY_LABEL, file, "broken");
	library_tick(rig->library);
	change(rig, LIBRARY_LABEL, file, "broken");
	assert_int_equal(library_find(rig->library, file, &item), 0);
	assert_true(item.damaged);
	assert_true(exists(rig, file));
}

static void test_the_oldest_goes_when_all_are_too_large(void **state)
{
	struct rig *rig = *state;
	char files[3][RECORDER_FILE_SIZE], expected[RECORDER_FILE_SIZE + 16];

	for (int i = 0; i < 3; i++)
		make(rig, i, files[i]);
	assert_int_equal(library_start(rig->library), 0);
	change(rig, LIBRARY_PROTECT, files[0], "");
	rig->config.max_gb = 1e-9;
	library_tick(rig->library);
	change(rig, LIBRARY_LABEL, files[0], "still here"); /* after the limits were applied */
	assert_true(exists(rig, files[0]));
	assert_false(exists(rig, files[1]));
	assert_false(exists(rig, files[2]));
	assert_int_equal(rig->deleted_count, 2);
	snprintf(expected, sizeof(expected), "%s size", files[1]);
	assert_string_equal(rig->deleted[0], expected);
}

/* A folder in its place cannot be unlinked, as an immutable file. */
static void test_one_that_cannot_be_deleted_does_not_keep_the_others(void **state)
{
	struct rig *rig = *state;
	char files[2][RECORDER_FILE_SIZE], path[PATH_MAX];

	for (int i = 0; i < 2; i++)
		make(rig, i, files[i]);
	assert_int_equal(library_start(rig->library), 0);
	change(rig, LIBRARY_LABEL, files[0], "first");
	path_of(rig, files[0], path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	rig->config.max_gb = 1e-9;
	library_tick(rig->library);
	change(rig, LIBRARY_LABEL, files[0], "after the limits");
	assert_true(exists(rig, files[0]));
	assert_false(exists(rig, files[1]));
	assert_int_equal(rmdir(path), 0);
	write_recording(rig, files[0], 20);
	library_tick(rig->library);
	change(rig, LIBRARY_LABEL, files[0], "after the limits");
	assert_false(exists(rig, files[0]));
}

static void test_a_folder_that_is_exchanged_is_read_again(void **state)
{
	struct rig *rig = *state;
	char file[RECORDER_FILE_SIZE], aside[PATH_MAX];

	make(rig, 0, file);
	assert_int_equal(library_start(rig->library), 0);
	change(rig, LIBRARY_LABEL, file, "x");
	snprintf(aside, sizeof(aside), "%s.aside", rig->folder);
	assert_int_equal(rename(rig->folder, aside), 0);
	library_tick(rig->library);
	assert_int_equal(change(rig, LIBRARY_LABEL, file, "y").error, -ENOENT);
	assert_int_equal(library_list(rig->library, NULL, 0, NULL, 0), 0);
	assert_int_equal(rename(aside, rig->folder), 0);
	library_tick(rig->library);
	assert_string_equal(change(rig, LIBRARY_PROTECT, file, "").item.label, "x");
}

static void test_what_is_gone_is_forgotten_when_looked_through_again(void **state)
{
	struct rig *rig = *state;
	char files[2][RECORDER_FILE_SIZE], path[PATH_MAX];

	for (int i = 0; i < 2; i++)
		make(rig, i, files[i]);
	assert_int_equal(library_start(rig->library), 0);
	change(rig, LIBRARY_LABEL, files[0], "x");
	path_of(rig, files[0], path);
	assert_int_equal(unlink(path), 0);
	library_rescan(rig->library);
	change(rig, LIBRARY_LABEL, files[1], "after the scan");
	assert_int_equal(library_list(rig->library, NULL, 0, NULL, 0), 1);
}

static void test_lists_can_be_filtered(void **state)
{
	struct rig *rig = *state;
	const struct library_filter of_day = {.day = "2026-11-23"},
				    of_other_day = {.day = "2026-11-24"};
	const struct library_filter of_label = {.label = "door"};
	struct library_item item = {.camera = "cam0", .label = "door", .known = true};

	name_at(item.file, "cam0", 0);
	library_add(rig->library, &item);
	assert_int_equal(library_list(rig->library, &of_day, 0, NULL, 0), 1);
	assert_int_equal(library_list(rig->library, &of_other_day, 0, NULL, 0), 0);
	assert_int_equal(library_list(rig->library, &of_label, 0, NULL, 0), 1);
	assert_int_equal(library_list(rig->library, OF("cam1"), 0, NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_labels_and_protection_survive_a_rebuild),
		RIGGED(test_numbers_of_notes_are_short),
		RIGGED(test_what_the_disk_does_not_keep_is_refused),
		RIGGED(test_damaged_notes_are_put_aside),
		RIGGED(test_notes_that_cannot_be_read_stay_and_protect),
		RIGGED(test_what_is_deleted_is_gone_with_its_notes),
		RIGGED(test_what_is_being_written_stays),
		RIGGED(test_a_damaged_file_is_listed_and_kept),
		RIGGED(test_the_oldest_goes_when_all_are_too_large),
		RIGGED(test_one_that_cannot_be_deleted_does_not_keep_the_others),
		RIGGED(test_a_folder_that_is_exchanged_is_read_again),
		RIGGED(test_what_is_gone_is_forgotten_when_looked_through_again),
		RIGGED(test_lists_can_be_filtered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
