#include "record/recorder.h"

#include "recorder_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

static void test_the_status_follows(void **state)
{
	struct rig *rig = *state;
	struct recorder_status status = status_of(rig);

	assert_false(status.running || status.active || status.finishing);
	assert_int_equal(recorder_stop(rig->recorder, RECORDER_BY_COMMAND), -ESRCH);
	assert_int_equal(recorder_extend(rig->recorder, 0), -ESRCH);

	start(rig, CONFIG_MJPEG, 0);
	status = status_of(rig);
	assert_true(status.running && !status.active && !status.finishing);
	assert_int_equal(status.started_wall_us, 0);
	assert_true(strncmp(status.id, "cam0-", 5) == 0);

	publish(rig, 0, 1);
	wait_event(rig, RECORDER_STARTED, 0);
	status = status_of(rig);
	assert_true(status.running && status.active && !status.finishing);
	assert_int_equal(status.frames, 1);
	assert_int_equal(status.ends_mono_us, 0);
	assert_true(is_part(status.file));

	stop(rig);
	wait_event(rig, RECORDER_FINISHED, 0);
	status = status_of(rig);
	assert_false(status.running || status.active || status.finishing);
	assert_int_equal(status.frames, 1);
}

static void test_nobody_reads_the_hub_after_the_end(void **state)
{
	struct rig *rig = *state;

	assert_false(hub_wanted(rig->jpeg));
	start(rig, CONFIG_MJPEG, 0);
	assert_true(hub_wanted(rig->jpeg));
	stop(rig);
	wait_event(rig, RECORDER_FINISHED, 0);
	assert_false(hub_wanted(rig->jpeg));
}

static void test_a_second_start_is_refused(void **state)
{
	struct rig *rig = *state;
	const struct recorder_request request = {.format = CONFIG_MJPEG};
	char id[ID_SIZE] = "untouched";

	start(rig, CONFIG_MJPEG, 0);
	assert_int_equal(recorder_start(rig->recorder, &request, id), -EALREADY);
	assert_string_equal(id, "untouched");
}

static void test_it_starts_again_while_a_file_is_being_finished(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;
	struct recorder_status status;

	set_held(rig, true);
	assert_int_equal(worker_submit(rig->finisher, hold, rig), 0);
	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 30);
	stop(rig);
	status = status_of(rig);
	assert_true(!status.running && status.finishing);

	start(rig, CONFIG_MJPEG, 0);
	status = status_of(rig);
	assert_true(status.running && status.finishing);
	publish(rig, 100, 20);
	wait_event(rig, RECORDER_STARTED, 1);
	stop(rig);

	set_held(rig, false);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_file(rig, &event, 30);
	event = wait_event(rig, RECORDER_FINISHED, 1);
	assert_file(rig, &event, 20);
	assert_false(status_of(rig).finishing);
}

static void test_too_many_starts_are_refused(void **state)
{
	struct rig *rig = *state;
	const struct recorder_request request = {.format = CONFIG_MJPEG};
	char id[ID_SIZE];
	int started = 0;
	int r;

	rig->hold_start = true;
	set_held(rig, true);
	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 1);
	wait_event(rig, RECORDER_STARTED, 0); /* the writer is held in it */
	recorder_stop(rig->recorder, RECORDER_BY_COMMAND);
	while ((r = recorder_start(rig->recorder, &request, id)) == 0) {
		assert_int_equal(recorder_stop(rig->recorder, RECORDER_BY_COMMAND), 0);
		started++;
	}
	assert_int_equal(r, -EBUSY);
	assert_int_equal(started, 4);
	set_held(rig, false);
	assert_true(wait_event(rig, RECORDER_FINISHED, started).last);
}

static void test_an_unusable_folder_is_refused_at_the_start(void **state)
{
	struct rig *rig = *state;
	const struct recorder_request request = {.format = CONFIG_MJPEG};
	char path[PATH_MAX], id[ID_SIZE];

	assert_int_equal(name_join(path, rig->folder, "file"), 0);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	assert_int_equal(name_join(path, rig->folder, "file/below"), 0);
	rig->config.dir = path;
	assert_int_equal(recorder_start(rig->recorder, &request, id), -ENOTDIR);
	rig->config.dir = rig->folder;
	rig->config.min_free_mb = 100000000;
	assert_int_equal(recorder_start(rig->recorder, &request, id), -ENOSPC);
	assert_false(status_of(rig).running);
}

static void test_a_folder_that_fails_later_is_told(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;
	char path[PATH_MAX], text[sizeof(event.text)];

	assert_int_equal(name_join(path, rig->folder, "cam0"), 0);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 1);
	event = wait_event(rig, RECORDER_FAILED, 0);
	snprintf(text, sizeof(text), "cannot write to %.100s: Not a directory", rig->folder);
	assert_string_equal(event.text, text);
	assert_int_equal(event.error, -ENOTDIR);
	assert_false(event.last);
	assert_true(status_of(rig).running);
	assert_false(status_of(rig).active);
	stop(rig);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_string_equal(event.file, "");
	assert_int_equal(event.reason, RECORDER_BY_COMMAND);
	assert_true(event.last);
}

static void test_it_goes_on_in_a_new_file_once_the_disk_works(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;
	char path[PATH_MAX];
	int frames = 1;

	assert_int_equal(name_join(path, rig->folder, "cam0"), 0);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 1);
	wait_event(rig, RECORDER_FAILED, 0);
	assert_int_equal(unlink(path), 0);
	frames = publish_until(rig, RECORDER_STARTED, 0, frames);
	assert_true(status_of(rig).active);
	stop(rig);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_true(event.frames >= 25 && event.last);
	assert_int_equal(event.frames + event.dropped, frames);
	assert_file(rig, &event, (int)event.frames);
}

static void test_recording_pauses_when_room_runs_out(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;

	rig->hold_start = true; /* the writer, until there is a reason to look */
	set_held(rig, true);
	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 50);
	wait_event(rig, RECORDER_STARTED, 0);
	rig->config.min_free_mb = 100000000;
	set_held(rig, false);
	event = wait_event(rig, RECORDER_FAILED, 0);
	assert_int_equal(event.error, -ENOSPC);
	assert_non_null(strstr(event.text, "less than 100000000 MB free"));
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_in_range(event.frames, 12, 49); /* up to the first fragment's end */
	assert_file(rig, &event, (int)event.frames);
	assert_int_equal(event.reason, RECORDER_BY_ERROR);
	assert_false(event.last);
	stop(rig);
	assert_true(wait_event(rig, RECORDER_FINISHED, 1).last);
}

static void test_what_was_written_before_an_error_stays(void **state)
{
	struct rig *rig = *state;
	struct rlimit before, small;
	struct recorder_event event;
	int64_t pts_us[RIG_MAX_FRAMES];

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 60000;
	signal(SIGXFSZ, SIG_IGN);
	start(rig, CONFIG_MJPEG, 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	publish(rig, 0, 250);
	event = wait_event(rig, RECORDER_FAILED, 0);
	assert_int_equal(event.error, -EFBIG);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(event.reason, RECORDER_BY_ERROR);
	assert_string_not_equal(event.file, "");
	assert_true(rig_read_pts(rig->folder, event.file, pts_us) > 0);
}

/* As by `rm -r` in the middle of a recording. */
static void remove_part(struct rig *rig, const char *part)
{
	char path[PATH_MAX];

	assert_int_equal(name_join(path, rig->folder, part), 0);
	assert_int_equal(unlink(path), 0);
}

static void move_away(struct rig *rig, const char *file, char ret_aside[static PATH_MAX])
{
	char path[PATH_MAX];

	assert_int_equal(name_join(path, rig->folder, file), 0);
	assert_int_equal(name_join(ret_aside, rig->folder, "aside"), 0);
	assert_int_equal(rename(path, ret_aside), 0);
}

/* As by `mv` of the folder, or by a disk that is mounted over it. */
static void move_folder(struct rig *rig, const char *part)
{
	char aside[PATH_MAX];

	assert_non_null(part);
	move_away(rig, "cam0", aside);
}

/* The path is there, but it is another file. */
static void replace_part(struct rig *rig, const char *part)
{
	char path[PATH_MAX], aside[PATH_MAX];
	FILE *other;

	move_away(rig, part, aside);
	assert_int_equal(name_join(path, rig->folder, part), 0);
	other = fopen(path, "w");
	assert_non_null(other);
	assert_int_equal(fclose(other), 0);
}

/* Takes the first file away before a fragment of it is written. */
static void lose_first_part(struct rig *rig, void (*take_away)(struct rig *rig, const char *part))
{
	rig->hold_start = true;
	set_held(rig, true);
	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 30);
	take_away(rig, wait_event(rig, RECORDER_STARTED, 0).file);
	set_held(rig, false);
}

static void test_a_file_that_is_gone_is_a_failure(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;

	lose_first_part(rig, remove_part);
	event = wait_event(rig, RECORDER_FAILED, 0);
	assert_int_equal(event.error, -ENOENT);
	assert_non_null(strstr(event.text, "is gone"));
	assert_string_equal(event.file, "");
	stop(rig);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_string_equal(event.file, "");
	assert_int_equal(event.frames, 0);
	assert_true(event.last);
}

static void go_on_after(struct rig *rig, void (*take_away)(struct rig *rig, const char *part))
{
	struct recorder_event event;

	lose_first_part(rig, take_away);
	event = wait_event(rig, RECORDER_FAILED, 0);
	assert_int_equal(event.error, -ENOENT);
	assert_non_null(
		strstr(event.text, "the file in")); /* the writer's words, not the finisher's */
	assert_true(status_of(rig).running);
	publish_until(rig, RECORDER_STARTED, 1, 30);
	stop(rig);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_file(rig, &event, (int)event.frames);
	assert_true(event.last);
}

static void test_after_a_file_that_is_gone_comes_a_new_one(void **state)
{
	go_on_after(*state, remove_part);
}

static void test_after_a_folder_that_was_moved_comes_a_new_one(void **state)
{
	go_on_after(*state, move_folder);
}

static void test_another_file_in_its_place_is_not_the_recording(void **state)
{
	go_on_after(*state, replace_part);
}

/* A folder stands where the whole file's temporary would be written. */
static void test_a_kept_part_tells_why(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;
	char path[PATH_MAX];
	int64_t pts_us[RIG_MAX_FRAMES];

	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 30);
	event = wait_event(rig, RECORDER_STARTED, 0);
	assert_int_equal(name_join(path, rig->folder, event.file), 0);
	strcat(path, ".tmp");
	assert_int_equal(mkdir(path, 0700), 0);
	stop(rig);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_true(is_part(event.file));
	assert_int_equal(rig_read_pts(rig->folder, event.file, pts_us), 30);
	assert_int_equal(event.error, -EISDIR);
	assert_string_equal(event.text, "kept unfinished: Is a directory");
	assert_int_equal(event.reason, RECORDER_BY_COMMAND);
}

static void test_a_recording_without_frames_ends_for_its_reason(void **state)
{
	static const enum recorder_reason reasons[] = {RECORDER_BY_COMMAND, RECORDER_BY_SHUTDOWN};
	struct rig *rig = *state;
	struct recorder_event event;

	for (int i = 0; i < 2; i++) {
		start(rig, CONFIG_MJPEG, 0);
		assert_int_equal(recorder_stop(rig->recorder, reasons[i]), 0);
		event = wait_event(rig, RECORDER_FINISHED, i);
		assert_string_equal(event.file, "");
		assert_int_equal(event.reason, reasons[i]);
		assert_true(event.last);
	}
}

static void test_one_frame_has_a_length(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;

	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 1);
	stop(rig);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_file(rig, &event, 1);
	assert_true(event.duration_s > 0.03 && event.duration_s < 0.04);
}

static void test_without_time_the_part_stays(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;
	const struct recorder_request request = {.format = CONFIG_MJPEG};
	int64_t pts_us[RIG_MAX_FRAMES];
	char id[ID_SIZE];

	set_held(rig, true);
	assert_int_equal(worker_submit(rig->finisher, hold, rig), 0);
	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 30);
	wait_event(rig, RECORDER_STARTED, 0);
	while (status_of(rig).frames < 30)
		poll(NULL, 0, 1);
	assert_int_equal(recorder_shutdown(rig->recorder, 0), -ETIMEDOUT);
	publish_late(rig);
	assert_int_equal(recorder_start(rig->recorder, &request, id), -ESHUTDOWN);
	set_held(rig, false);
	assert_int_equal(recorder_shutdown(rig->recorder, RIG_DEADLINE_US), 0);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_int_equal(event.reason, RECORDER_BY_SHUTDOWN);
	assert_true(is_part(event.file));
	assert_int_equal(rig_read_pts(rig->folder, event.file, pts_us), 30);
}

static void test_without_time_a_file_that_is_gone_is_told(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;

	set_held(rig, true);
	assert_int_equal(worker_submit(rig->finisher, hold, rig), 0);
	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 30);
	remove_part(rig, wait_event(rig, RECORDER_STARTED, 0).file);
	recorder_shutdown(rig->recorder, 0);
	set_held(rig, false);
	publish_late(rig);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_string_equal(event.file, "");
	assert_int_equal(wait_event(rig, RECORDER_FAILED, 0).error, -ENOENT);
}

static void test_a_format_that_is_not_there_is_refused(void **state)
{
	struct rig *rig = *state;
	const struct recorder_request request = {.format = CONFIG_H264};
	const struct recorder_options options = {
		.camera_id = "cam1",
		.config = &rig->config,
		.jpeg = rig->jpeg,
		.syncer = rig->syncer,
		.finisher = rig->finisher,
		.event = on_event,
		.user = rig,
	};
	struct recorder *recorder = recorder_new(&options);
	char id[ID_SIZE];

	assert_int_equal(recorder_start(recorder, &request, id), -ENOSYS);
	recorder_free(recorder);
}

static void test_reasons_have_names(void **state)
{
	assert_string_equal(recorder_reason_name(RECORDER_BY_COMMAND), "command");
	assert_string_equal(recorder_reason_name(RECORDER_BY_RECOVERY), "recovery");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_the_status_follows),
		RIGGED(test_nobody_reads_the_hub_after_the_end),
		RIGGED(test_a_second_start_is_refused),
		RIGGED(test_it_starts_again_while_a_file_is_being_finished),
		RIGGED(test_too_many_starts_are_refused),
		RIGGED(test_an_unusable_folder_is_refused_at_the_start),
		RIGGED(test_a_folder_that_fails_later_is_told),
		RIGGED(test_it_goes_on_in_a_new_file_once_the_disk_works),
		RIGGED(test_recording_pauses_when_room_runs_out),
		RIGGED(test_what_was_written_before_an_error_stays),
		RIGGED(test_a_file_that_is_gone_is_a_failure),
		RIGGED(test_after_a_file_that_is_gone_comes_a_new_one),
		RIGGED(test_after_a_folder_that_was_moved_comes_a_new_one),
		RIGGED(test_another_file_in_its_place_is_not_the_recording),
		RIGGED(test_a_kept_part_tells_why),
		RIGGED(test_a_recording_without_frames_ends_for_its_reason),
		RIGGED(test_one_frame_has_a_length),
		RIGGED(test_without_time_the_part_stays),
		RIGGED(test_without_time_a_file_that_is_gone_is_told),
		RIGGED(test_a_format_that_is_not_there_is_refused),
		RIGGED(test_reasons_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
