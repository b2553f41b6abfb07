#include "camera/settle.h"

#include "base/clock.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WIDTH 64
#define HEIGHT 48
#define PERIOD_US 33333

struct camera {
	struct settle settle;
	int64_t now_us;
	uint8_t luma[WIDTH * HEIGHT];
};

static void begin(struct camera *camera)
{
	*camera = (struct camera){.now_us = 5 * USEC_PER_SEC};
	settle_begin(&camera->settle);
}

/* One more picture of that brightness, and what the camera tells; its time stamp if it is the first
 * of the settled ones, else 0. */
static bool feed(struct camera *camera, int luma, enum image_exposure exposure)
{
	const struct image_info info = {
		.format = IMAGE_YUV420,
		.width = WIDTH,
		.height = HEIGHT,
		.pts_us = camera->now_us,
		.planes = {camera->luma},
		.strides = {WIDTH},
		.exposure = exposure,
	};

	memset(camera->luma, luma, sizeof camera->luma);
	settle_feed(&camera->settle, &info, camera->now_us);
	camera->now_us += PERIOD_US;
	return settle_since_us(&camera->settle) == info.pts_us;
}

static void believes_the_camera(void **state)
{
	struct camera camera;

	begin(&camera);
	assert_false(feed(&camera, 100, IMAGE_EXPOSURE_SEARCHING));
	assert_false(feed(&camera, 100, IMAGE_EXPOSURE_SEARCHING));
	assert_true(feed(&camera, 150, IMAGE_EXPOSURE_SETTLED));
	assert_false(feed(&camera, 10, IMAGE_EXPOSURE_SEARCHING)); /* that was after a start only */
	assert_true(settle_since_us(&camera.settle) < camera.now_us);
	settle_begin(&camera.settle);
	assert_true(settle_since_us(&camera.settle) == INT64_MAX);
}

static void else_pictures_of_one_brightness_say_so(void **state)
{
	struct camera camera;

	begin(&camera);
	for (int luma = 30; luma < 120; luma += 4)
		assert_false(feed(&camera, luma, IMAGE_EXPOSURE_UNKNOWN));
	for (int i = 1; i < SETTLE_PICTURES; i++)
		assert_false(feed(&camera, 121 + i % 2, IMAGE_EXPOSURE_UNKNOWN));
	assert_true(feed(&camera, 120, IMAGE_EXPOSURE_UNKNOWN));
}

/* Each is nearly as the one before, but not as that of five before. */
static void a_slow_change_is_one(void **state)
{
	struct camera camera;

	begin(&camera);
	for (int luma = 30; luma < 60; luma++)
		assert_false(feed(&camera, luma, IMAGE_EXPOSURE_UNKNOWN));
}

static void black_says_nothing_until_time_is_over(void **state)
{
	struct camera camera;
	int pictures = 1;

	begin(&camera);
	while (!feed(&camera, 16, IMAGE_EXPOSURE_UNKNOWN))
		pictures++;
	assert_int_equal(pictures, SETTLE_MAX_US / PERIOD_US + 2);
}

static void a_camera_that_searches_on_gets_no_more_time(void **state)
{
	struct camera camera;
	int pictures = 1;

	begin(&camera);
	while (!feed(&camera, 100, IMAGE_EXPOSURE_SEARCHING))
		pictures++;
	assert_int_equal(pictures, SETTLE_MAX_US / PERIOD_US + 2);
}

static void jpegs_are_given_time(void **state)
{
	struct camera camera;
	struct image_info info = {.format = IMAGE_JPEG, .pts_us = 42};

	begin(&camera);
	settle_feed(&camera.settle, &info, camera.now_us);
	info.pts_us += SETTLE_JPEG_US - 1;
	settle_feed(&camera.settle, &info, camera.now_us + SETTLE_JPEG_US - 1);
	assert_true(settle_since_us(&camera.settle) == INT64_MAX);
	info.pts_us++;
	settle_feed(&camera.settle, &info, camera.now_us + SETTLE_JPEG_US);
	assert_true(settle_since_us(&camera.settle) == info.pts_us);
}

/* On a machine that stood still: the time was not the camera's. */
static void a_picture_that_comes_late_is_no_older_when_taken(void **state)
{
	struct camera camera;

	begin(&camera);
	assert_false(feed(&camera, 16, IMAGE_EXPOSURE_UNKNOWN));
	const struct image_info dark = {
		.format = IMAGE_JPEG,
		.pts_us = camera.now_us,
	};
	settle_feed(&camera.settle, &dark, camera.now_us + SETTLE_MAX_US);
	assert_true(settle_since_us(&camera.settle) == INT64_MAX);
}

/* The camera ran on while nobody looked: the first picture after that is good. */
static void it_settles_unseen(void **state)
{
	struct camera camera;

	begin(&camera);
	settle_feed(&camera.settle, NULL, camera.now_us);
	settle_feed(&camera.settle, NULL, camera.now_us + SETTLE_MAX_US - 1);
	assert_true(settle_since_us(&camera.settle) == INT64_MAX);
	settle_feed(&camera.settle, NULL, camera.now_us + SETTLE_MAX_US);
	assert_true(settle_since_us(&camera.settle) == camera.now_us + SETTLE_MAX_US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(believes_the_camera),
		cmocka_unit_test(else_pictures_of_one_brightness_say_so),
		cmocka_unit_test(a_slow_change_is_one),
		cmocka_unit_test(black_says_nothing_until_time_is_over),
		cmocka_unit_test(a_camera_that_searches_on_gets_no_more_time),
		cmocka_unit_test(jpegs_are_given_time),
		cmocka_unit_test(a_picture_that_comes_late_is_no_older_when_taken),
		cmocka_unit_test(it_settles_unseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
