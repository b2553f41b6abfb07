#include "media/overlay.h"

#include "picture.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOON_US INT64_C(1795694400000000) /* 2026-11-26T12:00:00Z */

static const enum image_format formats[] = {IMAGE_YUV420, IMAGE_YUV422, IMAGE_NV12, IMAGE_YUYV};
#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

static void says_time_and_name(void **state)
{
	char text[OVERLAY_TEXT_SIZE];

	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	overlay_text(OVERLAY_TIME | OVERLAY_NAME, "Front door", NOON_US, text);
	assert_string_equal(text, "2026-11-26 13:00:00  Front door");
	overlay_text(OVERLAY_TIME, "Front door", NOON_US + 999999, text);
	assert_string_equal(text, "2026-11-26 13:00:00");
	overlay_text(OVERLAY_NAME | OVERLAY_RIGHT, "Front door", NOON_US, text);
	assert_string_equal(text, "Front door");
}

static void the_longest_name_fits(void **state)
{
	char text[OVERLAY_TEXT_SIZE], name[65] = "";

	memset(name, 'W', 64);
	overlay_text(OVERLAY_TIME | OVERLAY_NAME, name, NOON_US, text);
	assert_int_equal(strlen(text), 19 + 2 + 64);
}

static void the_id_stands_for_a_name_that_cannot_be_read(void **state)
{
	const struct config_camera plain = {.id = "cam0", .name = "Haustür"};
	const struct config_camera other = {.id = "cam0", .name = "현관 앞"};

	assert_string_equal(overlay_label(&plain), "Haustür");
	assert_string_equal(overlay_label(&other), "cam0");
}

static void follows_the_configuration(void **state)
{
	struct config_camera camera = {.overlay_corner = CONFIG_TOP_RIGHT};

	assert_int_equal(overlay_flags(&camera), 0);
	camera.overlay_name = true;
	assert_int_equal(overlay_flags(&camera), OVERLAY_NAME | OVERLAY_TOP | OVERLAY_RIGHT);
	camera.overlay_time = true;
	camera.overlay_corner = CONFIG_BOTTOM_LEFT;
	assert_int_equal(overlay_flags(&camera), OVERLAY_NAME | OVERLAY_TIME);
}

/* How many luma samples differ within a box. */
static int changed(const struct image *image, int left, int top, int width, int height)
{
	const struct image_info *info = image_info(image);
	int count = 0;

	for (int y = top; y < top + height; y++)
		for (int x = left; x < left + width; x++)
			count += info->planes[0][y * info->strides[0] + x] != picture_luma(x, y, 0);
	return count;
}

static void stands_in_its_corner_only(void **state)
{
	static const struct {
		unsigned flags;
		int left, top;
	} corners[] = {{0, 0, 120},
	               {OVERLAY_RIGHT, 160, 120},
	               {OVERLAY_TOP, 0, 0},
	               {OVERLAY_TOP | OVERLAY_RIGHT, 160, 0}};

	for (size_t f = 0; f < FORMAT_COUNT; f++) {
		for (size_t i = 0; i < 4; i++) {
			_cleanup_(image_unref_p) struct image *image =
				picture_new(formats[f], 320, 240, 0);
			_cleanup_(image_unref_p) struct image *drawn = NULL;

			assert_int_equal(overlay_draw(image, OVERLAY_NAME | corners[i].flags,
			                              "Door", &drawn),
			                 0);
			int here = changed(drawn, corners[i].left, corners[i].top, 160, 120);
			assert_true(here > 200);
			assert_int_equal(changed(drawn, 0, 0, 320, 240), here);
			assert_int_equal(image_info(drawn)->pts_us, image_info(image)->pts_us);
			assert_int_equal(image_info(drawn)->sequence, 1000);
		}
	}
}

static void writes_on_the_image_itself_where_it_may(void **state)
{
	for (size_t f = 0; f < FORMAT_COUNT; f++) {
		_cleanup_(image_unref_p) struct image *image = picture_new(formats[f], 320, 240, 0);
		_cleanup_(image_unref_p) struct image *drawn = NULL;

		assert_int_equal(overlay_draw(image, OVERLAY_TIME, "", &drawn), 0);
		assert_int_equal(drawn == image, formats[f] != IMAGE_YUYV);
	}
}

static void leaves_what_is_not_writable_as_it_is(void **state)
{
	for (size_t f = 0; f < FORMAT_COUNT; f++) {
		_cleanup_(image_unref_p) struct image *image = picture_new(formats[f], 320, 240, 0);
		struct image_info info = *image_info(image);
		_cleanup_(image_unref_p) struct image *drawn = NULL;

		info.writable = false;
		_cleanup_(image_unref_p) struct image *view = image_new(&info, NULL, NULL);
		assert_int_equal(overlay_draw(view, OVERLAY_TIME, "", &drawn), 0);
		assert_ptr_not_equal(drawn, view);
		assert_true(changed(drawn, 0, 0, 320, 240) > 200);
		if (formats[f] != IMAGE_YUYV)
			assert_int_equal(changed(image, 0, 0, 320, 240), 0);
	}
}

/* In the smallest picture there is no room for much. */
static void stays_inside_any_picture(void **state)
{
	static const int sizes[][2] = {{16, 16}, {18, 64}, {64, 16}, {322, 242}, {1920, 1080}};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (unsigned flags = 1; flags < 16; flags++) {
			_cleanup_(image_unref_p) struct image *image =
				picture_new(IMAGE_YUV420, sizes[i][0], sizes[i][1], 0);
			_cleanup_(image_unref_p) struct image *drawn = NULL;

			assert_int_equal(
				overlay_draw(image, flags, "A rather long name of a door", &drawn),
				0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_time_and_name),
		cmocka_unit_test(the_longest_name_fits),
		cmocka_unit_test(the_id_stands_for_a_name_that_cannot_be_read),
		cmocka_unit_test(follows_the_configuration),
		cmocka_unit_test(stands_in_its_corner_only),
		cmocka_unit_test(writes_on_the_image_itself_where_it_may),
		cmocka_unit_test(leaves_what_is_not_writable_as_it_is),
		cmocka_unit_test(stays_inside_any_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
