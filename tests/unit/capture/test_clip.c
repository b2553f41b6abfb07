#include "capture/clip.h"

#include "capture/backlog.h"
#include "clips.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PICTURES (BACKLOG_MAX_PACKETS * 2)

struct fixture {
	char source[64];
	atomic_bool stop;
	struct clip *clip;
};

static void begin(struct fixture *fixture, bool (*write)(FILE *file, uint32_t count))
{
	char text[128];

	atomic_init(&fixture->stop, false);
	assert_true(clips_make(write, PICTURES, ".h264", fixture->source, sizeof(fixture->source)));
	assert_int_equal(clip_open(fixture->source + strlen("replay:"), &fixture->stop,
	                           &fixture->clip, text, sizeof(text)),
	                 0);
}

static void end(struct fixture *fixture)
{
	clip_close(fixture->clip);
	clips_remove(fixture->source);
}

static void pass_over(struct fixture *fixture, int pictures)
{
	for (int i = 0; i < pictures; i++) {
		assert_int_equal(clip_next(fixture->clip, false), 0);
		assert_null(clip_image(fixture->clip, 0, 0));
	}
}

/* The number that the next picture shows. */
static uint32_t next_number(struct fixture *fixture)
{
	_cleanup_(image_unref_p) struct image *image = NULL;
	struct pattern_code code;

	assert_int_equal(clip_next(fixture->clip, true), 0);
	image = clip_image(fixture->clip, 0, 0);
	assert_non_null(image);
	const struct image_info *info = image_info(image);
	assert_int_equal(pattern_code_read(info->planes[0], info->strides[0], info->width,
	                                   info->height, &code),
	                 0);
	return code.frame;
}

static void shows_one_picture_after_the_other(void **state)
{
	struct fixture fixture;
	begin(&fixture, clips_write_h264);

	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(next_number(&fixture), i);
	end(&fixture);
}

static void goes_on_at_once_however_far_the_key_frames_are(void **state)
{
	static const int passed_over[] = {1, 10, BACKLOG_MAX_PACKETS, BACKLOG_MAX_PACKETS + 1,
	                                  PICTURES - 1};

	for (size_t i = 0; i < sizeof(passed_over) / sizeof(passed_over[0]); i++) {
		struct fixture fixture;
		begin(&fixture, clips_write_one_gop);

		pass_over(&fixture, passed_over[i]);
		assert_int_equal(next_number(&fixture), passed_over[i]);
		end(&fixture);
	}
}

static void goes_on_as_often_as_it_is_wanted_again(void **state)
{
	struct fixture fixture;
	begin(&fixture, clips_write_one_gop);

	for (uint32_t i = 0; i < 100; i += 10) {
		assert_int_equal(next_number(&fixture), i);
		pass_over(&fixture, 9);
	}
	end(&fixture);
}

static void goes_on_behind_the_seam(void **state)
{
	struct fixture fixture;
	begin(&fixture, clips_write_one_gop);

	pass_over(&fixture, PICTURES + 5);
	assert_int_equal(next_number(&fixture), 5);
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_one_picture_after_the_other),
		cmocka_unit_test(goes_on_at_once_however_far_the_key_frames_are),
		cmocka_unit_test(goes_on_as_often_as_it_is_wanted_again),
		cmocka_unit_test(goes_on_behind_the_seam),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
