#include "media/jpeg_encoder.h"

#include "picture.h"

#include <errno.h>
#include <string.h>
#include <turbojpeg.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WIDTH 176
#define HEIGHT 104 /* not a multiple of 16: the last blocks are partly outside */

struct decoded {
	int sampling;
	int down; /* chroma rows: HEIGHT / down */
	uint8_t y[WIDTH * HEIGHT], u[WIDTH / 2 * HEIGHT], v[WIDTH / 2 * HEIGHT];
};

static void decode(const struct frame *frame, struct decoded *ret)
{
	tjhandle handle = tjInitDecompress();
	uint8_t *planes[] = {ret->y, ret->u, ret->v};
	int width, height, colorspace;

	assert_int_equal(tjDecompressHeader3(handle, frame_data(frame), frame_size(frame), &width,
	                                     &height, &ret->sampling, &colorspace),
	                 0);
	assert_int_equal(width, WIDTH);
	assert_int_equal(height, HEIGHT);
	assert_int_equal(colorspace, TJCS_YCbCr);
	assert_int_equal(tjDecompressToYUVPlanes(handle, frame_data(frame), frame_size(frame),
	                                         planes, WIDTH, NULL, HEIGHT, 0),
	                 0);
	ret->down = ret->sampling == TJSAMP_420 ? 2 : 1;
	tjDestroy(handle);
}

static void assert_near(int value, int expected)
{
	if (abs(value - expected) > 6)
		fail_msg("%d is not near %d", value, expected);
}

static int expand_luma(int y, bool full_range)
{
	return full_range ? y : ((y - 16) * 255 + 109) / 219;
}

static int expand_chroma(int c, bool full_range)
{
	return full_range ? c : 128 + (c - 128) * 255 / 224;
}

static void assert_picture(const struct decoded *decoded, bool full_range)
{
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			assert_near(decoded->y[y * WIDTH + x],
			            expand_luma(picture_luma(x, y, 0), full_range));
	for (int y = 0; y < HEIGHT / decoded->down; y++) {
		for (int x = 0; x < WIDTH / 2; x++) {
			int at = y * WIDTH / 2 + x;

			assert_near(decoded->u[at],
			            expand_chroma(picture_u(2 * x, decoded->down * y), full_range));
			assert_near(decoded->v[at],
			            expand_chroma(picture_v(2 * x, decoded->down * y), full_range));
		}
	}
}

/* The picture with limited range said of the same samples. */
static struct image *as_limited(struct image *image)
{
	struct image_info info = *image_info(image);

	info.full_range = false;
	return image_new(&info, NULL, NULL);
}

static void every_raw_format_is_encoded_in_both_ranges(void **state)
{
	static const struct {
		enum image_format format;
		enum TJSAMP sampling;
	} cases[] = {
		{IMAGE_YUV420, TJSAMP_420},
		{IMAGE_NV12, TJSAMP_420},
		{IMAGE_YUV422, TJSAMP_422},
		{IMAGE_YUYV, TJSAMP_422},
	};
	struct jpeg_encoder *encoder = jpeg_encoder_new();
	static struct decoded decoded;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int full_range = 0; full_range < 2; full_range++) {
			struct image *image = picture_new(cases[i].format, WIDTH, HEIGHT, 0);
			struct image *limited = as_limited(image);
			struct frame *frame = NULL;

			assert_int_equal(jpeg_encoder_encode(encoder, full_range ? image : limited,
			                                     97, &frame),
			                 0);
			decode(frame, &decoded);
			assert_int_equal(decoded.sampling, cases[i].sampling);
			assert_picture(&decoded, full_range);
			frame_unref(frame);
			image_unref(limited);
			image_unref(image);
		}
	}
	jpeg_encoder_free(encoder);
}

static void frame_says_what_it_is(void **state)
{
	struct jpeg_encoder *encoder = jpeg_encoder_new();
	struct image *image = picture_new(IMAGE_NV12, 32, 16, 3);
	struct frame *frame = NULL;

	assert_int_equal(jpeg_encoder_encode(encoder, image, 75, &frame), 0);
	const struct frame_info *info = frame_info(frame);
	assert_int_equal(info->codec, FRAME_JPEG);
	assert_int_equal(info->width, 32);
	assert_int_equal(info->height, 16);
	assert_int_equal(info->sequence, image_info(image)->sequence);
	assert_int_equal(info->pts_us, image_info(image)->pts_us);
	assert_int_equal(info->quality, 75);
	assert_true(info->key);
	assert_true(info->full_range);
	frame_unref(frame);
	image_unref(image);
	jpeg_encoder_free(encoder);
}

static void noise_at_quality_100_fits(void **state)
{
	struct jpeg_encoder *encoder = jpeg_encoder_new();
	struct image *image = picture_new(IMAGE_YUV420, WIDTH, HEIGHT, 0);
	unsigned seed = 1;
	struct frame *frame = NULL;

	for (int plane = 0; plane < 3; plane++) {
		int rows = plane ? HEIGHT / 2 : HEIGHT;

		for (int i = 0; i < rows * image_info(image)->strides[plane]; i++)
			image_plane(image, plane)[i] =
				(seed = seed * 1103515245 + 12345) >> 16 & 1 ? 255 : 0;
	}
	assert_int_equal(jpeg_encoder_encode(encoder, image, 100, &frame), 0);
	assert_true(frame_size(frame) > WIDTH * HEIGHT);
	frame_unref(frame);
	image_unref(image);
	jpeg_encoder_free(encoder);
}

static void assert_refused(enum image_format format, int width, int height, int quality)
{
	const struct image_info info = {.format = format, .width = width, .height = height};
	struct jpeg_encoder *encoder = jpeg_encoder_new();
	struct image *image = image_new(&info, NULL, NULL);
	struct frame *frame = NULL;

	assert_int_equal(jpeg_encoder_encode(encoder, image, quality, &frame), -EINVAL);
	assert_null(frame);
	image_unref(image);
	jpeg_encoder_free(encoder);
}

static void what_cannot_be_encoded_is_refused(void **state)
{
	assert_refused(IMAGE_JPEG, 64, 64, 80);
	assert_refused(IMAGE_YUV420, 63, 64, 80);
	assert_refused(IMAGE_YUV420, 64, 63, 80);
	assert_refused(IMAGE_YUV420, 0, 64, 80);
	assert_refused(IMAGE_YUV420, IMAGE_MAX_SIDE + 2, 64, 80);
	assert_refused(IMAGE_YUV420, 64, 64, 0);
	assert_refused(IMAGE_YUV420, 64, 64, 101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_raw_format_is_encoded_in_both_ranges),
		cmocka_unit_test(frame_says_what_it_is),
		cmocka_unit_test(noise_at_quality_100_fits),
		cmocka_unit_test(what_cannot_be_encoded_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
