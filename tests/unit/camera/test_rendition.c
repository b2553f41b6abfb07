#include "camera/rendition.h"

#include "../media/picture.h"
#include "base/clock.h"
#include "media/jpeg_encoder.h"

#include <stdatomic.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DEADLINE_US (30 * USEC_PER_SEC)

static void on_demand(void *user, bool wanted)
{
	atomic_fetch_add((atomic_int *)user, wanted ? 1 : 100);
}

struct fixture {
	atomic_int demand;
	struct rendition *rendition;
	struct hub_reader *reader;
};

static void begin(struct fixture *fixture, int max_width, double fps)
{
	const struct rendition_options options = {
		.camera_id = "cam0",
		.thread = "test",
		.max_width = max_width,
		.fps = fps,
		.quality = 70,
		.ring = {16, 1024 * 1024},
		.demand = on_demand,
		.user = &fixture->demand,
	};

	fixture->demand = 0;
	fixture->reader = NULL;
	fixture->rendition = rendition_new(&options);
	assert_non_null(fixture->rendition);
	assert_int_equal(rendition_start(fixture->rendition), 0);
}

static void read_from_now(struct fixture *fixture)
{
	const struct hub_reader_options options = {.mode = HUB_EVERY, .from_us = INT64_MAX};

	fixture->reader = hub_reader_new(rendition_hub(fixture->rendition), &options);
	assert_non_null(fixture->reader);
}

static void end(struct fixture *fixture)
{
	hub_reader_free(fixture->reader);
	rendition_stop(fixture->rendition);
	rendition_free(fixture->rendition);
}

static struct frame *next_frame(struct fixture *fixture)
{
	struct frame *frame = NULL;

	assert_int_equal(
		hub_reader_wait(fixture->reader, clock_mono_us() + DEADLINE_US, &frame, NULL), 0);
	return frame;
}

/* The same picture as a camera's own JPEG; what it lies in is `ret_frame`. */
static struct image *jpeg_image(int width, int height, struct frame **ret_frame)
{
	_cleanup_(image_unref_p) struct image *planes = picture_new(IMAGE_YUV420, width, height, 1);
	_cleanup_(jpeg_encoder_free_p) struct jpeg_encoder *encoder = jpeg_encoder_new();

	assert_int_equal(jpeg_encoder_encode(encoder, planes, 95, ret_frame), 0);
	const struct image_info info = {
		.format = IMAGE_JPEG,
		.width = width,
		.height = height,
		.pts_us = 1,
		.planes = {frame_data(*ret_frame)},
		.size = frame_size(*ret_frame),
	};
	return image_new(&info, NULL, NULL);
}

static void encodes_nothing_while_nobody_reads(void **state)
{
	_cleanup_(image_unref_p) struct image *image = picture_new(IMAGE_YUV420, 640, 480, 0);
	struct rendition_stats stats;
	struct fixture fixture;
	begin(&fixture, 320, 5);

	rendition_offer(fixture.rendition, image);
	assert_false(rendition_is_wanted(fixture.rendition));
	assert_false(rendition_is_due(fixture.rendition, INT64_MAX));
	end(&fixture);
	assert_int_equal(fixture.demand, 0);
	begin(&fixture, 320, 5);
	rendition_stats(fixture.rendition, &stats);
	assert_int_equal(stats.encoded, 0);
	end(&fixture);
}

static void tells_of_demand(void **state)
{
	struct fixture fixture;
	begin(&fixture, 0, 0);
	read_from_now(&fixture);

	assert_int_equal(fixture.demand, 1);
	hub_reader_free(fixture.reader);
	fixture.reader = NULL;
	assert_int_equal(fixture.demand, 101);
	end(&fixture);
}

/* Whatever comes, and whatever it comes in: 160 px wide, and the quality of the rendition. */
static void scales_wide_pictures_down(void **state)
{
	static const enum image_format formats[] = {IMAGE_YUV420, IMAGE_NV12, IMAGE_YUYV,
	                                            IMAGE_JPEG};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		_cleanup_(frame_unref_p) struct frame *jpeg = NULL;
		_cleanup_(image_unref_p) struct image *image =
			formats[i] == IMAGE_JPEG ? jpeg_image(640, 360, &jpeg)
						 : picture_new(formats[i], 640, 360, 0);
		struct fixture fixture;
		begin(&fixture, 160, 0);
		read_from_now(&fixture);
		rendition_offer(fixture.rendition, image);
		_cleanup_(frame_unref_p) struct frame *frame = next_frame(&fixture);

		assert_int_equal(frame_info(frame)->width, 160);
		assert_int_equal(frame_info(frame)->height, 90);
		assert_int_equal(frame_info(frame)->quality, 70);
		assert_int_equal(frame_info(frame)->pts_us, image_info(image)->pts_us);
		end(&fixture);
	}
}

/* Of a camera with two streams: the smaller picture, under the same number, encoded as it is; only
 * where pictures are scaled down. */
static void takes_a_cameras_small_picture(void **state)
{
	static const int cases[][2] = {{160, 128}, {0, 640}}; /* max_width, width */

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* Not the size that scaling would give. */
		_cleanup_(image_unref_p) struct image *small = picture_new(IMAGE_NV12, 128, 96, 0);
		_cleanup_(image_unref_p) struct image *image =
			picture_with_small(picture_new(IMAGE_NV12, 640, 360, 9), small);
		struct fixture fixture;
		begin(&fixture, cases[i][0], 0);
		read_from_now(&fixture);
		rendition_offer(fixture.rendition, image);
		_cleanup_(frame_unref_p) struct frame *frame = next_frame(&fixture);

		assert_int_equal(frame_info(frame)->width, cases[i][1]);
		assert_int_equal(frame_info(frame)->sequence, image_info(image)->sequence);
		end(&fixture);
	}
}

static void leaves_small_pictures_their_size(void **state)
{
	_cleanup_(image_unref_p) struct image *image = picture_new(IMAGE_YUV420, 128, 96, 0);
	struct fixture fixture;
	begin(&fixture, 160, 0);
	read_from_now(&fixture);
	rendition_offer(fixture.rendition, image);
	_cleanup_(frame_unref_p) struct frame *frame = next_frame(&fixture);

	assert_int_equal(frame_info(frame)->width, 128);
	end(&fixture);
}

static void passes_jpegs_through_where_they_fit(void **state)
{
	_cleanup_(frame_unref_p) struct frame *jpeg = NULL;
	_cleanup_(image_unref_p) struct image *image = jpeg_image(640, 360, &jpeg);
	struct rendition_stats stats;
	struct fixture fixture;
	begin(&fixture, 0, 0);
	read_from_now(&fixture);
	rendition_offer(fixture.rendition, image);
	_cleanup_(frame_unref_p) struct frame *frame = next_frame(&fixture);

	assert_int_equal(frame_size(frame), frame_size(jpeg));
	assert_memory_equal(frame_data(frame), frame_data(jpeg), frame_size(jpeg));
	assert_int_equal(frame_info(frame)->quality, -1);
	rendition_stats(fixture.rendition, &stats);
	assert_int_equal(stats.encoded, 1);
	end(&fixture);
}

static void broken_jpegs_are_counted(void **state)
{
	static const uint8_t rubbish[256] = {0xff, 0xd8, 0xff};
	const struct image_info info = {
		.format = IMAGE_JPEG, .width = 64, .height = 48, .planes = {rubbish}, .size = 256};
	_cleanup_(image_unref_p) struct image *image = image_new(&info, NULL, NULL);
	int64_t deadline_us = clock_mono_us() + DEADLINE_US;
	struct rendition_stats stats;
	struct fixture fixture;

	for (int max_width = 0; max_width <= 160; max_width += 160) {
		begin(&fixture, max_width, 0);
		read_from_now(&fixture);
		rendition_offer(fixture.rendition, image);
		do {
			rendition_stats(fixture.rendition, &stats);
			assert_true(clock_mono_us() < deadline_us);
		} while (stats.dropped_encoder == 0);
		assert_int_equal(stats.encoded, 0);
		end(&fixture);
	}
}

static void thins_to_its_rate(void **state)
{
	struct fixture fixture;
	int64_t times_us[6] = {0};
	begin(&fixture, 64, 5);
	read_from_now(&fixture);

	for (int i = 0, count = 0; count < 6; i++) {
		const struct image_info info = {.format = IMAGE_YUV420,
		                                .width = 64,
		                                .height = 48,
		                                .pts_us = 1000000 + i * USEC_PER_SEC / 30};
		_cleanup_(image_unref_p) struct image *image = image_new_planes(&info);
		bool due = rendition_is_due(fixture.rendition, info.pts_us);

		picture_fill(image, i);
		rendition_offer(fixture.rendition, image);
		assert_true(i < 40);
		if (!due)
			continue;
		_cleanup_(frame_unref_p) struct frame *frame = next_frame(&fixture);
		times_us[count++] = frame_info(frame)->pts_us;
	}
	assert_in_range(times_us[5] - times_us[0], 960000, 1040000);
	end(&fixture);
}

static void sizes_keep_their_shape_and_stay_even(void **state)
{
	static const int cases[][4] = {{1280, 720, 320, 180},  {640, 480, 320, 240},
	                               {320, 240, 320, 240},   {100, 3000, 100, 3000},
	                               {1922, 1082, 320, 180}, {8192, 16, 320, 2}};
	struct fixture fixture;
	begin(&fixture, 320, 0);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int width = cases[i][0], height = cases[i][1];

		rendition_size(fixture.rendition, &width, &height);
		assert_int_equal(width, cases[i][2]);
		assert_int_equal(height, cases[i][3]);
	}
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_nothing_while_nobody_reads),
		cmocka_unit_test(tells_of_demand),
		cmocka_unit_test(scales_wide_pictures_down),
		cmocka_unit_test(takes_a_cameras_small_picture),
		cmocka_unit_test(leaves_small_pictures_their_size),
		cmocka_unit_test(passes_jpegs_through_where_they_fit),
		cmocka_unit_test(broken_jpegs_are_counted),
		cmocka_unit_test(thins_to_its_rate),
		cmocka_unit_test(sizes_keep_their_shape_and_stay_even),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
