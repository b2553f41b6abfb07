/* Recordings that begin before their command: every frame once, over the seam too. */
#include "record/preroll.h"

#include "media/h264_encoder.h"
#include "recorder_rig.h"

#include <errno.h>

#define RIG_FPS (USEC_PER_SEC / RIG_FRAME_US)
#define AHEAD 50                     /* frames of before the start */
#define APART_US (10 * USEC_PER_SEC) /* by far more than a command takes on a busy machine */

/* Pictures of `now` are taken at the start of the recording, others before or after. Those that a
 * pre-roll leaves out are of long before. */
struct camera {
	struct rig *rig;
	int ahead; /* frames that belong into the pre-roll */
	struct config_camera config;
	struct h264_encoder *encoder;
	int64_t now_us;
};

static struct camera new_camera(struct rig *rig, int ahead)
{
	struct camera camera = {
		.rig = rig,
		.ahead = ahead,
		.config = {.fps = RIG_FPS, .h264_crf = 23, .h264_gop_s = 2, .pre_roll_s = 30},
		.now_us = clock_mono_us(),
	};

	camera.config.h264_preset = "ultrafast";
	return camera;
}

static int64_t time_of(const struct camera *camera, int number)
{
	int64_t time_us = camera->now_us + (int64_t)number * RIG_FRAME_US;

	return number < -camera->ahead ? time_us - APART_US : time_us;
}

static void publish_jpeg(const struct camera *camera, int number)
{
	const struct frame_info info = {
		.sequence = (uint64_t)(AHEAD * 10 + number),
		.pts_us = time_of(camera, number),
	};

	publish_info(camera->rig, &info, WIDTH);
}

static void publish_jpegs(const struct camera *camera, int first, int end)
{
	for (int i = first; i < end; i++)
		publish_jpeg(camera, i);
}

/* As the camera's shared encoder would. */
static void publish_shared(struct camera *camera, int number, int height)
{
	struct image *image = rig_new_image(WIDTH, height, 100);
	struct image_info info = *image_info(image);
	struct h264_options options;
	struct frame *frame = NULL;
	struct image *view;

	if (!camera->encoder) {
		h264_options_init(&options, &camera->config, &info);
		options.epoch = 7;
		assert_int_equal(h264_encoder_new(&options, &camera->encoder), 0);
	}
	info.sequence = (uint64_t)(AHEAD * 10 + number);
	info.pts_us = time_of(camera, number);
	view = image_new(&info, NULL, NULL);
	assert_int_equal(h264_encoder_encode(camera->encoder, view,
	                                     hub_take_key_request(camera->rig->h264), &frame),
	                 0);
	hub_publish(camera->rig->h264, frame);
	frame_unref(frame);
	image_unref(view);
	image_unref(image);
}

static struct recorder *new_recorder(struct camera *camera)
{
	const struct recorder_options options = {
		.camera_id = "cam0",
		.config = &camera->rig->config,
		.camera = &camera->config,
		.jpeg = camera->rig->jpeg,
		.h264 = camera->rig->h264,
		.syncer = camera->rig->syncer,
		.finisher = camera->rig->finisher,
		.event = on_event,
		.user = camera->rig,
	};
	struct recorder *recorder = recorder_new(&options);

	assert_non_null(recorder);
	return recorder;
}

static void begin(struct camera *camera, struct recorder *recorder,
                  enum config_record_format format)
{
	/* Longer by half of what lies before: the start is later than this, nobody knows by how
	 * much. */
	const struct recorder_request request = {
		.format = format,
		.pre_roll_us = clock_mono_us() - time_of(camera, -camera->ahead) + APART_US / 2,
		.fps = RIG_FPS,
	};
	char id[ID_SIZE];

	assert_int_equal(recorder_start(recorder, &request, id), 0);
}

static void end(struct recorder *recorder)
{
	assert_int_equal(recorder_stop(recorder, RECORDER_BY_COMMAND), 0);
	recorder_shutdown(recorder, RIG_DEADLINE_US);
	recorder_free(recorder);
}

static void test_the_ring_is_kept_while_nothing_records(void **state)
{
	struct rig *rig = *state;
	struct camera camera = new_camera(rig, AHEAD);
	struct recorder *recorder = new_recorder(&camera);
	struct hub_stats stats;

	assert_true(hub_wanted(rig->jpeg));
	assert_false(hub_wanted(rig->h264));
	publish_jpegs(&camera, -AHEAD, 0);
	hub_stats(rig->jpeg, &stats);
	assert_int_equal(stats.ring_frames, AHEAD);
	recorder_shutdown(recorder, 0);
	recorder_free(recorder);
	assert_false(hub_wanted(rig->jpeg));
}

static void test_mjpeg_begins_in_the_past(void **state)
{
	struct rig *rig = *state;
	struct camera camera = new_camera(rig, 30);
	struct recorder *recorder = new_recorder(&camera);
	struct recorder_event event;

	publish_jpegs(&camera, -AHEAD, 0);
	begin(&camera, recorder, CONFIG_MJPEG);
	event = wait_event(rig, RECORDER_STARTED, 0);
	assert_true(event.started_wall_us < clock_wall_us() - USEC_PER_SEC);
	end(recorder);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_file(rig, &event, 30);
	assert_int_equal(event.dropped, 0);
}

static void test_h264_goes_on_without_a_gap(void **state)
{
	struct rig *rig = *state;
	struct camera camera = new_camera(rig, 40);
	struct recorder *recorder = new_recorder(&camera);
	struct recorder_event event;

	camera.now_us -= USEC_PER_SEC; /* so that the frames of the seam are before the stop */
	publish_jpegs(&camera, -AHEAD, 0);
	begin(&camera, recorder, CONFIG_H264);
	for (int i = 0; i < 5; i++) /* the encoder is not there yet */
		publish_jpeg(&camera, i);
	for (int i = 5; i < 20; i++) {
		publish_shared(&camera, i, 32); /* it may be faster than JPEG's */
		publish_jpeg(&camera, i);
	}
	end(recorder);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_file(rig, &event, 60);
	assert_int_equal(event.dropped, 0);
	assert_true(event.last);
	h264_encoder_free(camera.encoder);
}

/* The burst has encoded the picture already when the shared encoder's first frame comes: that one
 * cannot follow, the next IDR does. */
static void test_a_shared_frame_may_come_late(void **state)
{
	struct rig *rig = *state;
	struct camera camera = new_camera(rig, 40);
	struct recorder *recorder = new_recorder(&camera);
	struct recorder_status status;
	struct recorder_event event;

	camera.now_us -= USEC_PER_SEC;
	publish_jpegs(&camera, -AHEAD, 10);
	begin(&camera, recorder, CONFIG_H264);
	int64_t deadline_us = clock_mono_us() + RIG_DEADLINE_US;
	do {
		recorder_status(recorder, &status);
		assert_true(clock_mono_us() < deadline_us);
	} while (status.frames < 50);
	publish_shared(&camera, 9, 32);
	for (int i = 10; i < 20; i++) {
		publish_jpeg(&camera, i);
		publish_shared(&camera, i, 32);
	}
	end(recorder);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_file(rig, &event, 60);
	assert_int_equal(event.dropped, 0);
	assert_true(event.last);
	h264_encoder_free(camera.encoder);
}

static void test_other_parameters_begin_a_new_file(void **state)
{
	struct rig *rig = *state;
	struct camera camera = new_camera(rig, 40);
	struct recorder *recorder = new_recorder(&camera);
	struct recorder_event event, rest;

	camera.now_us -= USEC_PER_SEC;
	publish_jpegs(&camera, -AHEAD, 0);
	begin(&camera, recorder, CONFIG_H264);
	for (int i = 0; i < 10; i++) {
		publish_shared(&camera, i, 64);
		publish_jpeg(&camera, i);
	}
	end(recorder);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_in_range(event.frames, 40, 49); /* the burst may be faster */
	assert_file(rig, &event, (int)event.frames);
	assert_int_equal(event.reason, RECORDER_BY_CAMERA);
	rest = wait_event(rig, RECORDER_FINISHED, 1);
	assert_file(rig, &rest, 50 - (int)event.frames);
	assert_int_equal(event.dropped + rest.dropped, 0);
	h264_encoder_free(camera.encoder);
}

static void test_the_camera_was_away_before(void **state)
{
	static const enum config_record_format formats[] = {CONFIG_MJPEG, CONFIG_H264};
	struct rig *rig = *state;

	for (int i = 0; i < 2; i++) {
		struct camera camera = new_camera(rig, 30);
		struct recorder *recorder = new_recorder(&camera);
		const struct frame_info placeholder = {.pts_us = time_of(&camera, -20),
		                                       .placeholder = true};
		struct recorder_event event;

		hub_clear(rig->jpeg);
		publish_jpegs(&camera, -AHEAD, -20);
		publish_info(rig, &placeholder, WIDTH);
		publish_jpegs(&camera, -10, 0);
		begin(&camera, recorder, formats[i]);
		wait_event(rig, RECORDER_STARTED, i);
		end(recorder);
		event = wait_event(rig, RECORDER_FINISHED, i);
		assert_int_equal(event.frames, 20);
		assert_int_equal(event.dropped, 10);
	}
}

static void test_a_duration_counts_from_the_start(void **state)
{
	struct rig *rig = *state;
	struct camera camera = new_camera(rig, AHEAD);
	struct recorder *recorder = new_recorder(&camera);
	const struct recorder_request request = {
		.format = CONFIG_MJPEG,
		.pre_roll_us = 5 * USEC_PER_SEC,
		.fps = RIG_FPS,
		.duration_us = 3600 * USEC_PER_SEC,
	};
	struct recorder_status status;
	char id[ID_SIZE];

	publish_jpegs(&camera, -AHEAD, 0);
	assert_int_equal(recorder_start(recorder, &request, id), 0);
	wait_event(rig, RECORDER_STARTED, 0);
	recorder_status(recorder, &status);
	assert_true(status.ends_mono_us >= camera.now_us + request.duration_us);
	end(recorder);
}

static void test_an_encoder_that_fails_is_told(void **state)
{
	struct rig *rig = *state;
	struct camera camera = new_camera(rig, 40);
	struct recorder *recorder = new_recorder(&camera);
	struct recorder_event event;

	camera.config.h264_preset = "none such";
	publish_jpegs(&camera, -AHEAD, 0);
	begin(&camera, recorder, CONFIG_H264);
	event = wait_event(rig, RECORDER_FAILED, 0);
	assert_memory_equal(event.text, "cannot encode H.264: ", 21);
	event = wait_event(rig, RECORDER_FINISHED, 0);
	assert_true(event.last);
	assert_int_equal(event.reason, RECORDER_BY_ERROR);
	recorder_shutdown(recorder, RIG_DEADLINE_US);
	recorder_free(recorder);
}

/* All frames that are there, or that come within a moment. */
static size_t take_all(struct preroll *preroll, uint64_t *next_sequence)
{
	size_t count = 0;

	for (;;) {
		struct frame *frame = NULL;
		int r = preroll_wait(preroll, clock_mono_us(), &frame);

		if (r == -ENODATA)
			frame = preroll_take_shared(preroll);
		if (r == -EINTR)
			continue;
		if (!frame)
			return count;
		assert_int_equal(frame_info(frame)->sequence, (*next_sequence)++);
		frame_unref(frame);
		count++;
	}
}

/* What is in memory at the command, and all that comes while that is encoded, outlasts the rings:
 * they go on. */
static void test_a_slow_burst_loses_nothing(void **state)
{
	struct rig *rig = *state;
	struct camera camera = new_camera(rig, AHEAD);
	struct recorder *recorder = new_recorder(&camera); /* keeps the ring long */
	struct hub_reader *shared;
	struct preroll *preroll;
	uint64_t next_sequence = AHEAD * 10 - AHEAD;
	struct frame *frame = NULL;

	shared = hub_reader_new(rig->h264,
	                        &(struct hub_reader_options){HUB_EVERY, false, INT64_MAX});
	publish_jpegs(&camera, -AHEAD, 0);
	preroll = preroll_new(&(struct preroll_options){
		.jpeg = rig->jpeg,
		.h264 = rig->h264,
		.shared = shared,
		.camera = &camera.config,
		.fps = RIG_FPS,
		.from_us = time_of(&camera, -AHEAD),
	});
	assert_non_null(preroll);
	publish_jpegs(&camera, 0, RING_FRAMES - 1);
	for (int i = 0; i < 3 * RING_FRAMES; i++) {
		publish_jpeg(&camera, RING_FRAMES - 1 + i);
		publish_shared(&camera, RING_FRAMES - 1 + i, 32);
		if (i % (RING_FRAMES / 2) != 0)
			continue;
		assert_int_equal(preroll_wait(preroll, INT64_MAX, &frame), 0);
		assert_int_equal(frame_info(frame)->sequence, next_sequence++);
		frame_unref(frame);
	}
	take_all(preroll, &next_sequence);
	assert_int_equal(next_sequence, AHEAD * 10 + 4 * RING_FRAMES - 1);
	preroll_free(preroll);
	hub_reader_free(shared);
	h264_encoder_free(camera.encoder);
	recorder_free(recorder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_the_ring_is_kept_while_nothing_records),
		RIGGED(test_mjpeg_begins_in_the_past),
		RIGGED(test_h264_goes_on_without_a_gap),
		RIGGED(test_a_shared_frame_may_come_late),
		RIGGED(test_other_parameters_begin_a_new_file),
		RIGGED(test_the_camera_was_away_before),
		RIGGED(test_a_duration_counts_from_the_start),
		RIGGED(test_an_encoder_that_fails_is_told),
		RIGGED(test_a_slow_burst_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
