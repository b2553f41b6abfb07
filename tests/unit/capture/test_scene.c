#include "capture/scene.h"
#include "media/jpeg_encoder.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct image *draw(const struct scene *scene, int width, int height, uint64_t frame,
                          double brightness)
{
	const struct image_info info = {
		.format = IMAGE_YUV420, .width = width, .height = height, .full_range = true};
	struct image *image = image_new_planes(&info);

	assert_non_null(image);
	scene_draw(scene, frame, brightness, image);
	return image;
}

static double mean_luma(const struct image *image)
{
	const struct image_info *info = image_info(image);
	double sum = 0;

	for (int y = 0; y < info->height; y++) {
		for (int x = 0; x < info->width; x++)
			sum += info->planes[0][y * info->strides[0] + x];
	}
	return sum / info->width / info->height;
}

/* Like a camera's: of the size that real scenes have. */
static void jpegs_of_720p_have_a_realistic_size(void **state)
{
	struct scene *scene = scene_new(1280, 720, 50);
	struct jpeg_encoder *encoder = jpeg_encoder_new();

	for (uint64_t frame = 0; frame < 300; frame += 60) {
		_cleanup_(image_unref_p) struct image *image = draw(scene, 1280, 720, frame, 0);
		_cleanup_(frame_unref_p) struct frame *jpeg = NULL;

		assert_int_equal(jpeg_encoder_encode(encoder, image, 80, &jpeg), 0);
		assert_in_range(frame_size(jpeg), 110000, 140000);
	}
	jpeg_encoder_free(encoder);
	scene_free(scene);
}

static void no_picture_is_like_the_one_before(void **state)
{
	struct scene *scene = scene_new(320, 240, 50);
	struct image *last = draw(scene, 320, 240, 0, 0);

	for (uint64_t frame = 1; frame < 10; frame++) {
		struct image *image = draw(scene, 320, 240, frame, 0);

		assert_memory_not_equal(image_info(image)->planes[0], image_info(last)->planes[0],
		                        320);
		image_unref(last);
		last = image;
	}
	image_unref(last);
	scene_free(scene);
}

static void brightness(void **state)
{
	struct scene *scene = scene_new(160, 120, 0);
	_cleanup_(image_unref_p) struct image *normal = draw(scene, 160, 120, 0, 0);
	_cleanup_(image_unref_p) struct image *bright = draw(scene, 160, 120, 0, 0.25);
	_cleanup_(image_unref_p) struct image *black = draw(scene, 160, 120, 0, -1);

	assert_true(mean_luma(bright) > mean_luma(normal) + 15);
	assert_true(mean_luma(black) < mean_luma(normal) - 60);
	scene_free(scene);
}

/* Whatever the size and the moment, nothing is drawn beside the picture: the sanitizer looks. */
static void odd_sizes_and_late_frames(void **state)
{
	static const int sizes[][2] = {{16, 16},   {17, 16},  {16, 17},
	                               {321, 241}, {16, 400}, {400, 16}};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct scene *scene = scene_new(sizes[i][0], sizes[i][1], 100);

		assert_non_null(scene);
		for (uint64_t frame = 0; frame < 1000; frame += 7)
			image_unref(draw(scene, sizes[i][0], sizes[i][1], frame, 1));
		image_unref(draw(scene, sizes[i][0], sizes[i][1], UINT64_MAX, -1));
		scene_free(scene);
	}
	scene_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jpegs_of_720p_have_a_realistic_size),
		cmocka_unit_test(no_picture_is_like_the_one_before),
		cmocka_unit_test(brightness),
		cmocka_unit_test(odd_sizes_and_late_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
