#include "media/jpeg_decoder.h"

#include "picture.h"

#include <errno.h>
#include <string.h>
#include <turbojpeg.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MAX_WIDTH 200
#define MAX_HEIGHT 120

static const struct image_info source = {.format = IMAGE_JPEG, .sequence = 77, .pts_us = 123456};

struct jpeg {
	unsigned char *data;
	unsigned long size;
};

/* The test picture in any subsampling, from planes. */
static struct jpeg encode(int width, int height, int sampling)
{
	static uint8_t y[(MAX_WIDTH + 4) * (MAX_HEIGHT + 4)], u[sizeof(y)], v[sizeof(y)];
	const uint8_t *planes[] = {y, u, v};
	int luma_width = tjPlaneWidth(0, width, sampling);
	int chroma_width = tjPlaneWidth(1, width, sampling);
	int chroma_height = tjPlaneHeight(1, height, sampling);
	tjhandle handle = tjInitCompress();
	struct jpeg jpeg = {0};

	for (int row = 0; row < tjPlaneHeight(0, height, sampling); row++)
		for (int x = 0; x < luma_width; x++)
			y[row * luma_width + x] = picture_luma(x, row, 0);
	for (int row = 0; sampling != TJSAMP_GRAY && row < chroma_height; row++) {
		for (int x = 0; x < chroma_width; x++) {
			int px = x * luma_width / chroma_width, py = row * height / chroma_height;

			u[row * chroma_width + x] = picture_u(px, py);
			v[row * chroma_width + x] = picture_v(px, py);
		}
	}
	assert_int_equal(tjCompressFromYUVPlanes(handle, planes, width, NULL, height, sampling,
	                                         &jpeg.data, &jpeg.size, 97, 0),
	                 0);
	tjDestroy(handle);
	return jpeg;
}

static void assert_near(int value, int expected)
{
	if (abs(value - expected) > 8)
		fail_msg("%d is not near %d", value, expected);
}

static void assert_picture(const struct image *image, bool gray)
{
	const struct image_info *info = image_info(image);

	for (int y = 0; y < info->height; y++)
		for (int x = 0; x < info->width; x++)
			assert_near(info->planes[0][y * info->strides[0] + x],
			            picture_luma(x, y, 0));
	for (int y = 0; y < (info->height + 1) / 2; y++) {
		for (int x = 0; x < (info->width + 1) / 2; x++) {
			int at = y * info->strides[1] + x;

			assert_near(info->planes[1][at], gray ? 128 : picture_u(2 * x, 2 * y));
			assert_near(info->planes[2][at], gray ? 128 : picture_v(2 * x, 2 * y));
		}
	}
}

/* Each sample is about the mean of the whole picture's that fall on it. */
static void assert_small_picture(const struct image *image, int divisor)
{
	const struct image_info *info = image_info(image);

	for (int y = 2; y < info->height - 2; y++)
		for (int x = 2; x < info->width - 2; x++)
			assert_near(info->planes[0][y * info->strides[0] + x],
			            picture_luma(divisor * x + divisor / 2,
			                         divisor * y + divisor / 2, 0));
}

static void decodes_to_the_smallest_size_that_will_do(void **state)
{
	static const struct {
		int min_width, width, height;
	} wishes[] = {{0, 200, 120}, {200, 200, 120}, {101, 200, 120}, {100, 100, 60},
	              {51, 100, 60}, {50, 50, 30},    {25, 25, 15},    {1, 25, 15}};
	static const int samplings[] = {TJSAMP_420, TJSAMP_422, TJSAMP_444, TJSAMP_GRAY};

	for (size_t s = 0; s < sizeof(samplings) / sizeof(samplings[0]); s++) {
		struct jpeg jpeg = encode(200, 120, samplings[s]);
		struct jpeg_decoder *decoder = jpeg_decoder_new();

		for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
			_cleanup_(image_unref_p) struct image *image = NULL;

			assert_int_equal(jpeg_decoder_decode_small(decoder, jpeg.data, jpeg.size,
			                                           &source, wishes[i].min_width,
			                                           &image),
			                 0);
			assert_int_equal(image_info(image)->width, wishes[i].width);
			assert_int_equal(image_info(image)->height, wishes[i].height);
			assert_small_picture(image, 200 / wishes[i].width);
		}
		jpeg_decoder_free(decoder);
		tjFree(jpeg.data);
	}
}

static void every_subsampling_becomes_420(void **state)
{
	static const int samplings[] = {TJSAMP_420, TJSAMP_422,  TJSAMP_444,
	                                TJSAMP_440, TJSAMP_GRAY, TJSAMP_411};
	static const struct {
		int width, height;
	} sizes[] = {{MAX_WIDTH, MAX_HEIGHT}, {64, 48}, {97, 61}, {3, 3}, {1, 1}};
	struct jpeg_decoder *decoder = jpeg_decoder_new();

	for (size_t i = 0; i < sizeof(samplings) / sizeof(samplings[0]); i++) {
		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
			struct jpeg jpeg = encode(sizes[k].width, sizes[k].height, samplings[i]);
			struct image *image = NULL;

			assert_int_equal(
				jpeg_decoder_decode(decoder, jpeg.data, jpeg.size, &source, &image),
				0);
			assert_int_equal(image_info(image)->format, IMAGE_YUV420);
			assert_int_equal(image_info(image)->width, sizes[k].width);
			assert_int_equal(image_info(image)->height, sizes[k].height);
			assert_int_equal(image_info(image)->sequence, 77);
			assert_int_equal(image_info(image)->pts_us, 123456);
			assert_true(image_info(image)->full_range);
			assert_picture(image, samplings[i] == TJSAMP_GRAY);
			image_unref(image);
			tjFree(jpeg.data);
		}
	}
	jpeg_decoder_free(decoder);
	jpeg_decoder_free(NULL);
}

static void a_stray_byte_is_forgiven(void **state)
{
	struct jpeg_decoder *decoder = jpeg_decoder_new();
	struct jpeg jpeg = encode(64, 48, TJSAMP_422);
	uint8_t *stray = malloc(jpeg.size + 1);
	struct image *image = NULL;

	memcpy(stray, jpeg.data, jpeg.size - 2);
	memcpy(stray + jpeg.size - 2, "\0\xff\xd9", 3);
	assert_int_equal(jpeg_decoder_decode(decoder, stray, jpeg.size + 1, &source, &image), 0);
	assert_picture(image, false);
	image_unref(image);
	free(stray);
	tjFree(jpeg.data);
	jpeg_decoder_free(decoder);
}

static void what_is_no_jpeg_is_refused_and_the_next_is_decoded(void **state)
{
	struct jpeg_decoder *decoder = jpeg_decoder_new();
	struct jpeg jpeg = encode(64, 48, TJSAMP_420);
	uint8_t garbage[100];
	struct image *image = NULL;

	memset(garbage, 0x5a, sizeof(garbage));
	assert_int_equal(jpeg_decoder_decode(decoder, garbage, sizeof(garbage), &source, &image),
	                 -EBADMSG);
	assert_int_equal(jpeg_decoder_decode(decoder, garbage, 0, &source, &image), -EBADMSG);
	assert_int_equal(jpeg_decoder_decode(decoder, jpeg.data, 20, &source, &image), -EBADMSG);
	assert_null(image);
	assert_int_equal(jpeg_decoder_decode(decoder, jpeg.data, jpeg.size, &source, &image), 0);
	image_unref(image);
	tjFree(jpeg.data);
	jpeg_decoder_free(decoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_subsampling_becomes_420),
		cmocka_unit_test(decodes_to_the_smallest_size_that_will_do),
		cmocka_unit_test(a_stray_byte_is_forgiven),
		cmocka_unit_test(what_is_no_jpeg_is_refused_and_the_next_is_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
