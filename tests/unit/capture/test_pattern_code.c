#include "capture/pattern_code.h"

#include <errno.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct image *blank(int width, int height)
{
	const struct image_info info = {.format = IMAGE_YUV420, .width = width, .height = height};
	struct image *image = image_new_planes(&info);

	assert_non_null(image);
	memset(image_plane(image, 0), 100, (size_t)image_info(image)->strides[0] * (size_t)height);
	return image;
}

static int read_code(const struct image *image, struct pattern_code *ret_code)
{
	const struct image_info *info = image_info(image);

	return pattern_code_read(info->planes[0], info->strides[0], info->width, info->height,
	                         ret_code);
}

static void what_is_written_is_read(void **state)
{
	static const struct pattern_code codes[] = {
		{0, 0}, {1, 2}, {123456, 0xABCDEF}, {UINT32_MAX, PATTERN_TIME_MASK}};
	_cleanup_(image_unref_p) struct image *image = blank(640, 480);

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct pattern_code read = {7, 7};

		pattern_code_write(image, &codes[i]);
		assert_int_equal(read_code(image, &read), 0);
		assert_int_equal(read.frame, codes[i].frame);
		assert_int_equal(read.time_ms, codes[i].time_ms);
	}
}

/* The layout is a contract: tests in other languages read it from recordings and browsers. */
static void layout(void **state)
{
	const struct pattern_code code = {.frame = 0x80000001, .time_ms = 0};
	_cleanup_(image_unref_p) struct image *image = blank(256, 16);
	const uint8_t *luma = image_info(image)->planes[0];
	const ptrdiff_t stride = image_info(image)->strides[0];

	pattern_code_write(image, &code);
	assert_int_equal(luma[0], 235); /* the frame number's highest bit, and its block's corner */
	assert_int_equal(luma[7 * stride + 7], 235);
	assert_int_equal(luma[8], 16);
	assert_int_equal(luma[31 * 8], 235);    /* its lowest bit ends the first row */
	assert_int_equal(luma[8 * stride], 16); /* the time begins the second */
	assert_int_equal(image_info(image)->planes[1][0], 128);
}

static void survives_the_change_of_range(void **state)
{
	const struct pattern_code code = {.frame = 4711, .time_ms = 815};
	_cleanup_(image_unref_p) struct image *image = blank(256, 16);
	struct pattern_code read;

	pattern_code_write(image, &code);
	for (int i = 0; i < image_info(image)->strides[0] * 16; i++) {
		uint8_t *luma = image_plane(image, 0) + i;

		*luma = (uint8_t)(16 + *luma * 219 / 255);
	}
	assert_int_equal(read_code(image, &read), 0);
	assert_int_equal(read.frame, code.frame);
}

static void a_wrong_block_is_noticed(void **state)
{
	const struct pattern_code code = {.frame = 4711, .time_ms = 815};
	_cleanup_(image_unref_p) struct image *image = blank(256, 16);
	struct pattern_code read;

	pattern_code_write(image, &code);
	for (int y = 0; y < PATTERN_BLOCK; y++)
		memset(image_plane(image, 0) + (ptrdiff_t)y * image_info(image)->strides[0], 235,
		       8);
	assert_int_equal(read_code(image, &read), -EBADMSG);
}

static void there_is_none_in_small_pictures(void **state)
{
	const struct pattern_code code = {.frame = 1};
	_cleanup_(image_unref_p) struct image *narrow = blank(254, 16);
	_cleanup_(image_unref_p) struct image *low = blank(256, 14);
	struct pattern_code read;

	pattern_code_write(narrow, &code);
	pattern_code_write(low, &code);
	assert_int_equal(read_code(narrow, &read), -EBADMSG);
	assert_int_equal(read_code(low, &read), -EBADMSG);
	assert_int_equal(image_info(narrow)->planes[0][0], 100);
	assert_int_equal(image_info(low)->planes[0][0], 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(layout),
		cmocka_unit_test(survives_the_change_of_range),
		cmocka_unit_test(a_wrong_block_is_noticed),
		cmocka_unit_test(there_is_none_in_small_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
