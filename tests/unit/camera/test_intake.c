#include "camera/intake.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What came out of an intake. */
struct taken {
	int count, gaps;
	uint64_t last;
};

static void give(struct intake *intake, uint64_t sequence, int64_t pts_us, struct taken *taken)
{
	const struct image_info info = {.format = IMAGE_YUV420,
	                                .width = 16,
	                                .height = 16,
	                                .sequence = sequence,
	                                .pts_us = pts_us};
	_cleanup_(image_unref_p) struct image *image = image_new_planes(&info);
	assert_non_null(image);
	_cleanup_(image_unref_p) struct image *out = intake_take(intake, image);

	if (!out)
		return;
	assert_ptr_equal(image_info(out)->planes[0], image_info(image)->planes[0]);
	assert_int_equal(image_info(out)->pts_us, pts_us);
	taken->gaps += taken->count > 0 && image_info(out)->sequence != taken->last + 1;
	taken->last = image_info(out)->sequence;
	taken->count++;
}

/* Ten seconds of a source. */
static struct taken run(struct intake *intake, double fps, uint64_t first)
{
	struct taken taken = {0};

	for (int i = 0; i < (int)(10 * fps); i++)
		give(intake, first + (uint64_t)i, (int64_t)((i + 1) * 1e6 / fps), &taken);
	return taken;
}

static void a_source_at_its_rate_is_passed_on_as_it_is(void **state)
{
	struct intake intake;

	intake_init(&intake, 30);
	struct taken taken = run(&intake, 30, 7);
	assert_int_equal(taken.count, 300);
	assert_int_equal(taken.last, 306);
	assert_int_equal(taken.gaps, 0);
}

/* The clocks of cameras differ a little from ours. */
static void a_source_a_little_faster_loses_nothing(void **state)
{
	struct intake intake;

	intake_init(&intake, 30);
	assert_int_equal(run(&intake, 31, 0).count, 310);
}

static void a_slower_source_loses_nothing(void **state)
{
	struct intake intake;

	intake_init(&intake, 30);
	assert_int_equal(run(&intake, 12, 0).count, 120);
}

static void a_faster_source_is_thinned_without_gaps(void **state)
{
	struct intake intake;

	intake_init(&intake, 10);
	struct taken taken = run(&intake, 30, 0);
	assert_in_range(taken.count, 99, 103);
	assert_int_equal(taken.gaps, 0);
}

static void the_rate_may_change_on_the_way(void **state)
{
	struct intake intake;
	struct taken taken = {0};

	intake_init(&intake, 30);
	for (int i = 0; i < 300; i++) {
		if (i == 150)
			intake_set_fps(&intake, 15);
		give(&intake, (uint64_t)i, i * USEC_PER_SEC / 30, &taken);
	}
	assert_in_range(taken.count, 224, 227);
	assert_int_equal(taken.gaps, 0);
}

static void what_the_sensor_lost_stays_a_gap(void **state)
{
	struct intake intake;
	struct taken taken = {0};

	intake_init(&intake, 10);
	for (int i = 0; i < 90; i++)
		give(&intake, (uint64_t)i, (i + 1) * USEC_PER_SEC / 30, &taken);
	assert_int_equal(taken.gaps, 0);
	uint64_t last = taken.last;
	for (int i = 95; i < 120; i++)
		give(&intake, (uint64_t)i, (i + 1) * USEC_PER_SEC / 30, &taken);
	assert_int_equal(taken.gaps, 1);
	assert_true(taken.last > last + 5);
}

static void a_source_opened_again_goes_on(void **state)
{
	struct intake intake;
	struct taken taken = {0};

	intake_init(&intake, 30);
	for (int i = 0; i < 5; i++)
		give(&intake, (uint64_t)i, (i + 1) * USEC_PER_SEC / 30, &taken);
	for (int i = 0; i < 5; i++)
		give(&intake, (uint64_t)i, (i + 9) * USEC_PER_SEC / 30, &taken);
	assert_int_equal(taken.count, 10);
	assert_int_equal(taken.last, 9);
	assert_int_equal(taken.gaps, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_at_its_rate_is_passed_on_as_it_is),
		cmocka_unit_test(a_source_a_little_faster_loses_nothing),
		cmocka_unit_test(a_slower_source_loses_nothing),
		cmocka_unit_test(a_faster_source_is_thinned_without_gaps),
		cmocka_unit_test(the_rate_may_change_on_the_way),
		cmocka_unit_test(what_the_sensor_lost_stays_a_gap),
		cmocka_unit_test(a_source_opened_again_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
