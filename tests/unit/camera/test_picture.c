#include "camera/picture.h"

#include "base/backoff.h"
#include "media/image.h"
#include "media/jpeg.h"
#include "media/jpeg_encoder.h"

#include <errno.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WIDTH 640
#define HEIGHT 480

/* Noise: a JPEG that is as large as they come. */
static struct frame *noisy_frame(void)
{
	const struct image_info info = {.format = IMAGE_YUV420,
	                                .width = WIDTH,
	                                .height = HEIGHT,
	                                .full_range = true,
	                                .sequence = 9,
	                                .pts_us = 1234};
	_cleanup_(image_unref_p) struct image *image = image_new_planes(&info);
	_cleanup_(jpeg_encoder_free_p) struct jpeg_encoder *encoder = jpeg_encoder_new();
	struct frame *frame = NULL;
	uint32_t random = 1;

	for (int plane = 0; plane < 3; plane++) {
		size_t rows = plane ? HEIGHT / 2 : HEIGHT;
		size_t size = rows * (size_t)image_info(image)->strides[plane];
		for (size_t i = 0; i < size; i++) {
			random = random * 1664525 + 1013904223;
			image_plane(image, plane)[i] = (uint8_t)(random >> 24);
		}
	}
	assert_int_equal(jpeg_encoder_encode(encoder, image, 90, &frame), 0);
	return frame;
}

static void without_wishes_is_the_frame_itself(void **state)
{
	_cleanup_(frame_unref_p) struct frame *frame = noisy_frame();
	_cleanup_(frame_unref_p) struct frame *same = NULL;
	const struct picture_wish wish = {.max_width = WIDTH, .max_bytes = frame_size(frame)};

	assert_int_equal(picture_fit(frame, &wish, &same), 0);
	assert_ptr_equal(same, frame);
}

static void gets_smaller_in_width(void **state)
{
	_cleanup_(frame_unref_p) struct frame *frame = noisy_frame();
	_cleanup_(frame_unref_p) struct frame *small = NULL;
	const struct picture_wish wish = {.max_width = 321};
	struct jpeg_header header;

	assert_int_equal(picture_fit(frame, &wish, &small), 0);
	assert_int_equal(jpeg_parse(frame_data(small), frame_size(small), &header), 0);
	assert_int_equal(header.width, 320);
	assert_int_equal(header.height, 240);
	assert_int_equal(frame_info(small)->pts_us, 1234);
	assert_int_equal(frame_info(small)->sequence, 9);
}

static void takes_the_quality_asked_for(void **state)
{
	_cleanup_(frame_unref_p) struct frame *frame = noisy_frame();
	_cleanup_(frame_unref_p) struct frame *low = NULL;
	const struct picture_wish wish = {.quality = 20};

	assert_int_equal(picture_fit(frame, &wish, &low), 0);
	assert_int_equal(frame_info(low)->quality, 20);
	assert_true(frame_size(low) < frame_size(frame) / 2);
}

static void steps_down_to_the_limit(void **state)
{
	_cleanup_(frame_unref_p) struct frame *frame = noisy_frame();

	for (size_t limit = frame_size(frame) - 1; limit > 20000; limit /= 2) {
		_cleanup_(frame_unref_p) struct frame *fitted = NULL;
		const struct picture_wish wish = {.max_bytes = limit};

		assert_int_equal(picture_fit(frame, &wish, &fitted), 0);
		assert_true(frame_size(fitted) <= limit);
	}
}

static void says_when_no_step_is_small_enough(void **state)
{
	_cleanup_(frame_unref_p) struct frame *frame = noisy_frame();
	struct frame *fitted = NULL;
	const struct picture_wish wish = {.max_bytes = 300};

	assert_int_equal(picture_fit(frame, &wish, &fitted), -EFBIG);
	assert_null(fitted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_wishes_is_the_frame_itself),
		cmocka_unit_test(gets_smaller_in_width),
		cmocka_unit_test(takes_the_quality_asked_for),
		cmocka_unit_test(steps_down_to_the_limit),
		cmocka_unit_test(says_when_no_step_is_small_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
