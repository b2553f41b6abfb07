#include "media/image.h"

#include "picture.h"

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

static void even_pictures_are_cropped_to_themselves(void **state)
{
	_cleanup_(image_unref_p) struct image *image = picture_new(IMAGE_YUV420, 64, 48, 0);
	_cleanup_(image_unref_p) struct image *even = NULL;

	assert_int_equal(image_crop_even(image, &even), 0);
	assert_ptr_equal(even, image);
}

static void odd_pictures_are_cropped_by_a_view(void **state)
{
	_cleanup_(image_unref_p) struct image *image = picture_new(IMAGE_YUV420, 65, 49, 0);
	_cleanup_(image_unref_p) struct image *even = NULL;

	assert_int_equal(image_crop_even(image, &even), 0);
	assert_int_equal(image_info(even)->width, 64);
	assert_int_equal(image_info(even)->height, 48);
	assert_ptr_equal(image_info(even)->planes[1], image_info(image)->planes[1]);
}

static void a_copy_is_the_same_picture(void **state)
{
	static const enum image_format formats[] = {IMAGE_YUV420, IMAGE_YUV422, IMAGE_NV12,
	                                            IMAGE_YUYV};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		_cleanup_(image_unref_p) struct image *image = picture_new(formats[i], 66, 50, 0);
		_cleanup_(image_unref_p) struct image *copy = image_copy(image);
		const struct image_info *info = image_info(copy);
		int down = formats[i] == IMAGE_YUYV || formats[i] == IMAGE_YUV422 ? 1 : 2;

		assert_true(info->writable);
		assert_int_equal(info->format,
		                 formats[i] == IMAGE_YUYV ? IMAGE_YUV422 : formats[i]);
		assert_int_equal(info->planes[0][49 * info->strides[0] + 65],
		                 picture_luma(65, 49, 0));
		const uint8_t *last = info->planes[1] + (50 / down - 1) * info->strides[1];
		assert_int_equal(last[info->format == IMAGE_NV12 ? 64 : 32], picture_u(64, 0));
		assert_int_equal(info->format == IMAGE_NV12
		                         ? last[65]
		                         : info->planes[2][(50 / down - 1) * info->strides[2] + 32],
		                 picture_v(0, 50 - down));
	}
}

static void a_copy_of_a_jpeg_is_the_same_bytes(void **state)
{
	const uint8_t bytes[] = {0xff, 0xd8, 1, 2, 3, 0xff, 0xd9};
	const struct image_info info = {.format = IMAGE_JPEG,
	                                .width = 640,
	                                .height = 480,
	                                .sequence = 7,
	                                .planes = {bytes},
	                                .size = sizeof bytes};
	struct image *image = image_new(&info, NULL, NULL);
	_cleanup_(image_unref_p) struct image *copy = image_copy(image);

	image_unref(image);
	assert_ptr_not_equal(image_info(copy)->planes[0], bytes);
	assert_int_equal(image_info(copy)->size, sizeof bytes);
	assert_memory_equal(image_info(copy)->planes[0], bytes, sizeof bytes);
	assert_int_equal(image_info(copy)->sequence, 7);
	assert_int_equal(image_info(copy)->width, 640);
}

static void a_small_picture_is_a_view_that_keeps_its_image(void **state)
{
	_cleanup_(image_unref_p) struct image *planes = picture_new(IMAGE_NV12, 64, 36, 0);
	struct image *image = picture_with_small(picture_new(IMAGE_NV12, 640, 360, 7), planes);
	_cleanup_(image_unref_p) struct image *small = NULL;

	assert_int_equal(image_small(image, &small), 0);
	image_unref(image);
	assert_int_equal(image_info(small)->width, 64);
	assert_int_equal(image_info(small)->height, 36);
	assert_int_equal(image_info(small)->format, IMAGE_NV12);
	assert_int_equal(image_info(small)->sequence, 1007);
	assert_ptr_equal(image_info(small)->planes[1], image_info(planes)->planes[1]);
	assert_int_equal(image_info(small)->strides[1], image_info(planes)->strides[1]);
	assert_null(image_info(small)->small.planes[0]);
}

/* What is drawn on a copy is not in the camera's small picture. */
static void a_copy_has_no_small_picture(void **state)
{
	_cleanup_(image_unref_p) struct image *planes = picture_new(IMAGE_YUV420, 64, 36, 0);
	_cleanup_(image_unref_p) struct image *image =
		picture_with_small(picture_new(IMAGE_YUV420, 640, 360, 0), planes);
	_cleanup_(image_unref_p) struct image *copy = image_copy(image);

	assert_null(image_info(copy)->small.planes[0]);
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
		cmocka_unit_test(even_pictures_are_cropped_to_themselves),
		cmocka_unit_test(odd_pictures_are_cropped_by_a_view),
		cmocka_unit_test(a_copy_is_the_same_picture),
		cmocka_unit_test(a_copy_of_a_jpeg_is_the_same_bytes),
		cmocka_unit_test(a_small_picture_is_a_view_that_keeps_its_image),
		cmocka_unit_test(a_copy_has_no_small_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
