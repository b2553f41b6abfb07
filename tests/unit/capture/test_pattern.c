#include "capture/pattern.h"

#include "collector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A camera of its own for each test: a fault's clock goes on for the whole process. */
static struct config_camera camera_named(const char *id)
{
	return (struct config_camera){
		.id = (char *)id,
		.name = "Garden",
		.source = "pattern",
		.width = 320,
		.height = 240,
		.fps = 100,
		.format = "auto",
		.pattern_noise = 50,
		.pattern_fault = "",
	};
}

static struct source *open_camera(const struct config_camera *camera)
{
	char text[SOURCE_TEXT_SIZE] = "";
	struct source *source = NULL;

	if (pattern_ops.open(camera, &source, text) < 0)
		fail_msg("%s", text);
	return source;
}

static uint32_t frame_in(const struct image *image)
{
	const struct image_info *info = image_info(image);
	struct pattern_code code;

	assert_int_equal(pattern_code_read(info->planes[0], info->strides[0], info->width,
	                                   info->height, &code),
	                 0);
	assert_int_equal(code.time_ms, (info->pts_us / 1000) & PATTERN_TIME_MASK);
	return code.frame;
}

/* The next image's sequence, which has to be the number shown in it. */
static uint64_t take_sequence(struct collector *collector)
{
	_cleanup_(image_unref_p) struct image *image = collector_take(collector);

	assert_non_null(image);
	assert_int_equal(frame_in(image), image_info(image)->sequence);
	return image_info(image)->sequence;
}

static void delivers_numbered_images(void **state)
{
	const struct config_camera camera = camera_named("example");
	struct source *source = open_camera(&camera);
	struct collector collector;
	struct source_mode mode;
	uint64_t last;

	collector_init(&collector);
	pattern_ops.mode(source, &mode);
	assert_int_equal(mode.width, 320);
	assert_int_equal(mode.format, IMAGE_YUV420);

	assert_int_equal(pattern_ops.start(source, &collector.sink), 0);
	last = take_sequence(&collector);
	for (int i = 0; i < 10; i++) {
		const uint64_t sequence = take_sequence(&collector);

		assert_true(sequence > last);
		last = sequence;
	}
	pattern_ops.stop(source);
	pattern_ops.close(source);
	collector_finish(&collector);
}

/* However late the thread is, time stamps lie on the grid of the rate: there is no drift. */
static void keeps_the_rate_exactly(void **state)
{
	struct config_camera camera = camera_named("rate");
	struct collector collector;
	struct source *source;
	int64_t start_us = 0;

	camera.fps = 29.97;
	source = open_camera(&camera);
	collector_init(&collector);
	assert_int_equal(pattern_ops.start(source, &collector.sink), 0);
	for (int i = 0; i < 20; i++) {
		_cleanup_(image_unref_p) struct image *image = collector_take(&collector);
		const struct image_info *info;
		int64_t expected_us;

		assert_non_null(image);
		info = image_info(image);
		expected_us = (int64_t)((double)info->sequence * 1e6 / 29.97);
		if (i == 0)
			start_us = info->pts_us - expected_us;
		assert_true(llabs(info->pts_us - start_us - expected_us) <= 1);
		assert_true(info->pts_us <= clock_mono_us());
	}
	pattern_ops.stop(source);
	pattern_ops.close(source);
	collector_finish(&collector);
}

static void counts_on_while_nobody_wants_images(void **state)
{
	const struct config_camera camera = camera_named("unwanted");
	struct source *source = open_camera(&camera);
	struct collector collector;

	collector_init(&collector);
	collector_set_wanted(&collector, false);
	assert_int_equal(pattern_ops.start(source, &collector.sink), 0);
	assert_true(collector_wait_asked(&collector, 10));
	assert_null(collector_take_until(&collector, 0));
	collector_set_wanted(&collector, true);
	assert_true(take_sequence(&collector) >= 9);
	pattern_ops.stop(source);
	pattern_ops.close(source);
	collector_finish(&collector);
}

/* As at a sensor: while all buffers are out, frames are lost, and their numbers are missing. */
static void loses_frames_while_all_buffers_are_out(void **state)
{
	const struct config_camera camera = camera_named("buffers");
	struct source *source = open_camera(&camera);
	struct collector collector;
	struct image *held[4];
	uint64_t last;

	collector_init(&collector);
	assert_int_equal(pattern_ops.start(source, &collector.sink), 0);
	for (int i = 0; i < 4; i++) {
		held[i] = collector_take(&collector);
		assert_non_null(held[i]);
	}
	last = image_info(held[3])->sequence;
	assert_true(collector_wait_asked(&collector, 5));
	assert_null(collector_take_until(&collector, 0));
	image_unref(held[0]);
	assert_true(take_sequence(&collector) >= last + 5);
	pattern_ops.stop(source);
	pattern_ops.close(source);
	for (int i = 1; i < 4; i++) { /* after close they are still whole */
		frame_in(held[i]);
		image_unref(held[i]);
	}
	collector_finish(&collector);
}

static void counts_on_after_a_stop(void **state)
{
	const struct config_camera camera = camera_named("again");
	struct source *source = open_camera(&camera);
	struct collector collector;
	uint64_t last;

	collector_init(&collector);
	assert_int_equal(pattern_ops.start(source, &collector.sink), 0);
	take_sequence(&collector);
	pattern_ops.stop(source);
	image_unref(collector_take_until(&collector, 0));
	pattern_ops.stop(source); /* does no harm */

	assert_int_equal(pattern_ops.start(source, &collector.sink), 0);
	last = take_sequence(&collector);
	assert_true(last > 0);
	pattern_ops.stop(source);
	pattern_ops.close(source);
	collector_finish(&collector);
}

static void disconnects_by_plan_and_comes_back(void **state)
{
	struct config_camera camera = camera_named("plan");
	char text[SOURCE_TEXT_SIZE] = "";
	struct collector collector;
	struct source *source;
	int64_t start_us;

	camera.pattern_fault = "disconnect@0.1+1.4";
	start_us = clock_mono_us();
	source = open_camera(&camera);
	collector_init(&collector);
	assert_int_equal(pattern_ops.start(source, &collector.sink), 0);
	assert_true(collector_wait_gone(&collector));
	assert_true(clock_mono_us() - start_us >= 100000);
	pattern_ops.stop(source);
	pattern_ops.close(source);

	/* Away it stays until its time is over; how soon a busy machine looks is left open. */
	while (pattern_ops.open(&camera, &source, text) == -ENODEV) {
		assert_string_equal(text, "the pattern is disconnected");
		assert_true(clock_mono_us() - start_us < COLLECTOR_DEADLINE_US);
		image_unref(collector_take_until(&collector, clock_mono_us() + 10000));
	}
	assert_true(clock_mono_us() - start_us >= 1500000);
	pattern_ops.close(source);
	collector_finish(&collector);
}

static void stalls_by_plan(void **state)
{
	struct config_camera camera = camera_named("stall");
	struct collector collector;
	struct source *source;
	struct image *image;

	camera.pattern_fault = "stall@0.1";
	source = open_camera(&camera);
	collector_init(&collector);
	assert_int_equal(pattern_ops.start(source, &collector.sink), 0);
	do {
		image = collector_take_until(&collector, clock_mono_us() + 300000);
		assert_true(!image || image_info(image)->sequence < 11);
		image_unref(image);
	} while (image);
	assert_false(collector.gone);
	pattern_ops.stop(source);
	pattern_ops.close(source);
	collector_finish(&collector);
}

static void faults_by_control(void **state)
{
	const struct config_camera camera = camera_named("control");
	struct source *source = open_camera(&camera);
	char text[SOURCE_TEXT_SIZE] = "";
	struct collector collector;
	struct image *before, *after;

	collector_init(&collector);
	assert_int_equal(pattern_ops.set_control(source, "Fault", 2), 0); /* slow */
	assert_int_equal(pattern_ops.start(source, &collector.sink), 0);
	before = collector_take(&collector);
	after = collector_take(&collector);
	assert_non_null(before);
	assert_non_null(after);
	assert_true(image_info(after)->pts_us - image_info(before)->pts_us >= USEC_PER_SEC);
	image_unref(before);
	image_unref(after);

	assert_int_equal(pattern_ops.set_control(source, "Fault", 3), 0);
	assert_true(collector_wait_gone(&collector));
	pattern_ops.stop(source);
	pattern_ops.close(source);
	assert_int_equal(pattern_ops.open(&camera, &source, text), -ENODEV);
	collector_finish(&collector);
}

static void controls_have_limits(void **state)
{
	const struct config_camera camera = camera_named("limits");
	struct source *source = open_camera(&camera);
	struct source_control controls[8];
	const struct source_control *brightness;

	assert_int_equal(pattern_ops.set_control(source, "brightness", 1), 0);
	assert_int_equal(pattern_ops.set_control(source, "Brightness", 1.01), -ERANGE);
	assert_int_equal(pattern_ops.set_control(source, "Brightness", -1.01), -ERANGE);
	assert_int_equal(pattern_ops.set_control(source, "Fault", 4), -ERANGE);
	assert_int_equal(pattern_ops.set_control(source, "Colour", 0), -ENOENT);

	assert_int_equal(pattern_ops.controls(source, controls, 1), 1);
	assert_int_equal(pattern_ops.controls(source, controls, 8), 6);
	brightness = source_control_find(controls, 6, "Brightness");
	assert_true(brightness->value == 1 && brightness->min == -1 && brightness->max == 1);
	pattern_ops.close(source);
}

static void refuses_what_it_cannot_do(void **state)
{
	static const struct {
		int width, height;
		double fps;
		const char *format, *fault;
		const char *text; /* that the explanation holds; NULL: it can */
	} cases[] = {
		{16, 16, 1, "YUV420", "", NULL},
		{15, 16, 1, "auto", "", "16x16 to 8192x8192"},
		{16, 8193, 1, "auto", "", "16x16 to 8192x8192"},
		{16, 16, 0, "auto", "", "any rate"},
		{16, 16, 1, "MJPEG", "", "no format MJPEG, only YUV420"},
		{16, 16, 1, "auto", "burn@3", "no fault \"burn@3\""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_camera camera = camera_named("refused");
		char text[SOURCE_TEXT_SIZE] = "";
		struct source *source = NULL;
		int r;

		camera.width = cases[i].width;
		camera.height = cases[i].height;
		camera.fps = cases[i].fps;
		camera.format = (char *)cases[i].format;
		camera.pattern_fault = (char *)cases[i].fault;
		r = pattern_ops.open(&camera, &source, text);
		assert_int_equal(r, cases[i].text ? -EINVAL : 0);
		if (cases[i].text)
			assert_non_null(strstr(text, cases[i].text));
		else
			pattern_ops.close(source);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delivers_numbered_images),
		cmocka_unit_test(keeps_the_rate_exactly),
		cmocka_unit_test(counts_on_while_nobody_wants_images),
		cmocka_unit_test(loses_frames_while_all_buffers_are_out),
		cmocka_unit_test(counts_on_after_a_stop),
		cmocka_unit_test(disconnects_by_plan_and_comes_back),
		cmocka_unit_test(stalls_by_plan),
		cmocka_unit_test(faults_by_control),
		cmocka_unit_test(controls_have_limits),
		cmocka_unit_test(refuses_what_it_cannot_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
