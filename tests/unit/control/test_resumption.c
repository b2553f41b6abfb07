/* What a command wants of a recording, over crashes, reboots and clocks that are wrong. */
#include "control/resumption.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOON_US (INT64_C(1795443890) * USEC_PER_SEC) /* in 2026 */
#define IN_1970_US (100 * USEC_PER_SEC)
#define MINUTE_US (60 * USEC_PER_SEC)

static struct resumption_now at(const char *boot, int64_t boot_us, int64_t wall_us)
{
	struct resumption_now now = {.boot_us = boot_us, .wall_us = wall_us};

	str_copy(now.boot, sizeof(now.boot), boot);
	return now;
}

static const struct resumption timed = {
	.format = CONFIG_MJPEG,
	.label = "night",
	.profile = "low",
	.duration_us = 10 * MINUTE_US,
	.has_begun = true,
};

/* Written at one moment, read at another: what is left, or -ETIME. */
static int64_t left(const struct resumption *resumption, struct resumption_now then,
                    struct resumption_now now, struct resumption *ret_resumption)
{
	json_auto_t *json = resumption_write(resumption, &then);
	int error = resumption_read(json, &now, ret_resumption);

	return error < 0 ? error : ret_resumption->duration_us;
}

static void test_all_is_kept(void **state)
{
	struct resumption again;

	left(&timed, at("a", 0, NOON_US), at("a", 0, NOON_US), &again);
	assert_int_equal(again.format, CONFIG_MJPEG);
	assert_string_equal(again.label, "night");
	assert_string_equal(again.profile, "low");
	assert_true(again.has_begun);
	assert_int_equal(again.duration_us, timed.duration_us);
}

struct span {
	const char *what;
	int64_t then_us, boot_us, now_us; /* wall then; since boot, and wall, now */
	const char *boot;                 /* now; "a" it was */
	int64_t left_us;                  /* or -ETIME */
	bool by_wall;
};

static void test_the_end_holds_by_the_clock_that_knows_it(void **state)
{
	static const struct span spans[] = {
		{"a crash", NOON_US, MINUTE_US, NOON_US + MINUTE_US, "a", 9 * MINUTE_US, false},
		{"a crash, the clock set meanwhile", IN_1970_US, MINUTE_US, NOON_US, "a",
	         9 * MINUTE_US, false},
		{"a crash, the clock set back", NOON_US, MINUTE_US, IN_1970_US, "a", 9 * MINUTE_US,
	         false},
		{"a crash, too late", NOON_US, 11 * MINUTE_US, NOON_US, "a", -ETIME, false},
		{"a reboot", NOON_US, 0, NOON_US + 2 * MINUTE_US, "b", 8 * MINUTE_US, true},
		{"a reboot, too late", NOON_US, 0, NOON_US + 10 * MINUTE_US, "b", -ETIME, true},
		{"a reboot to a clock that is not set", NOON_US, 0, IN_1970_US, "b", 10 * MINUTE_US,
	         true},
		{"a reboot, written before the clock was set", IN_1970_US, 0, NOON_US, "b",
	         10 * MINUTE_US, false},
	};

	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		const struct span *span = &spans[i];
		struct resumption again;
		int64_t left_us = left(&timed, at("a", 0, span->then_us),
		                       at(span->boot, span->boot_us, span->now_us), &again);

		print_message("%s\n", span->what);
		assert_int_equal(left_us, span->left_us);
		if (left_us > 0)
			assert_int_equal(again.ends_wall_us,
			                 span->by_wall ? NOON_US + 10 * MINUTE_US : 0);
	}
}

static void test_what_has_not_begun_is_not_shorter(void **state)
{
	struct resumption armed = timed, again;

	armed.has_begun = false;
	assert_int_equal(
		left(&armed, at("a", 0, NOON_US), at("a", 60 * MINUTE_US, NOON_US), &again),
		10 * MINUTE_US);
	assert_int_equal(left(&armed, at("a", 0, NOON_US), at("b", 0, 2 * NOON_US), &again),
	                 10 * MINUTE_US);
	assert_false(again.has_begun);
}

static void test_an_open_end_stays_open(void **state)
{
	struct resumption open = timed, again;

	open.duration_us = 0;
	assert_int_equal(left(&open, at("a", 0, NOON_US), at("b", 0, 2 * NOON_US), &again), 0);
	assert_true(again.has_begun);
}

static void test_what_cannot_be_read_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"7",
		"{}",
		"{\"format\": \"h264\", \"ends_us\": 0, \"label\": \"\", \"profile\": \"\"}",
		"{\"format\": 1, \"label\": \"\", \"profile\": \"\", \"left_us\": 1, "
		"\"has_begun\": "
		"true, \"boot\": \"\", \"ends_boot_us\": 1, \"ends_us\": 1}",
	};
	struct resumption_now now = at("a", 0, NOON_US);
	struct resumption again;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_auto_t *json = json_loads(bad[i], JSON_DECODE_ANY, NULL);

		assert_int_equal(resumption_read(json, &now, &again), -EINVAL);
	}
}

static void test_this_boot_has_a_name(void **state)
{
	struct resumption_now first = resumption_now(), second = resumption_now();

	assert_int_equal(strlen(first.boot), RESUMPTION_BOOT_SIZE - 4);
	assert_string_equal(first.boot, second.boot);
	assert_true(second.boot_us >= first.boot_us && first.boot_us > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_is_kept),
		cmocka_unit_test(test_the_end_holds_by_the_clock_that_knows_it),
		cmocka_unit_test(test_what_has_not_begun_is_not_shorter),
		cmocka_unit_test(test_an_open_end_stays_open),
		cmocka_unit_test(test_what_cannot_be_read_is_refused),
		cmocka_unit_test(test_this_boot_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
