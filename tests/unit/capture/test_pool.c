#include "capture/pool.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void buffers_are_used_again(void **state)
{
	const struct image_info info = {.sequence = 7, .pts_us = 8, .full_range = true};
	struct pool *pool = pool_new(2, 641, 481);
	struct image *first = pool_take(pool, &info);
	struct image *second = pool_take(pool, &info);
	const uint8_t *luma;

	assert_non_null(first);
	assert_non_null(second);
	assert_null(pool_take(pool, &info)); /* the limit */
	assert_int_equal(image_info(first)->width, 641);
	assert_int_equal(image_info(first)->format, IMAGE_YUV420);
	assert_int_equal(image_info(first)->sequence, 7);
	luma = image_info(first)->planes[0];

	image_unref(first);
	first = pool_take(pool, &info);
	assert_ptr_equal(image_info(first)->planes[0], luma);
	image_unref(first);
	image_unref(second);
	pool_unref(pool);
}

/* Every byte that the planes promise is there: the address sanitizer looks. */
static void planes_are_whole(void **state)
{
	const struct image_info info = {0};
	struct pool *pool = pool_new(1, 17, 15);
	struct image *image = pool_take(pool, &info);

	for (int i = 0; i < 3; i++)
		memset(image_plane(image, i), i,
		       (size_t)image_info(image)->strides[i] * (i == 0 ? 16 : 8));
	assert_int_equal(image_info(image)->planes[0][0], 0);
	assert_int_equal(image_info(image)->planes[1][0], 1);
	image_unref(image);
	pool_unref(pool);
}

static void an_image_outlives_its_pool(void **state)
{
	const struct image_info info = {0};
	struct pool *pool = pool_new(1, 16, 16);
	struct image *image = pool_take(pool, &info);

	pool_unref(pool);
	memset(image_plane(image, 0), 1, 16);
	image_unref(image);
}

static void too_many_buffers(void **state)
{
	assert_null(pool_new(POOL_MAX_BUFFERS + 1, 16, 16));
	pool_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers_are_used_again),
		cmocka_unit_test(planes_are_whole),
		cmocka_unit_test(an_image_outlives_its_pool),
		cmocka_unit_test(too_many_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
