#include "camera/encoding.h"

#include "../media/picture.h"
#include "base/clock.h"
#include "media/jpeg_decoder.h"
#include "media/jpeg_encoder.h"
#include "media/overlay.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DEADLINE_US (30 * USEC_PER_SEC)

struct fixture {
	struct config_camera config;
	struct encoding *encoding;
	struct hub_reader *reader; /* of H.264 */
};

static void on_demand(void *user)
{
}

static void begin(struct fixture *fixture, void (*change)(struct config_camera *config))
{
	const struct hub_reader_options options = {.mode = HUB_EVERY, .from_us = INT64_MAX};

	fixture->config = (struct config_camera){
		.id = (char *)"cam0",
		.name = (char *)"Door",
		.preview_width = 160,
		.preview_fps = 5,
		.preview_quality = 50,
		.fps = 30,
		.jpeg_quality = 80,
		.h264_encoder = (char *)"libx264",
		.h264_preset = (char *)"ultrafast",
		.h264_crf = 23,
		.h264_gop_s = 2,
	};
	if (change)
		change(&fixture->config);
	fixture->encoding = encoding_new(&fixture->config, on_demand, NULL);
	assert_non_null(fixture->encoding);
	assert_int_equal(encoding_start(fixture->encoding), 0);
	fixture->reader = hub_reader_new(encoding_hub(fixture->encoding, FRAME_H264), &options);
	assert_non_null(fixture->reader);
}

static void end(struct fixture *fixture)
{
	hub_reader_free(fixture->reader);
	encoding_stop(fixture->encoding);
	encoding_free(fixture->encoding);
}

static struct image *grey(int width, int height)
{
	const struct image_info info = {.format = IMAGE_YUV420,
	                                .width = width,
	                                .height = height,
	                                .pts_us = 1,
	                                .full_range = true};
	struct image *image = image_new_planes(&info);

	assert_non_null(image);
	for (int plane = 0; plane < 3; plane++) {
		int rows = plane ? (height + 1) / 2 : height;

		memset(image_plane(image, plane), 128,
		       (size_t)image_info(image)->strides[plane] * (size_t)rows);
	}
	return image;
}

/* The size of the H.264 frame that comes of an image. */
static void assert_encodes_as(struct image *image, int width, int height)
{
	_cleanup_(frame_unref_p) struct frame *frame = NULL;
	struct encoding_stats stats;
	struct fixture fixture;
	begin(&fixture, NULL);

	encoding_image(fixture.encoding, image);
	assert_int_equal(
		hub_reader_wait(fixture.reader, clock_mono_us() + DEADLINE_US, &frame, NULL), 0);
	assert_int_equal(frame_info(frame)->width, width);
	assert_int_equal(frame_info(frame)->height, height);
	encoding_stats(fixture.encoding, &stats);
	assert_int_equal(stats.dropped_encoder, 0);
	end(&fixture);
}

static void encodes_planes(void **state)
{
	_cleanup_(image_unref_p) struct image *image = grey(320, 240);

	assert_encodes_as(image, 320, 240);
}

static void crops_odd_sizes_for_h264(void **state)
{
	static const int sizes[][2] = {{321, 241}, {321, 240}, {320, 241}};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		_cleanup_(image_unref_p) struct image *image = grey(sizes[i][0], sizes[i][1]);

		assert_encodes_as(image, 320, 240);
	}
}

/* Says in a JPEG's frame header that it is smaller, by less than a block: still a valid one. */
static void set_jpeg_size(uint8_t *jpeg, size_t size, int width, int height)
{
	static const uint8_t start_of_frame[] = {0xff, 0xc0};
	uint8_t *header = memmem(jpeg, size, start_of_frame, sizeof(start_of_frame));

	assert_non_null(header);
	header[5] = (uint8_t)(height >> 8);
	header[6] = (uint8_t)height;
	header[7] = (uint8_t)(width >> 8);
	header[8] = (uint8_t)width;
}

static void crops_jpegs_of_odd_sizes_for_h264(void **state)
{
	_cleanup_(image_unref_p) struct image *planes = grey(336, 256);
	_cleanup_(frame_unref_p) struct frame *frame = NULL;
	struct jpeg_encoder *encoder = jpeg_encoder_new();
	struct image_info info = {
		.format = IMAGE_JPEG, .width = 321, .height = 241, .full_range = true};

	assert_int_equal(jpeg_encoder_encode(encoder, planes, 90, &frame), 0);
	jpeg_encoder_free(encoder);
	_cleanup_free_ uint8_t *jpeg = malloc(frame_size(frame));
	assert_non_null(jpeg);
	memcpy(jpeg, frame_data(frame), frame_size(frame));
	set_jpeg_size(jpeg, frame_size(frame), info.width, info.height);
	info.planes[0] = jpeg;
	info.size = frame_size(frame);
	_cleanup_(image_unref_p) struct image *image = image_new(&info, NULL, NULL);

	assert_non_null(image);
	assert_encodes_as(image, 320, 240);
}

/* Another rate must not end a recording's file; but key frames come in time. */
static void another_rate_keeps_the_encoder(void **state)
{
	static const struct profile slow = {"slow", 320, 240, 5, 80};
	struct fixture fixture;
	unsigned epoch = 0;
	int keys = 0;
	begin(&fixture, NULL);

	for (int i = 0; i < 12; i++) {
		_cleanup_(image_unref_p) struct image *planes = grey(320, 240);
		struct image_info info = *image_info(planes);
		_cleanup_(frame_unref_p) struct frame *frame = NULL;

		info.pts_us = 1000000 + i * 210000;
		info.sequence = (uint64_t)i;
		_cleanup_(image_unref_p) struct image *image = image_new(&info, NULL, NULL);
		encoding_image(fixture.encoding, image);
		assert_int_equal(hub_reader_wait(fixture.reader, clock_mono_us() + DEADLINE_US,
		                                 &frame, NULL),
		                 0);
		if (i == 0)
			epoch = frame_info(frame)->epoch;
		assert_int_equal(frame_info(frame)->epoch, epoch);
		keys += frame_info(frame)->key;
		encoding_set_profile(fixture.encoding, &slow);
	}
	assert_int_equal(keys, 2); /* at 0 and after 2.1 s */
	end(&fixture);
}

/* A JPEG camera's picture, and what the readers of each kind get of it. */
struct outcome {
	struct frame *frames[3]; /* main, preview, H.264; NULL: nothing came */
};

static void release_frame(void *frame)
{
	frame_unref(frame);
}

static struct image *camera_jpeg(int64_t pts_us)
{
	_cleanup_(image_unref_p) struct image *planes = grey(640, 480);
	_cleanup_(jpeg_encoder_free_p) struct jpeg_encoder *encoder = jpeg_encoder_new();
	struct frame *frame = NULL;

	assert_int_equal(jpeg_encoder_encode(encoder, planes, 90, &frame), 0);
	const struct image_info info = {
		.format = IMAGE_JPEG,
		.width = 640,
		.height = 480,
		.pts_us = pts_us,
		.planes = {frame_data(frame)},
		.size = frame_size(frame),
	};
	return image_new(&info, release_frame, frame);
}

/* `image` (borrowed) to a reader of each kind. */
static void read_all(struct fixture *fixture, unsigned overlay, struct image *image,
                     struct outcome *ret_outcome)
{
	const struct hub_reader_options options = {.mode = HUB_EVERY, .from_us = INT64_MAX};
	struct encoding *encoding = fixture->encoding;
	struct hub_reader *readers[] = {
		hub_reader_new(encoding_hub(encoding, FRAME_JPEG), &options),
		hub_reader_new(rendition_hub(encoding_rendition(encoding, RENDITION_PREVIEW)),
	                       &options),
		fixture->reader,
	};

	encoding_set_overlay(encoding, overlay);
	encoding_image(encoding, image);
	for (int i = 0; i < 3; i++)
		assert_int_equal(hub_reader_wait(readers[i], clock_mono_us() + DEADLINE_US,
		                                 &ret_outcome->frames[i], NULL),
		                 0);
	hub_reader_free(readers[0]);
	hub_reader_free(readers[1]);
}

static void outcome_finish(struct outcome *outcome)
{
	for (int i = 0; i < 3; i++)
		frame_unref(outcome->frames[i]);
}

static void a_jpeg_is_passed_on_and_decoded_for_who_needs_it(void **state)
{
	_cleanup_(image_unref_p) struct image *image = camera_jpeg(clock_mono_us());
	_cleanup_(outcome_finish) struct outcome outcome = {0};
	struct fixture fixture;
	begin(&fixture, NULL);
	read_all(&fixture, 0, image, &outcome);

	assert_int_equal(frame_info(outcome.frames[0])->quality, -1);
	assert_int_equal(frame_info(outcome.frames[1])->width, 160);
	assert_int_equal(frame_info(outcome.frames[1])->quality, 50);
	assert_int_equal(frame_info(outcome.frames[2])->codec, FRAME_H264);
	assert_int_equal(frame_info(outcome.frames[2])->width, 640);
	end(&fixture);
}

static void an_overlay_ends_the_passing_on(void **state)
{
	_cleanup_(image_unref_p) struct image *image = camera_jpeg(clock_mono_us());
	_cleanup_(outcome_finish) struct outcome outcome = {0};
	struct fixture fixture;
	begin(&fixture, NULL);
	read_all(&fixture, OVERLAY_TIME, image, &outcome);

	assert_int_equal(frame_info(outcome.frames[0])->quality, 80);
	assert_int_equal(frame_info(outcome.frames[0])->width, 640);
	assert_int_equal(frame_info(outcome.frames[1])->width, 160);
	assert_int_equal(frame_info(outcome.frames[2])->codec, FRAME_H264);
	end(&fixture);
}

/* How bright a JPEG is in its middle. */
static int luma_of(const struct frame *jpeg)
{
	struct jpeg_decoder *decoder = jpeg_decoder_new();
	_cleanup_(image_unref_p) struct image *planes = NULL;
	const struct image_info none = {0};

	assert_int_equal(
		jpeg_decoder_decode(decoder, frame_data(jpeg), frame_size(jpeg), &none, &planes),
		0);
	jpeg_decoder_free(decoder);
	const struct image_info *info = image_info(planes);
	return info->planes[0][info->height / 2 * info->strides[0] + info->width / 2];
}

/* A camera with two streams, whose small picture is darker, so that it can be told from the other:
 * it goes to the preview and nowhere else, and with an overlay, which it has not, nowhere. */
static void a_small_picture_is_the_preview(void **state)
{
	static const struct {
		unsigned overlay;
		int preview_luma;
	} cases[] = {{0, 40}, {OVERLAY_TIME, 128}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_(image_unref_p) struct image *small = grey(160, 120);
		memset(image_plane(small, 0), 40, (size_t)image_info(small)->strides[0] * 120);
		_cleanup_(image_unref_p) struct image *image =
			picture_with_small(grey(640, 480), small);
		_cleanup_(outcome_finish) struct outcome outcome = {0};
		struct fixture fixture;
		begin(&fixture, NULL);
		read_all(&fixture, cases[i].overlay, image, &outcome);

		assert_int_equal(frame_info(outcome.frames[0])->width, 640);
		assert_in_range(luma_of(outcome.frames[0]), 126, 130);
		assert_int_equal(frame_info(outcome.frames[1])->width, 160);
		assert_in_range(luma_of(outcome.frames[1]), cases[i].preview_luma - 2,
		                cases[i].preview_luma + 2);
		assert_int_equal(frame_info(outcome.frames[2])->width, 640);
		end(&fixture);
	}
}

static void take_another_encoder(struct config_camera *config)
{
	config->h264_encoder = (char *)"h264_none_such";
}

static void falls_back_to_libx264(void **state)
{
	_cleanup_(image_unref_p) struct image *image = grey(320, 240);
	_cleanup_(frame_unref_p) struct frame *frame = NULL;
	struct encoding_stats stats;
	struct fixture fixture;
	begin(&fixture, take_another_encoder);

	encoding_stats(fixture.encoding, &stats);
	assert_string_equal(stats.h264_encoder, "h264_none_such");
	encoding_image(fixture.encoding, image);
	assert_int_equal(
		hub_reader_wait(fixture.reader, clock_mono_us() + DEADLINE_US, &frame, NULL), 0);
	encoding_stats(fixture.encoding, &stats);
	assert_string_equal(stats.h264_encoder, "libx264");
	assert_int_equal(stats.dropped_encoder, 0);
	end(&fixture);
}

/* Lossless is beyond the profile. */
static void take_bad_quality(struct config_camera *config)
{
	config->h264_crf = 0;
}

static void an_encoder_that_fails_is_told(void **state)
{
	_cleanup_(image_unref_p) struct image *image = grey(320, 240);
	int64_t deadline_us = clock_mono_us() + DEADLINE_US;
	struct fixture fixture;
	begin(&fixture, take_bad_quality);

	encoding_image(fixture.encoding, image);
	while (hub_error(encoding_hub(fixture.encoding, FRAME_H264)) == 0)
		assert_true(clock_mono_us() < deadline_us);
	end(&fixture);
}

/* However many read: two recordings, or one and a live view. */
static void readers_share_one_encode(void **state)
{
	const struct hub_reader_options options = {.mode = HUB_EVERY, .from_us = INT64_MAX};
	_cleanup_(image_unref_p) struct image *image = grey(320, 240);
	_cleanup_(frame_unref_p) struct frame *frame = NULL, *same = NULL;
	struct hub_reader *other;
	struct hub_stats stats;
	struct fixture fixture;
	begin(&fixture, NULL);

	other = hub_reader_new(encoding_hub(fixture.encoding, FRAME_H264), &options);
	encoding_image(fixture.encoding, image);
	assert_int_equal(
		hub_reader_wait(fixture.reader, clock_mono_us() + DEADLINE_US, &frame, NULL), 0);
	assert_int_equal(hub_reader_wait(other, clock_mono_us() + DEADLINE_US, &same, NULL), 0);
	assert_ptr_equal(frame, same);
	hub_stats(encoding_hub(fixture.encoding, FRAME_H264), &stats);
	assert_int_equal(stats.published, 1);
	hub_reader_free(other);
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_planes),
		cmocka_unit_test(crops_odd_sizes_for_h264),
		cmocka_unit_test(falls_back_to_libx264),
		cmocka_unit_test(an_encoder_that_fails_is_told),
		cmocka_unit_test(readers_share_one_encode),
		cmocka_unit_test(crops_jpegs_of_odd_sizes_for_h264),
		cmocka_unit_test(another_rate_keeps_the_encoder),
		cmocka_unit_test(a_jpeg_is_passed_on_and_decoded_for_who_needs_it),
		cmocka_unit_test(an_overlay_ends_the_passing_on),
		cmocka_unit_test(a_small_picture_is_the_preview),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
