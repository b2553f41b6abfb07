#include "media/image.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void count_release(void *owner)
{
	++*(int *)owner;
}

static void last_unref_gives_the_buffer_back(void **state)
{
	const struct image_info info = {.format = IMAGE_JPEG, .width = 640, .size = 3};
	int released = 0;
	struct image *image = image_new(&info, count_release, &released);

	assert_int_equal(image_info(image)->width, 640);
	image_ref(image);
	image_unref(image);
	assert_int_equal(released, 0);
	image_unref(image);
	assert_int_equal(released, 1);
	image_unref(NULL);
}

static void an_image_without_owner_needs_no_release(void **state)
{
	const struct image_info info = {.format = IMAGE_JPEG};

	image_unref(image_new(&info, NULL, NULL));
}

struct expected_planes {
	enum image_format format;
	int strides[3];
	int rows[3];
};

static void planes_are_aligned_and_writable_to_their_last_byte(void **state)
{
	/* 70 × 6: a luma row of 70 bytes takes 128. */
	static const struct expected_planes cases[] = {
		{IMAGE_YUV420, {128, 64, 64}, {6, 3, 3}},
		{IMAGE_YUV422, {128, 64, 64}, {6, 6, 6}},
		{IMAGE_NV12, {128, 128, 0}, {6, 3, 0}},
		{IMAGE_YUYV, {192, 0, 0}, {6, 0, 0}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct image_info info = {
			.format = cases[i].format, .width = 70, .height = 6, .size = 99};
		struct image *image = image_new_planes(&info);

		assert_int_equal(image_info(image)->size, 0);
		for (int plane = 0; plane < 3; plane++) {
			int stride = image_info(image)->strides[plane];

			assert_int_equal(stride, cases[i].strides[plane]);
			if (!stride) {
				assert_null(image_plane(image, plane));
				continue;
			}
			assert_int_equal((uintptr_t)image_plane(image, plane) % 64, 0);
			memset(image_plane(image, plane), 1, (size_t)stride * cases[i].rows[plane]);
		}
		image_unref(image);
	}
}

static void odd_sizes_have_room_for_whole_chroma_blocks(void **state)
{
	const struct image_info info = {.format = IMAGE_YUV420, .width = 65, .height = 3};
	struct image *image = image_new_planes(&info);

	memset(image_plane(image, 0), 1, 4 * 128);
	memset(image_plane(image, 2), 1, 2 * 64);
	image_unref(image);
}

static void sizes_out_of_range_are_refused(void **state)
{
	struct image_info info = {.format = IMAGE_YUV420, .width = IMAGE_MAX_SIDE, .height = 2};

	image_unref(image_new_planes(&info));
	info.width = IMAGE_MAX_SIDE + 1;
	assert_null(image_new_planes(&info));
	info.width = 0;
	assert_null(image_new_planes(&info));
	info = (struct image_info){.format = IMAGE_JPEG, .width = 16, .height = 16};
	assert_null(image_new_planes(&info));
}

static void formats_have_libcameras_names(void **state)
{
	assert_string_equal(image_format_name(IMAGE_YUV420), "YUV420");
	assert_string_equal(image_format_name(IMAGE_JPEG), "MJPEG");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_unref_gives_the_buffer_back),
		cmocka_unit_test(an_image_without_owner_needs_no_release),
		cmocka_unit_test(planes_are_aligned_and_writable_to_their_last_byte),
		cmocka_unit_test(odd_sizes_have_room_for_whole_chroma_blocks),
		cmocka_unit_test(sizes_out_of_range_are_refused),
		cmocka_unit_test(formats_have_libcameras_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
