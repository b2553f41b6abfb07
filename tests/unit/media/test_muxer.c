#include "media/muxer.h"

#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>

static void assert_same(const struct muxer_file *a, const struct muxer_file *b)
{
	assert_int_equal(a->frames, b->frames);
	assert_int_equal(a->duration_us, b->duration_us);
	assert_int_equal(a->width, b->width);
	assert_int_equal(a->height, b->height);
	assert_int_equal(a->codec, b->codec);
	assert_string_equal(a->tags.label, b->tags.label);
	assert_string_equal(a->tags.id, b->tags.id);
	assert_int_equal(a->tags.started_wall_us, b->tags.started_wall_us);
}

static void recording_plays_with_the_sensors_times(void **state)
{
	struct fixture *fixture = *state;

	for (int codec = FRAME_JPEG; codec <= FRAME_H264; codec++) {
		struct muxer_file part, whole, probed;
		struct played played;

		write_part(fixture, codec, FRAMES);
		play(fixture->part, &played);
		assert_times(&played, FRAMES);
		assert_int_equal(muxer_probe(fixture->part, &part), 0);
		assert_int_equal(muxer_finish(fixture->part, fixture->whole, &whole), 0);
		play(fixture->whole, &played);
		assert_times(&played, FRAMES);
		assert_int_equal(played.durations[FRAMES - 1], played.durations[FRAMES - 2]);
		assert_int_equal(muxer_probe(fixture->whole, &probed), 0);
		assert_int_equal(whole.frames, FRAMES);
		assert_int_equal(whole.width, WIDTH);
		assert_int_equal(whole.height, HEIGHT);
		assert_int_equal(whole.codec, codec);
		assert_string_equal(whole.tags.label, tags.label);
		assert_string_equal(whole.tags.id, tags.id);
		assert_int_equal(whole.tags.started_wall_us, tags.started_wall_us);
		/* The last frame is shown as long as the one before. */
		assert_in_range(whole.duration_us,
		                2 * pts_of(FRAMES - 1) - pts_of(FRAMES - 2) - pts_of(0) - 20,
		                2 * pts_of(FRAMES - 1) - pts_of(FRAMES - 2) - pts_of(0) + 20);
		assert_same(&part, &whole);
		assert_same(&probed, &whole);
		remove_files(state);
	}
}

/* Where a box lies in the file, by its name at the top level: -1 if it is not there. */
static long find_box(const char *path, const char *name)
{
	FILE *file = fopen(path, "rb");
	unsigned char head[8];
	long at = 0;

	while (!fseek(file, at, SEEK_SET) && fread(head, 1, 8, file) == 8) {
		if (!memcmp(head + 4, name, 4)) {
			fclose(file);
			return at;
		}
		at += (long)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];
	}
	fclose(file);
	return -1;
}

static void finished_file_has_its_index_in_front(void **state)
{
	struct fixture *fixture = *state;
	struct muxer_file file;
	char temporary[128];

	write_part(fixture, FRAME_JPEG, FRAMES);
	assert_int_equal(find_box(fixture->part, "mdat") > 0, 1);
	assert_true(find_box(fixture->part, "moof") > 0);
	assert_int_equal(muxer_finish(fixture->part, fixture->whole, &file), 0);
	assert_true(find_box(fixture->whole, "moov") > 0);
	assert_true(find_box(fixture->whole, "moov") < find_box(fixture->whole, "mdat"));
	assert_int_equal(find_box(fixture->whole, "moof"), -1);
	snprintf(temporary, sizeof(temporary), "%s.tmp", fixture->part);
	assert_int_equal(access(temporary, F_OK), -1);
	assert_int_equal(access(fixture->part, F_OK), 0); /* the caller's */
}

static void one_frame_is_a_recording(void **state)
{
	struct fixture *fixture = *state;
	struct muxer_file file;

	write_part(fixture, FRAME_H264, 1);
	assert_int_equal(muxer_finish(fixture->part, fixture->whole, &file), 0);
	assert_int_equal(file.frames, 1);
	assert_int_equal(file.duration_us, 33333);
	assert_int_equal(muxer_probe(fixture->whole, &file), 0);
	assert_int_equal(file.duration_us, 33333);
}

static struct frame *copy_with(const struct frame *frame, struct frame_info info)
{
	return frame_new(&info, frame_data(frame), frame_size(frame));
}

static void times_closer_than_a_tick_still_grow(void **state)
{
	struct fixture *fixture = *state;
	struct muxer *muxer = open_part(fixture, FRAME_JPEG);
	struct played played;

	for (int i = 0; i < 30; i++) {
		struct frame_info info = *frame_info(fixture->frames[FRAME_JPEG][0]);

		info.pts_us += i; /* 11 µs are a tick */
		struct frame *frame = copy_with(fixture->frames[FRAME_JPEG][i], info);
		assert_int_equal(muxer_write(muxer, frame, NULL), 0);
		frame_unref(frame);
	}
	assert_int_equal(muxer_close(muxer), 0);
	play(fixture->part, &played);
	assert_int_equal(played.frames, 30);
	for (int i = 0; i < 30; i++)
		assert_int_equal(played.ticks[i], i);
}

static void assert_refused(struct muxer *muxer, const struct frame *frame, struct frame_info info)
{
	struct frame *other = copy_with(frame, info);

	assert_int_equal(muxer_write(muxer, other, NULL), -EINVAL);
	frame_unref(other);
}

static void frames_of_another_kind_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct frame *first = fixture->frames[FRAME_H264][0];
	struct muxer *muxer = open_part(fixture, FRAME_H264);
	struct frame_info info = *frame_info(first);

	assert_int_equal(muxer_write(muxer, first, NULL), 0);
	assert_refused(muxer, first, info); /* pts has not grown */
	info.pts_us += 1000;
	info.width += 2;
	assert_refused(muxer, first, info);
	info.width -= 2;
	info.full_range = false;
	assert_refused(muxer, first, info);
	assert_int_equal(muxer_write(muxer, fixture->frames[FRAME_JPEG][1], NULL), -EINVAL);
	assert_int_equal(muxer_frames(muxer), 1);
	assert_int_equal(muxer_close(muxer), 0);
}

static void equal_parameters_of_another_encoder_are_accepted(void **state)
{
	struct fixture *fixture = *state;
	struct muxer *muxer = open_part(fixture, FRAME_H264);
	struct image *image = image_of(1);

	for (int other = 0; other < 2; other++) {
		/* The PPS holds the quantiser's start, which follows from the quality. */
		struct h264_encoder *encoder = new_encoder(other ? 12 : 30);
		struct frame *frame = NULL;

		assert_int_equal(h264_encoder_encode(encoder, image, false, &frame), 0);
		assert_int_equal(muxer_accepts(muxer, frame), !other);
		frame_unref(frame);
		h264_encoder_free(encoder);
	}
	image_unref(image);
	assert_int_equal(muxer_close(muxer), 0);
}

static void an_existing_file_is_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct muxer *muxer = NULL;

	close(open(fixture->part, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(muxer_open(fixture->part, &tags, fixture->frames[FRAME_JPEG][0], &muxer),
	                 -EEXIST);
	assert_null(muxer);
	assert_int_equal(access(fixture->part, F_OK), 0);
}

/* A recovery that comes by while the header is still on its way to a slow disk leaves it. */
static void it_is_locked_from_its_creation_to_its_end(void **state)
{
	struct fixture *fixture = *state;
	struct muxer *muxer = NULL;
	int other;

	assert_int_equal(muxer_open(fixture->part, &tags, fixture->frames[FRAME_JPEG][0], &muxer),
	                 0);
	other = open(fixture->part, O_RDWR | O_CLOEXEC);
	assert_int_not_equal(other, -1);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	muxer_close(muxer);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
	close(other);
}

static void a_recording_begins_with_a_key_frame(void **state)
{
	struct fixture *fixture = *state;
	struct muxer *muxer = NULL;

	assert_int_equal(muxer_open(fixture->part, &tags, fixture->frames[FRAME_H264][1], &muxer),
	                 -EINVAL);
	assert_int_equal(access(fixture->part, F_OK), -1);
	assert_int_equal(
		muxer_open("/nonexistent/a.mp4", &tags, fixture->frames[FRAME_H264][0], &muxer),
		-ENOENT);
}

/* A file size limit in place of a full disk: writes are cut short, then fail. */
static void a_failed_write_is_the_first_error_and_the_last(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit limit, old;
	struct muxer_file file;
	struct muxer *muxer;
	uint64_t bytes;
	int error = 0;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	muxer = open_part(fixture, FRAME_JPEG);
	limit = old;
	limit.rlim_cur = 100000; /* in the middle of a fragment */
	setrlimit(RLIMIT_FSIZE, &limit);
	for (int i = 0; i < FRAMES && !error; i++)
		error = muxer_write(muxer, fixture->frames[FRAME_JPEG][i], NULL);
	assert_int_equal(error, -EFBIG);
	bytes = muxer_bytes(muxer);
	assert_int_equal(muxer_close(muxer), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(size_of(fixture->part), bytes);
	assert_int_equal(bytes, limit.rlim_cur);
	assert_int_equal(muxer_finish(fixture->part, fixture->whole, &file), 0);
	assert_true(file.frames > 15);
}

static void finishing_without_room_leaves_nothing_behind(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit limit, old;
	struct muxer_file file;
	char temporary[128];

	write_part(fixture, FRAME_JPEG, FRAMES);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = 50000;
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(muxer_finish(fixture->part, fixture->whole, &file), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	snprintf(temporary, sizeof(temporary), "%s.tmp", fixture->part);
	assert_int_equal(access(temporary, F_OK), -1);
	assert_int_equal(access(fixture->whole, F_OK), -1);
	assert_int_equal(access(fixture->part, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(recording_plays_with_the_sensors_times, remove_files),
		cmocka_unit_test_teardown(finished_file_has_its_index_in_front, remove_files),
		cmocka_unit_test_teardown(one_frame_is_a_recording, remove_files),
		cmocka_unit_test_teardown(times_closer_than_a_tick_still_grow, remove_files),
		cmocka_unit_test_teardown(frames_of_another_kind_are_refused, remove_files),
		cmocka_unit_test_teardown(equal_parameters_of_another_encoder_are_accepted,
	                                  remove_files),
		cmocka_unit_test_teardown(an_existing_file_is_left_alone, remove_files),
		cmocka_unit_test_teardown(it_is_locked_from_its_creation_to_its_end, remove_files),
		cmocka_unit_test_teardown(a_recording_begins_with_a_key_frame, remove_files),
		cmocka_unit_test_teardown(a_failed_write_is_the_first_error_and_the_last,
	                                  remove_files),
		cmocka_unit_test_teardown(finishing_without_room_leaves_nothing_behind,
	                                  remove_files),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
