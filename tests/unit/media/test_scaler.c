#include "media/scaler.h"

#include "picture.h"

#include <errno.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WIDTH 320
#define HEIGHT 240

static void assert_near(int value, int expected)
{
	if (abs(value - expected) > 6)
		fail_msg("%d is not near %d", value, expected);
}

/* Away from the edges, a sample of the small picture is the large one's at its middle. */
static void assert_scaled(const struct image *image, int divisor)
{
	const struct image_info *info = image_info(image);

	for (int y = 4; y < info->height - 4; y++)
		for (int x = 4; x < info->width - 4; x++)
			assert_near(info->planes[0][y * info->strides[0] + x],
			            picture_luma(x * divisor + divisor / 2, y * divisor, 0));
	for (int y = 4; y < info->height / 2 - 4; y++) {
		for (int x = 4; x < info->width / 2 - 4; x++) {
			int at = y * info->strides[1] + x;

			assert_near(info->planes[1][at],
			            picture_u(2 * divisor * x, 2 * divisor * y));
			assert_near(info->planes[2][at],
			            picture_v(2 * divisor * x, 2 * divisor * y));
		}
	}
}

static void every_raw_format_is_scaled_to_yuv420(void **state)
{
	static const enum image_format formats[] = {IMAGE_YUV420, IMAGE_YUV422, IMAGE_NV12,
	                                            IMAGE_YUYV};
	struct scaler *scaler = scaler_new();

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		for (int divisor = 1; divisor <= 4; divisor *= 2) {
			struct image *image = picture_new(formats[i], WIDTH, HEIGHT, 0);
			struct image *scaled = NULL;

			assert_int_equal(scaler_scale(scaler, image, WIDTH / divisor,
			                              HEIGHT / divisor, &scaled),
			                 0);
			assert_int_equal(image_info(scaled)->format, IMAGE_YUV420);
			assert_int_equal(image_info(scaled)->width, WIDTH / divisor);
			assert_int_equal(image_info(scaled)->height, HEIGHT / divisor);
			assert_int_equal(image_info(scaled)->sequence, image_info(image)->sequence);
			assert_int_equal(image_info(scaled)->pts_us, image_info(image)->pts_us);
			assert_scaled(scaled, divisor);
			image_unref(scaled);
			image_unref(image);
		}
	}
	scaler_free(scaler);
	scaler_free(NULL);
}

static void range_is_kept(void **state)
{
	struct scaler *scaler = scaler_new();
	struct image *image = picture_new(IMAGE_YUV420, WIDTH, HEIGHT, 0), *scaled = NULL;
	struct image_info limited = *image_info(image);

	limited.full_range = false;
	struct image *same = image_new(&limited, NULL, NULL);
	assert_int_equal(scaler_scale(scaler, same, WIDTH / 2, HEIGHT / 2, &scaled), 0);
	assert_false(image_info(scaled)->full_range);
	assert_scaled(scaled, 2); /* the samples are the same as with full range */
	image_unref(scaled);
	image_unref(same);
	image_unref(image);
	scaler_free(scaler);
}

static void assert_refused(const struct image *image, int width, int height)
{
	struct scaler *scaler = scaler_new();
	struct image *scaled = NULL;

	assert_int_equal(scaler_scale(scaler, image, width, height, &scaled), -EINVAL);
	assert_null(scaled);
	scaler_free(scaler);
}

static void sizes_and_formats_that_cannot_be_are_refused(void **state)
{
	const struct image_info jpeg = {.format = IMAGE_JPEG, .width = 64, .height = 64};
	struct image *image = picture_new(IMAGE_YUV420, WIDTH, HEIGHT, 0);
	struct image *other = image_new(&jpeg, NULL, NULL);

	assert_refused(image, 63, 64);
	assert_refused(image, 64, 63);
	assert_refused(image, 0, 64);
	assert_refused(image, 64, -2);
	assert_refused(image, IMAGE_MAX_SIDE + 2, 64);
	assert_refused(other, 32, 32);
	image_unref(image);
	image_unref(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_raw_format_is_scaled_to_yuv420),
		cmocka_unit_test(range_is_kept),
		cmocka_unit_test(sizes_and_formats_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
