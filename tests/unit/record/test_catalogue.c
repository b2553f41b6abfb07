#include "record/catalogue.h"

#include "base/clock.h"
#include "record/name.h"

#include <errno.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FIRST_WALL_US (INT64_C(1795443890) * USEC_PER_SEC)

static struct library_item make_item(const char *camera, int second)
{
	struct library_item item = {.bytes = (uint64_t)second};

	memcpy(item.camera, camera, strlen(camera) + 1);
	name_format(item.file, camera, FIRST_WALL_US + second * USEC_PER_SEC, 1);
	return item;
}

static void add(struct catalogue *catalogue, const char *camera, int second)
{
	const struct library_item item = make_item(camera, second);

	assert_int_equal(catalogue_add(catalogue, &item), 0);
}

static void test_items_are_in_the_order_of_time(void **state)
{
	struct catalogue catalogue = {0};

	add(&catalogue, "yard", 3);
	add(&catalogue, "gate", 1);
	add(&catalogue, "gate", 4);
	add(&catalogue, "yard", 2);
	assert_int_equal(catalogue.count, 4);
	for (size_t i = 0; i < catalogue.count; i++)
		assert_int_equal(catalogue.items[i].bytes, i + 1);
	catalogue_finish(&catalogue);
}

static void test_the_same_file_is_replaced(void **state)
{
	struct catalogue catalogue = {0};
	struct library_item item = make_item("gate", 1);

	add(&catalogue, "gate", 1);
	item.frames = 25;
	assert_int_equal(catalogue_add(&catalogue, &item), 0);
	assert_int_equal(catalogue.count, 1);
	assert_int_equal(catalogue.items[0].frames, 25);
	catalogue_finish(&catalogue);
}

static void test_files_are_found_and_removed_by_name(void **state)
{
	struct catalogue catalogue = {0};
	const struct library_item middle = make_item("yard", 2), other = make_item("yard", 9);

	for (int second = 1; second <= 3; second++)
		add(&catalogue, "yard", second);
	assert_int_equal(catalogue_find(&catalogue, middle.file)->bytes, 2);
	assert_null(catalogue_find(&catalogue, other.file));
	assert_null(catalogue_find(&catalogue, "../../etc/passwd"));

	catalogue_remove(&catalogue, other.file);
	catalogue_remove(&catalogue, middle.file);
	assert_int_equal(catalogue.count, 2);
	assert_null(catalogue_find(&catalogue, middle.file));
	catalogue_finish(&catalogue);
}

static void test_a_full_catalogue_forgets_the_oldest(void **state)
{
	struct catalogue catalogue = {0};
	struct library_item item;

	for (int second = LIBRARY_MAX_ITEMS; second > 0; second--) {
		item = make_item("gate", second);
		assert_int_equal(catalogue_append(&catalogue, &item), 0);
	}
	item = make_item("gate", 0);
	assert_int_equal(catalogue_append(&catalogue, &item), -ENOSPC);
	catalogue_sort(&catalogue);

	add(&catalogue, "gate", 0); /* older than all */
	assert_int_equal(catalogue.items[0].bytes, 1);
	add(&catalogue, "gate", LIBRARY_MAX_ITEMS + 1);
	assert_int_equal(catalogue.count, LIBRARY_MAX_ITEMS);
	assert_int_equal(catalogue.items[0].bytes, 2);
	assert_int_equal(catalogue.items[catalogue.count - 1].bytes, LIBRARY_MAX_ITEMS + 1);
	catalogue_finish(&catalogue);
}

static void test_a_full_catalogue_makes_room_for_the_newest(void **state)
{
	struct catalogue catalogue = {0};
	struct library_item item;
	size_t dropped = 0;

	for (int second = 1; second <= LIBRARY_MAX_ITEMS + 1; second++) {
		item = make_item("gate", second);
		if (catalogue_append(&catalogue, &item) == 0)
			continue;
		dropped += catalogue_drop_oldest(&catalogue);
		assert_int_equal(catalogue_append(&catalogue, &item), 0);
	}
	assert_in_range(dropped, 1, LIBRARY_MAX_ITEMS / 10);
	assert_int_equal(catalogue.count, LIBRARY_MAX_ITEMS + 1 - dropped);
	assert_int_equal(catalogue.items[0].bytes, dropped + 1);
	assert_int_equal(catalogue.items[catalogue.count - 1].bytes, LIBRARY_MAX_ITEMS + 1);
	assert_int_equal(catalogue_drop_oldest(&(struct catalogue){0}), 0);
	catalogue_finish(&catalogue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items_are_in_the_order_of_time),
		cmocka_unit_test(test_the_same_file_is_replaced),
		cmocka_unit_test(test_files_are_found_and_removed_by_name),
		cmocka_unit_test(test_a_full_catalogue_forgets_the_oldest),
		cmocka_unit_test(test_a_full_catalogue_makes_room_for_the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
