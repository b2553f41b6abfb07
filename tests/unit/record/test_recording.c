#include "record/recording.h"

#include "media/h264_encoder.h"
#include "recorder_rig.h"

#include <errno.h>

static void test_all_frames_between_start_and_stop_are_recorded(void **state)
{
	struct rig *rig = *state;
	const struct recorder_request request = {.format = CONFIG_MJPEG};
	struct recorder_event event;
	char id[ID_SIZE];

	assert_int_equal(recorder_start(rig->recorder, &request, id), 0);
	publish(rig, 0, 50);
	assert_int_equal(recorder_stop(rig->recorder, RECORDER_BY_COMMAND), 0);
	publish_late(rig);

	event = wait_event(rig, RECORDER_STARTED, 0);
	assert_true(is_part(event.file));
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_string_equal(event.id, id);
	assert_file(rig, &event, 50);
	assert_false(part_exists(rig, event.file));
	assert_int_equal(event.dropped, 0);
	assert_int_equal(event.reason, RECORDER_BY_COMMAND);
	assert_int_equal(event.format, CONFIG_MJPEG);
	assert_true(event.last);
	assert_true(event.duration_s > 1.95 && event.duration_s < 2.05);
	assert_true(llabs(event.started_wall_us - clock_wall_from_mono_us(rig->first_pts_us)) <
	            USEC_PER_SEC);
}

static void test_a_duration_counts_from_the_first_frame(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;

	rig->hold_start = true; /* the writer, until all frames are there: they are of the past */
	set_held(rig, true);
	start(rig, CONFIG_MJPEG, USEC_PER_SEC);
	publish(rig, 0, 60);
	set_held(rig, false);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_file(rig, &event, 25);
	assert_int_equal(event.reason, RECORDER_BY_DURATION);
	assert_true(event.last);
	assert_false(status_of(rig).running);
}

/* The camera is away: the time does not run yet. */
static void test_a_duration_waits_for_the_first_frame(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;

	rig->hold_start = true;
	set_held(rig, true);
	start(rig, CONFIG_MJPEG, 50 * USEC_PER_MSEC);
	assert_int_equal(recorder_extend(rig->recorder, 100 * USEC_PER_MSEC), 0);
	poll(NULL, 0, 300);
	assert_true(status_of(rig).running);
	assert_int_equal(status_of(rig).ends_mono_us, 0);
	publish(rig, 0, 10);
	set_held(rig, false);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_file(rig, &event, 3);
	assert_int_equal(event.reason, RECORDER_BY_DURATION);
	assert_true(event.last);
}

static void test_an_end_can_be_moved(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;
	int64_t ends_us;

	start(rig, CONFIG_MJPEG, 3600 * USEC_PER_SEC);
	publish(rig, 0, 1);
	wait_event(rig, RECORDER_STARTED, 0);
	assert_int_equal(recorder_extend(rig->recorder, 0), 0);
	assert_int_equal(status_of(rig).ends_mono_us, 0);
	assert_int_equal(recorder_extend(rig->recorder, USEC_PER_MSEC), 0);
	ends_us = status_of(rig).ends_mono_us;
	assert_true(ends_us > 0 && ends_us <= clock_mono_us() + USEC_PER_MSEC);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_int_equal(event.reason, RECORDER_BY_DURATION);
}

static void test_segments_follow_without_a_lost_frame(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;

	rig->config.segment_s = 1;
	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 80);
	stop(rig);
	for (int i = 0; i < 4; i++) {
		event = wait_event(rig, RECORDER_FINISHED, i);
		assert_file(rig, &event, i < 3 ? 25 : 5);
		assert_int_equal(event.reason, i < 3 ? RECORDER_BY_SEGMENT : RECORDER_BY_COMMAND);
		assert_int_equal(event.last, i == 3);
		assert_int_equal(event.dropped, 0);
	}
	assert_int_equal(status_of(rig).frames, 80);
}

static void test_lost_frames_are_counted(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;
	uint64_t frames = 0, dropped = 0;

	rig->hold_start = true;
	set_held(rig, true);
	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 1);
	wait_event(rig, RECORDER_STARTED, 0); /* the writer is held in it */
	publish(rig, 1, RING_FRAMES + 10);
	set_held(rig, false);
	recorder_stop(rig->recorder, RECORDER_BY_COMMAND);
	publish_late(rig);                            /* may push out one more */
	for (int i = 0; i == 0 || !event.last; i++) { /* held for long, it begins a new file */
		event = wait_event(rig, RECORDER_FINISHED, i);
		frames += event.frames;
		dropped += event.dropped;
	}
	assert_in_range(dropped, 10, 11);
	assert_int_equal(frames + dropped, RING_FRAMES + 11);
}

/* A gap in the camera's numbers: lost before the hub, at the sensor or at a busy encoder. */
static void test_frames_lost_before_the_hub_are_counted(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;

	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 10, 5);
	publish(rig, 22, 5);
	recorder_stop(rig->recorder, RECORDER_BY_COMMAND);
	publish_late(rig);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_int_equal(event.frames, 10);
	assert_int_equal(event.dropped, 7);
}

static void test_changed_parameters_begin_a_new_file(void **state)
{
	struct rig *rig = *state;
	struct frame_info info = {.pts_us = rig->first_pts_us + 10 * RIG_FRAME_US, .epoch = 1};
	struct recorder_event event;

	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 5);
	publish_info(rig, &info, WIDTH);
	info.pts_us += RIG_FRAME_US;
	publish_info(rig, &info, WIDTH * 2);
	stop(rig);

	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_file(rig, &event, 5);
	assert_int_equal(event.reason, RECORDER_BY_CAMERA);
	assert_false(event.last);
	event = wait_event(rig, RECORDER_FINISHED, 1); /* another epoch */
	assert_file(rig, &event, 1);
	event = wait_event(rig, RECORDER_FINISHED, 2); /* another size */
	assert_file(rig, &event, 1);
	assert_true(event.last);
}

static void test_it_waits_while_the_camera_is_away(void **state)
{
	struct rig *rig = *state;
	const struct frame_info placeholder = {
		.pts_us = rig->first_pts_us + 10 * RIG_FRAME_US,
		.placeholder = true,
	};
	struct recorder_event event;

	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 5);
	publish_info(rig, &placeholder, WIDTH);
	publish_info(rig, &placeholder, WIDTH);
	wait_event(rig, RECORDER_WAITING, 0);
	assert_true(status_of(rig).running);
	assert_false(status_of(rig).active);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_file(rig, &event, 5);
	assert_int_equal(event.reason, RECORDER_BY_CAMERA);
	assert_false(event.last);

	publish(rig, 20, 7);
	wait_event(rig, RECORDER_STARTED, 1);
	assert_true(status_of(rig).active);
	stop(rig);
	event = wait_event(rig, RECORDER_FINISHED, 1);
	assert_file(rig, &event, 7);
	assert_true(event.last);
}

static void test_a_stop_while_waiting_has_no_file(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;

	start(rig, CONFIG_MJPEG, 0);
	assert_int_equal(recorder_stop(rig->recorder, RECORDER_BY_COMMAND), 0);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_string_equal(event.file, "");
	assert_int_equal(event.frames, 0);
	assert_true(event.last);
}

static void test_silence_is_waiting_too(void **state)
{
	struct rig *rig = *state;

	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 5);
	wait_event(rig, RECORDER_WAITING, 0); /* after 3 s */
	assert_false(wait_event(rig, RECORDER_FINISHED, 0).last);
}

static void test_a_closed_hub_ends_the_recording(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;

	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 5);
	hub_close(rig->jpeg);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_file(rig, &event, 5);
	assert_int_equal(event.reason, RECORDER_BY_CAMERA);
	assert_true(event.last);
}

static void test_names_are_never_taken_twice(void **state)
{
	struct rig *rig = *state;
	const struct frame_info info = {.pts_us = rig->first_pts_us + 1, .epoch = 1};
	struct recorder_event first, second;

	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 1);
	publish_info(rig, &info, WIDTH); /* a new file one microsecond after the first */
	stop(rig);
	first = wait_event(rig, RECORDER_FINISHED, 0);
	second = wait_event(rig, RECORDER_FINISHED, 1);
	assert_string_not_equal(first.file, second.file);
	assert_file(rig, &first, 1);
	assert_file(rig, &second, 1);
	if (first.started_wall_us / USEC_PER_SEC == second.started_wall_us / USEC_PER_SEC)
		assert_non_null(strstr(second.file, "_2.mp4"));
}

/* --- H.264 --- */

static void publish_h264(struct rig *rig, struct h264_encoder *encoder, int first, int count)
{
	for (int i = first; i < first + count; i++) {
		const struct image_info info = {
			.format = IMAGE_YUV420,
			.width = WIDTH,
			.height = 32,
			.full_range = true,
			.sequence = (uint64_t)i,
			.pts_us = rig->first_pts_us + INT64_C(1) * i * RIG_FRAME_US,
		};
		struct image *image = image_new_planes(&info);
		struct frame *frame = NULL;

		for (int plane = 0; plane < 3; plane++)
			memset(image_plane(image, plane), 16 + i % 200,
			       (size_t)image_info(image)->strides[plane] * (plane ? 16 : 32));
		assert_int_equal(h264_encoder_encode(encoder, image,
		                                     hub_take_key_request(rig->h264), &frame),
		                 0);
		hub_publish(rig->h264, frame);
		frame_unref(frame);
		image_unref(image);
	}
}

static struct h264_encoder *new_h264_encoder(void)
{
	static const struct h264_options options = {
		.width = WIDTH,
		.height = 32,
		.fps = 25,
		.preset = "ultrafast",
		.crf = 23,
		.gop_s = 2,
		.full_range = true,
	};
	struct h264_encoder *encoder = NULL;
	int r = h264_encoder_new(&options, &encoder);

	if (r == -ENOSYS)
		skip();
	assert_int_equal(r, 0);
	return encoder;
}

static void test_h264_begins_with_a_requested_key_frame(void **state)
{
	struct rig *rig = *state;
	struct h264_encoder *encoder = new_h264_encoder();
	struct recorder_event event;

	publish_h264(rig, encoder, 0, 10); /* frame 0 is a key, the next would be frame 50 */
	start(rig, CONFIG_H264, 0);
	publish_h264(rig, encoder, 10, 30); /* frame 10 is one because it was asked for */
	recorder_stop(rig->recorder, RECORDER_BY_COMMAND);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_file(rig, &event, 30);
	assert_int_equal(event.format, CONFIG_H264);
	h264_encoder_free(encoder);
}

static void test_h264_segments_end_at_key_frames(void **state)
{
	struct rig *rig = *state;
	struct h264_encoder *encoder = new_h264_encoder();
	struct recorder_event first, event;
	int number = 0;

	rig->config.segment_s = 1;
	start(rig, CONFIG_H264, 0);
	publish_h264(rig, encoder, 0, 80); /* keys come every 2 s, and when asked for */
	recorder_stop(rig->recorder, RECORDER_BY_COMMAND);
	first = wait_event(rig, RECORDER_FINISHED, 0);
	assert_int_equal(first.reason, RECORDER_BY_SEGMENT);
	assert_in_range(first.frames, 25, 50);
	assert_file(rig, &first, (int)first.frames);
	do /* two to four: how soon a key comes depends on how fast the writer asks */
		event = wait_event(rig, RECORDER_FINISHED, ++number);
	while (!event.last);
	assert_int_equal(status_of(rig).frames, 80);
	h264_encoder_free(encoder);
}

/* The camera gives pictures, but none becomes a frame: no reason to wait for it. */
static void test_an_encoder_that_fails_is_no_camera_that_is_away(void **state)
{
	struct rig *rig = *state;
	struct recorder_event event;

	start(rig, CONFIG_H264, 0);
	hub_set_error(rig->h264, -EINVAL);
	event = wait_event(rig, RECORDER_FAILED, 0);
	assert_string_equal(event.text, "cannot encode H.264: Invalid argument");
	assert_int_equal(event.error, -EINVAL);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_int_equal(event.reason, RECORDER_BY_ERROR);
	assert_true(event.last);
	assert_false(status_of(rig).running);
}

/* One by one, so that each is a step of its own. */
static int64_t stepping_clock(int64_t mono_us)
{
	static const int64_t day_us = 24 * 3600 * USEC_PER_SEC;
	static int64_t steps;
	static const int64_t offsets[] = {0, 1, -1};

	return clock_wall_from_mono_us(mono_us) + offsets[steps++ % 3] * day_us;
}

static int64_t first_1970_then_now(int64_t mono_us)
{
	static bool synced;
	int64_t wall_us = synced ? clock_wall_from_mono_us(mono_us) : mono_us;

	synced = true;
	return wall_us;
}

static void record_with_clock(struct rig *rig, int64_t (*wall_from_mono_us)(int64_t mono_us))
{
	const struct recorder_options options = {
		.camera_id = "cam0",
		.config = &rig->config,
		.jpeg = rig->jpeg,
		.syncer = rig->syncer,
		.finisher = rig->finisher,
		.wall_from_mono_us = wall_from_mono_us,
		.event = on_event,
		.user = rig,
	};
	struct recorder *own = rig->recorder;

	rig->recorder = recorder_new(&options);
	rig->config.segment_s = 1;
	start(rig, CONFIG_MJPEG, 0);
	publish(rig, 0, 150);
	stop(rig);
	recorder_shutdown(rig->recorder, RIG_DEADLINE_US);
	recorder_free(rig->recorder);
	rig->recorder = own;
}

/* Times and durations in the files are true whatever the wall clock does, and no name is taken
 * twice. */
static void test_a_clock_that_is_set_disturbs_nothing(void **state)
{
	static int64_t (*const clocks[])(int64_t mono_us) = {stepping_clock, first_1970_then_now};
	struct rig *rig = *state;
	char files[12][RECORDER_FILE_SIZE];

	for (int i = 0; i < 12; i++) {
		struct recorder_event event;

		if (i % 6 == 0)
			record_with_clock(rig, clocks[i / 6]);
		event = wait_event(rig, RECORDER_FINISHED, i);
		assert_file(rig, &event, 25);
		assert_true(event.duration_s > 0.99 && event.duration_s < 1.01);
		assert_int_equal(event.dropped, 0);
		memcpy(files[i], event.file, sizeof(files[i]));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(files[i], files[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_all_frames_between_start_and_stop_are_recorded),
		RIGGED(test_a_duration_counts_from_the_first_frame),
		RIGGED(test_a_duration_waits_for_the_first_frame),
		RIGGED(test_an_end_can_be_moved),
		RIGGED(test_segments_follow_without_a_lost_frame),
		RIGGED(test_lost_frames_are_counted),
		RIGGED(test_frames_lost_before_the_hub_are_counted),
		RIGGED(test_changed_parameters_begin_a_new_file),
		RIGGED(test_it_waits_while_the_camera_is_away),
		RIGGED(test_a_stop_while_waiting_has_no_file),
		RIGGED(test_silence_is_waiting_too),
		RIGGED(test_a_closed_hub_ends_the_recording),
		RIGGED(test_names_are_never_taken_twice),
		RIGGED(test_an_encoder_that_fails_is_no_camera_that_is_away),
		RIGGED(test_a_clock_that_is_set_disturbs_nothing),
		RIGGED(test_h264_begins_with_a_requested_key_frame),
		RIGGED(test_h264_segments_end_at_key_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
