#include "record/calendar.h"

#include "library_rig.h"

#include <math.h>

static void add(struct rig *rig, const char *camera, const char *day, int second, const char *label)
{
	struct library_item item = {.bytes = 1000, .duration_s = second == 0 ? NAN : 1.5};
	char stamp[sizeof("YYYYMMDD")];

	snprintf(stamp, sizeof(stamp), "%.4s%.2s%.2s", day, day + 5, day + 8);
	str_copy(item.camera, sizeof(item.camera), camera);
	str_copy(item.label, sizeof(item.label), label);
	snprintf(item.file, sizeof(item.file), "%s/%.4s/%.2s/%.2s/%s_%s_1200%02d.mp4", camera, day,
	         day + 5, day + 8, camera, stamp, second % 60);
	library_add(rig->library, &item);
}

static void test_a_month_is_counted_by_days(void **state)
{
	struct rig *rig = *state;
	struct calendar calendar;

	add(rig, "cam0", "2026-10-31", 1, "");
	add(rig, "cam0", "2026-11-01", 0, "");
	add(rig, "cam0", "2026-11-30", 1, "Cat");
	add(rig, "cam0", "2026-11-30", 2, "");
	add(rig, "cam1", "2026-11-30", 3, "Dog");
	add(rig, "cam1", "2026-12-01", 1, "Cat");
	calendar_read(rig->library, NULL, "2026-11", &calendar);
	assert_int_equal(calendar.days[0].count, 1);
	assert_true(calendar.days[0].duration_s == 0); /* not known yet */
	assert_int_equal(calendar.days[29].count, 3);
	assert_int_equal(calendar.days[29].bytes, 3000);
	assert_true(calendar.days[29].duration_s == 4.5);
	for (int i = 1; i < CALENDAR_DAYS; i++)
		assert_true(i == 29 || calendar.days[i].count == 0);
	assert_string_equal(calendar.oldest, "2026-10-31");
	assert_string_equal(calendar.newest, "2026-12-01");
	assert_int_equal(calendar.label_count, 2);
	assert_string_equal(calendar.labels[0], "Cat");
	assert_string_equal(calendar.labels[1], "Dog");
}

static void test_a_filter_leaves_out_days_but_no_labels(void **state)
{
	struct rig *rig = *state;
	struct library_filter filter = {.camera = "cam1", .label = "Dog"};
	struct calendar calendar;

	add(rig, "cam0", "2026-11-02", 1, "Dog");
	add(rig, "cam1", "2026-11-03", 1, "Dog");
	add(rig, "cam1", "2026-11-04", 1, "Cat");
	calendar_read(rig->library, &filter, "2026-11", &calendar);
	for (int i = 0; i < CALENDAR_DAYS; i++)
		assert_int_equal(calendar.days[i].count, i == 2 ? 1 : 0);
	assert_string_equal(calendar.oldest, "2026-11-03");
	assert_string_equal(calendar.newest, "2026-11-03");
	assert_int_equal(calendar.label_count, 2);
	filter.camera = "none";
	calendar_read(rig->library, &filter, "2026-11", &calendar);
	assert_string_equal(calendar.oldest, "");
	assert_string_equal(calendar.newest, "");
}

static void test_labels_are_limited(void **state)
{
	struct rig *rig = *state;
	struct calendar calendar;
	char label[LIBRARY_LABEL_SIZE];

	for (int i = 0; i < CALENDAR_MAX_LABELS + 1; i++) {
		snprintf(label, sizeof(label), "label %d", i);
		add(rig, "cam0", "2026-11-02", i, label);
	}
	calendar_read(rig->library, NULL, "2026-11", &calendar);
	assert_int_equal(calendar.days[1].count, CALENDAR_MAX_LABELS + 1);
	assert_int_equal(calendar.label_count, CALENDAR_MAX_LABELS);
	assert_string_equal(calendar.labels[0], "label 50");
	assert_string_equal(calendar.labels[CALENDAR_MAX_LABELS - 1], "label 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_a_month_is_counted_by_days),
		RIGGED(test_a_filter_leaves_out_days_but_no_labels),
		RIGGED(test_labels_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
