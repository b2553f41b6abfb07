#include "media/planar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT 77 /* no multiple of a vector */

static void layouts_are_taken_apart(void **state)
{
	uint8_t uv[2 * COUNT], yuyv[4 * COUNT];
	uint8_t y[2 * COUNT + 1], u[COUNT + 1], v[COUNT + 1];

	for (int i = 0; i < 2 * COUNT; i++)
		uv[i] = (uint8_t)i;
	for (int i = 0; i < 4 * COUNT; i++)
		yuyv[i] = (uint8_t)(3 * i);
	y[2 * COUNT] = u[COUNT] = v[COUNT] = 0xee; /* not to be touched */
	planar_split_uv(uv, COUNT, u, v);
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(u[i], uv[2 * i]);
		assert_int_equal(v[i], uv[2 * i + 1]);
	}
	planar_split_yuyv(yuyv, COUNT, y, u, v);
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(y[2 * i], yuyv[4 * i]);
		assert_int_equal(u[i], yuyv[4 * i + 1]);
		assert_int_equal(y[2 * i + 1], yuyv[4 * i + 2]);
		assert_int_equal(v[i], yuyv[4 * i + 3]);
	}
	assert_int_equal(y[2 * COUNT], 0xee);
	assert_int_equal(u[COUNT], 0xee);
	assert_int_equal(v[COUNT], 0xee);
}

static int clamp(double value)
{
	return value < 0 ? 0 : value > 255 ? 255 : (int)lround(value);
}

static void ranges_are_expanded_to_within_one(void **state)
{
	uint8_t luma[256], chroma[256];

	for (int i = 0; i < 256; i++)
		luma[i] = chroma[i] = (uint8_t)i;
	planar_expand_luma(luma, 256);
	planar_expand_chroma(chroma, 256);
	for (int i = 0; i < 256; i++) {
		assert_true(abs(luma[i] - clamp((i - 16) * 255. / 219)) <= 1);
		assert_true(abs(chroma[i] - clamp((i - 128) * 255. / 224 + 128)) <= 1);
	}
	/* What must be exact: black, white, no colour. */
	assert_int_equal(luma[16], 0);
	assert_int_equal(luma[235], 255);
	assert_int_equal(chroma[128], 128);
	assert_int_equal(chroma[240], 255);
}

static void rows_are_averaged(void **state)
{
	const uint8_t a[] = {0, 1, 255, 10}, b[] = {0, 2, 255, 20};
	const uint8_t expected[] = {0, 2, 255, 15};
	uint8_t row[4];

	planar_average(a, b, 4, row);
	assert_memory_equal(row, expected, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts_are_taken_apart),
		cmocka_unit_test(ranges_are_expanded_to_within_one),
		cmocka_unit_test(rows_are_averaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
