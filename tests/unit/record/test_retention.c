#include "record/retention.h"

#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DAY_US (INT64_C(86400) * USEC_PER_SEC)
#define NOW_US (INT64_C(1795443890) * USEC_PER_SEC)
#define COUNT 4

/* One a day, 1 MB each, the last one a day old. */
static struct catalogue make(void)
{
	struct catalogue catalogue = {0};

	for (int i = 0; i < COUNT; i++) {
		struct library_item item = {
			.camera = "cam0",
			.started_wall_us = NOW_US - (COUNT - i) * DAY_US,
			.bytes = 1000000,
			.known = true,
		};

		name_format(item.file, item.camera, item.started_wall_us, 1);
		assert_int_equal(catalogue_add(&catalogue, &item), 0);
	}
	return catalogue;
}

static void assert_choice(const struct config_record *config, const struct catalogue *catalogue,
                          const struct retention_now *now, int index, const char *reason)
{
	const char *why = NULL;
	const struct library_item *item = retention_choose(config, catalogue, now, &why);

	if (index < 0) {
		assert_null(item);
		return;
	}
	assert_ptr_equal(item, &catalogue->items[index]);
	assert_string_equal(why, reason);
}

static void test_nothing_goes_by_default(void **state)
{
	const struct retention_now now = {.wall_us = NOW_US, .synced = true, .free_bytes = 0};
	struct catalogue catalogue = make();

	assert_choice(&(struct config_record){0}, &catalogue, &now, -1, NULL);
	catalogue_finish(&catalogue);
}

static void test_age_counts_to_the_second_and_only_by_a_synced_clock(void **state)
{
	const struct config_record config = {.keep_days = COUNT};
	struct retention_now now = {.wall_us = NOW_US, .synced = true, .free_bytes = UINT64_MAX};
	struct catalogue catalogue = make();

	assert_choice(&config, &catalogue, &now, -1, NULL);
	now.wall_us++;
	assert_choice(&config, &catalogue, &now, 0, "age");
	now.synced = false;
	assert_choice(&config, &catalogue, &now, -1, NULL);
	catalogue_finish(&catalogue);
}

static void test_the_oldest_is_so_by_its_start_not_its_name(void **state)
{
	const struct config_record config = {.keep_days = 2, .max_gb = 0.0039};
	struct retention_now now = {.wall_us = NOW_US, .synced = true, .free_bytes = UINT64_MAX};
	struct catalogue catalogue = make();

	for (int i = 0; i < COUNT; i++)
		catalogue.items[i].started_wall_us = NOW_US - DAY_US + i;
	catalogue.items[2].started_wall_us = NOW_US - 3 * DAY_US;
	assert_choice(&config, &catalogue, &now, 2, "age");
	now.synced = false;
	assert_choice(&config, &catalogue, &now, 2, "size");
	catalogue_finish(&catalogue);
}

static void test_without_a_clock_nothing_has_an_age(void **state)
{
	const struct config_record config = {.keep_days = 1};
	const struct retention_now now = {.wall_us = NOW_US, .synced = true};
	struct library_item item = {.camera = "cam0", .started_wall_us = DAY_US};
	struct catalogue catalogue = {0};

	name_format(item.file, item.camera, item.started_wall_us, 1);
	assert_int_equal(catalogue_add(&catalogue, &item), 0);
	assert_choice(&config, &catalogue, &now, -1, NULL);
	catalogue_finish(&catalogue);
}

static void test_size_counts_what_may_go(void **state)
{
	struct config_record config = {.max_gb = 0.004};
	const struct retention_now now = {.wall_us = NOW_US, .free_bytes = UINT64_MAX};
	struct catalogue catalogue = make();

	assert_choice(&config, &catalogue, &now, -1, NULL);
	config.max_gb = 0.0039;
	assert_choice(&config, &catalogue, &now, 0, "size");
	catalogue.items[0].protected = true;
	assert_choice(&config, &catalogue, &now, -1, NULL);
	config.max_gb = 0.0029;
	assert_choice(&config, &catalogue, &now, 1, "size");
	catalogue.items[1].damaged = true;
	assert_choice(&config, &catalogue, &now, -1, NULL);
	config.max_gb = 0.0019;
	assert_choice(&config, &catalogue, &now, 2, "size");
	catalogue_finish(&catalogue);
}

static void test_space_is_made_while_it_is_known(void **state)
{
	const struct config_record config = {.free_mb = 100};
	struct retention_now now = {.wall_us = NOW_US, .free_bytes = 100000000};
	struct catalogue catalogue = make();

	assert_choice(&config, &catalogue, &now, -1, NULL);
	now.free_bytes--;
	assert_choice(&config, &catalogue, &now, 0, "space");
	now.free_bytes = UINT64_MAX;
	assert_choice(&config, &catalogue, &now, -1, NULL);
	catalogue_finish(&catalogue);
}

static void test_room_to_finish_what_is_being_written(void **state)
{
	const struct config_record config = {.free_mb = 10};
	struct retention_now now = {.free_bytes = 15000000, .part_bytes = 5000000};
	struct catalogue catalogue = make();

	assert_choice(&config, &catalogue, &now, -1, NULL);
	now.free_bytes--;
	assert_choice(&config, &catalogue, &now, 0, "space");
	assert_choice(&(struct config_record){0}, &catalogue, &now, -1, NULL);
	catalogue_finish(&catalogue);
}

/* 4 MB may go, and 6 MB are free. */
static void test_a_space_that_cannot_be_made_costs_no_recording(void **state)
{
	struct config_record config = {.free_mb = 10, .min_free_mb = 1};
	struct retention_now now = {.free_bytes = 6000000};
	struct catalogue catalogue = make();

	assert_true(retention_can_free(&config, &catalogue, &now));
	assert_choice(&config, &catalogue, &now, 0, "space");
	now.free_bytes--;
	assert_false(retention_can_free(&config, &catalogue, &now));
	assert_choice(&config, &catalogue, &now, -1, NULL);
	now.free_bytes++;
	catalogue.items[3].protected = true;
	assert_false(retention_can_free(&config, &catalogue, &now));
	assert_choice(&config, &catalogue, &now, -1, NULL);
	/* But recording goes on. */
	now.free_bytes = 2000000;
	assert_choice(&config, &catalogue, &now, -1, NULL);
	now.free_bytes--;
	assert_choice(&config, &catalogue, &now, 0, "space");
	catalogue_finish(&catalogue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_goes_by_default),
		cmocka_unit_test(test_age_counts_to_the_second_and_only_by_a_synced_clock),
		cmocka_unit_test(test_the_oldest_is_so_by_its_start_not_its_name),
		cmocka_unit_test(test_without_a_clock_nothing_has_an_age),
		cmocka_unit_test(test_size_counts_what_may_go),
		cmocka_unit_test(test_space_is_made_while_it_is_known),
		cmocka_unit_test(test_room_to_finish_what_is_being_written),
		cmocka_unit_test(test_a_space_that_cannot_be_made_costs_no_recording),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
