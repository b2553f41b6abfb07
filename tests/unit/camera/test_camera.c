#include "camera/camera.h"

#include "base/clock.h"
#include "base/thread.h"
#include "capture/pattern.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DEADLINE_US (30 * USEC_PER_SEC)

/* What the observer and the snapshot callback heard. */
struct heard {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int online, offline, modes; /* guarded by mutex */
	int snapshots;              /* guarded by mutex */
	int error;                  /* guarded by mutex: of the last snapshot */
	struct frame_info picture;  /* guarded by mutex */
};

static void on_status(void *user, struct camera *camera, bool online, const char *why)
{
	struct heard *heard = user;

	pthread_mutex_lock(&heard->mutex);
	heard->online += online;
	heard->offline += !online;
	pthread_cond_broadcast(&heard->changed);
	pthread_mutex_unlock(&heard->mutex);
}

static void on_mode(void *user, struct camera *camera)
{
	struct heard *heard = user;

	pthread_mutex_lock(&heard->mutex);
	heard->modes++;
	pthread_cond_broadcast(&heard->changed);
	pthread_mutex_unlock(&heard->mutex);
}

static void on_snapshot(void *user, int error, struct frame *frame)
{
	struct heard *heard = user;

	pthread_mutex_lock(&heard->mutex);
	heard->snapshots++;
	heard->error = error;
	if (error == 0)
		heard->picture = *frame_info(frame);
	pthread_cond_broadcast(&heard->changed);
	pthread_mutex_unlock(&heard->mutex);
}

static void wait_for(struct heard *heard, const int *counter, int value)
{
	int64_t deadline_us = clock_mono_us() + DEADLINE_US;

	pthread_mutex_lock(&heard->mutex);
	while (*counter < value)
		assert_int_equal(cond_wait_until(&heard->changed, &heard->mutex, deadline_us), 0);
	pthread_mutex_unlock(&heard->mutex);
}

struct fixture {
	struct config_camera config;
	struct heard heard;
	struct camera *camera;
};

static void begin(struct fixture *fixture)
{
	memset(fixture, 0, sizeof *fixture);
	fixture->config = (struct config_camera){
		.id = (char *)"cam0",
		.name = (char *)"Test",
		.source = (char *)"pattern",
		.width = 320,
		.height = 240,
		.fps = 30,
		.format = (char *)"auto",
		.jpeg_quality = 80,
		.h264_encoder = (char *)"libx264",
		.h264_preset = (char *)"ultrafast",
		.h264_crf = 23,
		.h264_gop_s = 2,
		.pattern_fault = (char *)"",
	};
	pthread_mutex_init(&fixture->heard.mutex, NULL);
	cond_init(&fixture->heard.changed);
}

static void start(struct fixture *fixture)
{
	const struct camera_observer observer = {
		.user = &fixture->heard, .status = on_status, .mode = on_mode};

	fixture->camera = camera_new(&fixture->config, &observer);
	assert_non_null(fixture->camera);
	assert_int_equal(camera_start(fixture->camera), 0);
}

static void end(struct fixture *fixture)
{
	camera_stop(fixture->camera);
	camera_free(fixture->camera);
}

/* The next frame within the deadline, by a reader of its own. */
static struct frame *read_frame(struct fixture *fixture, enum frame_codec codec)
{
	const struct hub_reader_options options = {.mode = HUB_EVERY, .from_us = INT64_MAX};
	_cleanup_(hub_reader_free_p) struct hub_reader *reader =
		hub_reader_new(camera_hub(fixture->camera, codec), &options);
	struct frame *frame = NULL;

	assert_non_null(reader);
	assert_int_equal(hub_reader_wait(reader, clock_mono_us() + DEADLINE_US, &frame, NULL), 0);
	return frame;
}

static void gives_jpeg_and_h264_of_one_capture(void **state)
{
	struct fixture fixture;
	begin(&fixture);
	start(&fixture);
	_cleanup_(frame_unref_p) struct frame *jpeg = read_frame(&fixture, FRAME_JPEG);
	_cleanup_(frame_unref_p) struct frame *h264 = read_frame(&fixture, FRAME_H264);

	assert_int_equal(frame_info(jpeg)->width, 320);
	assert_int_equal(frame_info(jpeg)->quality, 80);
	assert_true(frame_info(h264)->key);
	assert_int_equal(frame_info(h264)->codec, FRAME_H264);
	end(&fixture);
}

/* Reads frames until one fits the profile; none of them is a placeholder, and no number is left
 * out or there twice. */
static void read_until(struct hub_reader *reader, const struct profile *profile)
{
	int64_t deadline_us = clock_mono_us() + DEADLINE_US;
	uint64_t sequence = 0;
	bool fits = false;

	while (!fits) {
		_cleanup_(frame_unref_p) struct frame *frame = NULL;
		uint64_t lost;

		assert_int_equal(hub_reader_wait(reader, deadline_us, &frame, &lost), 0);
		const struct frame_info *info = frame_info(frame);
		assert_false(info->placeholder);
		if (sequence > 0 && lost == 0)
			assert_true(info->sequence > sequence);
		sequence = info->sequence;
		fits = info->width == profile->width && info->height == profile->height &&
		       info->quality == profile->quality;
	}
}

static void switches_its_profile_under_a_reader(void **state)
{
	static const struct profile large = {"large", 640, 480, 30, 70};
	static const struct profile slow = {"slow", 640, 480, 5, 40};
	const struct hub_reader_options options = {.mode = HUB_EVERY, .from_us = INT64_MAX};
	struct fixture fixture;
	struct source_mode mode;
	begin(&fixture);
	start(&fixture);
	struct hub_reader *reader =
		hub_reader_new(camera_hub(fixture.camera, FRAME_JPEG), &options);
	struct profile own = profile_of_camera(&fixture.config);

	read_until(reader, &own);
	wait_for(&fixture.heard, &fixture.heard.online, 1);
	camera_set_profile(fixture.camera, &large);
	read_until(reader, &large);
	wait_for(&fixture.heard, &fixture.heard.modes, 1);
	assert_int_equal(camera_mode(fixture.camera, &mode), 0);
	assert_int_equal(mode.width, 640);
	/* The same size and a lower rate: the source goes on as it is. */
	camera_set_profile(fixture.camera, &slow);
	read_until(reader, &slow);
	assert_int_equal(camera_mode(fixture.camera, &mode), 0);
	assert_true(mode.fps == 30);
	hub_reader_free(reader);
	end(&fixture);
	assert_int_equal(fixture.heard.modes, 1);
	assert_int_equal(fixture.heard.offline, 0);
	assert_int_equal(fixture.heard.online, 1);
}

static void a_profile_may_be_set_while_the_camera_is_away(void **state)
{
	static const struct profile large = {"large", 640, 480, 30, 70};
	struct fixture fixture;
	begin(&fixture);
	fixture.config.source = (char *)"replay:/does/not/exist";
	start(&fixture);
	wait_for(&fixture.heard, &fixture.heard.offline, 1);
	camera_set_profile(fixture.camera, &large);
	_cleanup_(frame_unref_p) struct frame *frame = read_frame(&fixture, FRAME_JPEG);

	assert_true(frame_info(frame)->placeholder);
	assert_int_equal(frame_info(frame)->width, 640);
	end(&fixture);
}

static void encodes_nothing_while_nobody_reads(void **state)
{
	struct fixture fixture;
	struct camera_stats stats;
	begin(&fixture);
	start(&fixture);
	wait_for(&fixture.heard, &fixture.heard.online, 1);
	int64_t deadline_us = clock_mono_us() + DEADLINE_US;
	do {
		camera_stats(fixture.camera, &stats);
		assert_true(clock_mono_us() < deadline_us);
	} while (stats.captured < 10);

	assert_int_equal(stats.encoded, 0);
	assert_int_equal(stats.dropped_sensor, 0);
	end(&fixture);
}

static void takes_a_snapshot_newer_than_the_request(void **state)
{
	struct fixture fixture;
	const struct camera_snapshot_options options = {.max_width = 160,
	                                                .timeout_us = DEADLINE_US};
	begin(&fixture);
	start(&fixture);
	int64_t asked_us = clock_mono_us();

	assert_int_equal(camera_snapshot(fixture.camera, &options, on_snapshot, &fixture.heard), 0);
	wait_for(&fixture.heard, &fixture.heard.snapshots, 1);
	assert_int_equal(fixture.heard.error, 0);
	assert_true(fixture.heard.picture.pts_us >= asked_us);
	assert_int_equal(fixture.heard.picture.width, 160);
	end(&fixture);
}

static void refuses_more_snapshots_than_it_holds(void **state)
{
	struct fixture fixture;
	const struct camera_snapshot_options options = {.timeout_us = DEADLINE_US};
	int error = 0, accepted = 0;
	begin(&fixture);
	fixture.config.source = (char *)"replay:/does/not/exist";
	start(&fixture);
	while (error == 0) {
		error = camera_snapshot(fixture.camera, &options, on_snapshot, &fixture.heard);
		accepted += error == 0;
	}

	assert_int_equal(error, -ENOSPC);
	assert_in_range(accepted, CAMERA_MAX_SNAPSHOTS, CAMERA_MAX_SNAPSHOTS + 1);
	end(&fixture);
	assert_int_equal(fixture.heard.snapshots, accepted);
}

static void shows_a_placeholder_while_the_camera_is_away(void **state)
{
	struct fixture fixture;
	begin(&fixture);
	fixture.config.source = (char *)"replay:/does/not/exist";
	start(&fixture);
	wait_for(&fixture.heard, &fixture.heard.offline, 1);
	_cleanup_(frame_unref_p) struct frame *frame = read_frame(&fixture, FRAME_JPEG);

	assert_true(frame_info(frame)->placeholder);
	assert_false(camera_is_online(fixture.camera));
	end(&fixture);
	assert_int_equal(fixture.heard.online, 0);
}

static void a_camera_without_pictures_never_is_online(void **state)
{
	struct fixture fixture;
	begin(&fixture);
	fixture.config.id = (char *)"frozen";
	fixture.config.pattern_fault = (char *)"stall@0";
	start(&fixture);

	wait_for(&fixture.heard, &fixture.heard.offline, 1);
	end(&fixture);
	assert_int_equal(fixture.heard.online, 0);
}

static void sets_the_controls_before_the_first_picture(void **state)
{
	struct fixture fixture;
	begin(&fixture);
	fixture.config.id = (char *)"told";
	fixture.config.controls[0] = (struct config_control){(char *)"Fault", (char *)"Disconnect"};
	fixture.config.control_count = 1;
	start(&fixture);

	wait_for(&fixture.heard, &fixture.heard.offline, 1);
	end(&fixture);
	assert_int_equal(fixture.heard.online, 0);
}

static void comes_back_after_a_disconnect(void **state)
{
	struct fixture fixture;
	begin(&fixture);
	fixture.config.id = (char *)"disconnected"; /* faults count from an id's first start */
	fixture.config.pattern_fault = (char *)"disconnect@3+1.5";
	start(&fixture);
	wait_for(&fixture.heard, &fixture.heard.online, 1);
	wait_for(&fixture.heard, &fixture.heard.offline, 1);
	wait_for(&fixture.heard, &fixture.heard.online, 2);
	struct camera_stats stats;
	camera_stats(fixture.camera, &stats);
	assert_true(stats.restarts >= 1);
	end(&fixture);
}

static void an_unwatched_camera_on_demand_stops_and_comes_back(void **state)
{
	struct fixture fixture;
	begin(&fixture);
	fixture.config.capture = CONFIG_CAPTURE_ON_DEMAND;
	start(&fixture);
	wait_for(&fixture.heard, &fixture.heard.online, 1);
	_cleanup_(frame_unref_p) struct frame *frame = read_frame(&fixture, FRAME_JPEG);
	assert_false(frame_info(frame)->placeholder);
	assert_true(camera_is_online(fixture.camera));
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_jpeg_and_h264_of_one_capture),
		cmocka_unit_test(switches_its_profile_under_a_reader),
		cmocka_unit_test(a_profile_may_be_set_while_the_camera_is_away),
		cmocka_unit_test(encodes_nothing_while_nobody_reads),
		cmocka_unit_test(takes_a_snapshot_newer_than_the_request),
		cmocka_unit_test(refuses_more_snapshots_than_it_holds),
		cmocka_unit_test(shows_a_placeholder_while_the_camera_is_away),
		cmocka_unit_test(a_camera_without_pictures_never_is_online),
		cmocka_unit_test(sets_the_controls_before_the_first_picture),
		cmocka_unit_test(comes_back_after_a_disconnect),
		cmocka_unit_test(an_unwatched_camera_on_demand_stops_and_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
