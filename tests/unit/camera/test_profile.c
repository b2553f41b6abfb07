#include "camera/profile.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The built-in profiles out of order, and one that is as large as "high" but slower. */
static const struct config config = {
	.profiles =
		{
			{(char *)"low", 320, 240, 15, 60},
			{(char *)"high", 1280, 720, 30, 80},
			{(char *)"calm", 1280, 720, 5, 80},
			{(char *)"medium", 640, 480, 30, 75},
		},
	.profile_count = 4,
};

static void make_set(struct profile_set *set, const char *start)
{
	const struct config_camera camera = {.width = 800,
	                                     .height = 600,
	                                     .fps = 25,
	                                     .jpeg_quality = 70,
	                                     .profile = (char *)start};

	profile_set_init(set, &config, &camera);
}

static void are_ordered_by_pixels_a_second(void **state)
{
	static const char *const names[] = {"high", "custom", "medium", "calm", "low"};
	struct profile_set set;

	make_set(&set, "");
	assert_int_equal(set.count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(set.items[i].name, names[i]);
}

static void the_camera_begins_with_its_own_settings(void **state)
{
	struct profile_set set;
	make_set(&set, "");
	const struct profile *profile = set.chosen[PROFILE_BY_START];

	assert_string_equal(profile->name, "custom");
	assert_int_equal(profile->width, 800);
	assert_int_equal(profile->height, 600);
	assert_int_equal(profile->quality, 70);
	assert_true(profile->fps == 25);
}

static void the_camera_begins_with_what_it_names(void **state)
{
	struct profile_set set;

	make_set(&set, "low");
	assert_string_equal(set.chosen[PROFILE_BY_START]->name, "low");
	assert_ptr_equal(profile_set_find(&set, "low"), set.chosen[PROFILE_BY_START]);
	assert_null(profile_set_find(&set, "lower"));
}

static void worse_and_better_end_at_the_ends(void **state)
{
	struct profile_set set;
	make_set(&set, "");
	const struct profile *high = profile_set_find(&set, "high");
	const struct profile *low = profile_set_find(&set, "low");

	assert_string_equal(profile_set_worse(&set, high)->name, "custom");
	assert_null(profile_set_worse(&set, low));
	assert_string_equal(profile_set_better(&set, low)->name, "calm");
	assert_null(profile_set_better(&set, high));
}

/* An equal one would change nothing. */
static void worse_skips_what_costs_the_same(void **state)
{
	const struct config_camera camera = {
		.width = 1280, .height = 720, .fps = 30, .jpeg_quality = 60, .profile = (char *)""};
	struct profile_set set;

	profile_set_init(&set, &config, &camera);
	assert_string_equal(profile_set_worse(&set, profile_set_find(&set, "high"))->name,
	                    "medium");
	assert_null(profile_set_better(&set, profile_set_find(&set, "custom")));
}

static void the_last_who_chose_wins(void **state)
{
	struct profile_set set;

	make_set(&set, "");
	assert_string_equal(profile_set_current(&set)->name, "custom");
	assert_false(profile_set_is_pinned(&set));
	profile_set_choose(&set, PROFILE_BY_RECORDING, profile_set_find(&set, "high"));
	profile_set_choose(&set, PROFILE_BY_HAND, profile_set_find(&set, "low"));
	profile_set_choose(&set, PROFILE_BY_GOVERNOR, profile_set_find(&set, "calm"));
	assert_string_equal(profile_set_current(&set)->name, "high");
	assert_true(profile_set_is_pinned(&set));
	profile_set_choose(&set, PROFILE_BY_RECORDING, NULL);
	assert_string_equal(profile_set_current(&set)->name, "low");
	profile_set_choose(&set, PROFILE_BY_HAND, NULL);
	assert_string_equal(profile_set_current(&set)->name, "calm");
	profile_set_choose(&set, PROFILE_BY_GOVERNOR, NULL);
	assert_string_equal(profile_set_current(&set)->name, "custom");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_ordered_by_pixels_a_second),
		cmocka_unit_test(the_camera_begins_with_its_own_settings),
		cmocka_unit_test(the_camera_begins_with_what_it_names),
		cmocka_unit_test(worse_and_better_end_at_the_ends),
		cmocka_unit_test(worse_skips_what_costs_the_same),
		cmocka_unit_test(the_last_who_chose_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
