/* Windows of local time, over midnight and over changes to and from daylight-saving time. */
#include "record/schedule.h"

#include "base/clock.h"
#include "proto/iso_time.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SUN (1 << 0)
#define MON (1 << 1)
#define FRI (1 << 5)
#define SAT (1 << 6)

static struct config_window window(const char *from, const char *to)
{
	return (struct config_window){.from = (char *)from, .to = (char *)to};
}

static struct config_window window_on(int day, const char *from, const char *to)
{
	struct config_window window = {.from = (char *)from, .to = (char *)to};

	window.days[window.day_count++] = day;
	return window;
}

static int64_t at(const char *time)
{
	int64_t wall_us = 0;

	assert_int_equal(iso_time_parse(time, &wall_us), 0);
	return wall_us;
}

static bool is_on_at(const struct config_window *windows, size_t count, int64_t us, bool synced)
{
	return schedule_since(windows, count, us, synced) != SCHEDULE_OFF;
}

static bool is_on(const struct config_window *window, const char *time)
{
	return is_on_at(window, 1, at(time), true);
}

static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

struct span {
	const char *from, *to; /* of the window */
	const char *begin;     /* its first second */
	const char *end;       /* the first second after it */
};

/* On at the first second and all the way to the last, off before and behind. */
static void assert_span(const struct config_window *window, const struct span *span)
{
	int64_t begin_us = at(span->begin), end_us = at(span->end);

	if (!is_on_at(window, 1, begin_us, true) ||
	    is_on_at(window, 1, begin_us - 1 * USEC_PER_SEC, true))
		fail_msg("%s..%s does not begin at %s", span->from, span->to, span->begin);
	if (!is_on_at(window, 1, end_us - 1 * USEC_PER_SEC, true) ||
	    is_on_at(window, 1, end_us, true))
		fail_msg("%s..%s does not end at %s", span->from, span->to, span->end);
	for (int64_t us = begin_us; us < end_us; us += 600 * USEC_PER_SEC)
		assert_int_equal(schedule_since(window, 1, us, true), begin_us);
}

static void assert_spans(const struct span *spans, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct config_window daily = window(spans[i].from, spans[i].to);

		assert_span(&daily, &spans[i]);
	}
}

#define ASSERT_SPANS(spans) assert_spans(spans, sizeof(spans) / sizeof((spans)[0]))

static void a_window_is_from_to(void **state)
{
	static const struct span spans[] = {
		{"08:00", "17:30", "2026-06-10T08:00:00Z", "2026-06-10T17:30:00Z"},
		{"08:00:10", "08:00:11", "2026-06-10T08:00:10Z", "2026-06-10T08:00:11Z"},
		{"22:00", "06:00", "2026-06-10T22:00:00Z", "2026-06-11T06:00:00Z"},
		{"12:00", "24:00", "2026-12-31T12:00:00Z", "2027-01-01T00:00:00Z"},
		{"23:59:59", "00:00", "2028-02-28T23:59:59Z", "2028-02-29T00:00:00Z"},
	};

	set_zone("UTC");
	ASSERT_SPANS(spans);
}

static void equal_times_are_a_whole_day(void **state)
{
	const struct config_window always = window("00:00", "00:00");
	const struct config_window monday = window_on(MON, "06:00", "06:00");

	set_zone("UTC");
	assert_true(is_on(&always, "2026-06-10T00:00:00Z"));
	assert_true(is_on(&always, "2026-06-10T23:59:59Z"));
	assert_false(is_on(&monday, "2026-06-08T05:59:59Z"));
	assert_true(is_on(&monday, "2026-06-08T06:00:00Z"));
	assert_true(is_on(&monday, "2026-06-09T05:59:59Z"));
	assert_false(is_on(&monday, "2026-06-09T06:00:00Z"));
}

/* 2026-06-12 is a Friday. */
static void days_are_those_of_the_beginning(void **state)
{
	struct config_window window = window_on(FRI, "22:00", "06:00");

	set_zone("UTC");
	assert_false(is_on(&window, "2026-06-12T05:00:00Z"));
	assert_true(is_on(&window, "2026-06-12T23:00:00Z"));
	assert_true(is_on(&window, "2026-06-13T05:00:00Z"));
	assert_false(is_on(&window, "2026-06-13T23:00:00Z"));
	window.days[window.day_count++] = SAT | SUN;
	assert_true(is_on(&window, "2026-06-13T23:00:00Z"));
	assert_true(is_on(&window, "2026-06-15T05:00:00Z"));
	assert_false(is_on(&window, "2026-06-15T23:00:00Z"));
}

static void several_windows_add_up(void **state)
{
	const struct config_window windows[] = {window("08:00", "09:00"), window("08:30", "10:00"),
	                                        window("12:00", "13:00")};

	set_zone("UTC");
	assert_true(is_on_at(windows, 3, at("2026-06-10T09:30:00Z"), true));
	assert_false(is_on_at(windows, 3, at("2026-06-10T11:00:00Z"), true));
	assert_true(is_on_at(windows, 3, at("2026-06-10T12:30:00Z"), true));
	assert_false(is_on_at(NULL, 0, at("2026-06-10T12:30:00Z"), true));
}

/* Also one that touches another or lies in it, and the same one of the next day. */
static void the_newest_beginning_counts(void **state)
{
	const struct config_window windows[] = {window("08:00", "10:00"), window("08:30", "09:00"),
	                                        window("10:00", "11:00")};
	const struct config_window always = window("00:00", "24:00");
	static const struct {
		const char *time, *since;
	} cases[] = {
		{"2026-06-10T08:29:59Z", "2026-06-10T08:00:00Z"},
		{"2026-06-10T08:30:00Z", "2026-06-10T08:30:00Z"},
		{"2026-06-10T09:00:00Z", "2026-06-10T08:00:00Z"},
		{"2026-06-10T09:59:59Z", "2026-06-10T08:00:00Z"},
		{"2026-06-10T10:00:00Z", "2026-06-10T10:00:00Z"},
	};

	set_zone("UTC");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(schedule_since(windows, 3, at(cases[i].time), true),
		                 at(cases[i].since));
	assert_int_equal(schedule_since(&always, 1, at("2026-06-10T23:59:59Z"), true),
	                 at("2026-06-10T00:00:00Z"));
	assert_int_equal(schedule_since(&always, 1, at("2026-06-11T00:00:00Z"), true),
	                 at("2026-06-11T00:00:00Z"));
}

static void an_unsynced_clock_is_waited_for(void **state)
{
	struct config_window daily = window("00:00", "24:00");

	set_zone("UTC");
	assert_false(is_on_at(&daily, 1, at("2026-06-10T12:00:00Z"), false));
	daily.when = CONFIG_WHEN_ALWAYS;
	assert_true(is_on_at(&daily, 1, at("2026-06-10T12:00:00Z"), false));
	assert_true(is_on_at(&daily, 1, 0, false));
}

/* 2026-03-29, 01:00 UTC: 02:00 becomes 03:00. */
static void berlin_loses_an_hour(void **state)
{
	static const struct span spans[] = {
		{"22:00", "06:00", "2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z"},
		{"01:30", "03:30", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"},
		{"02:30", "06:00", "2026-03-29T01:00:00Z", "2026-03-29T04:00:00Z"},
		{"01:00", "02:30", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"},
		{"03:00", "04:00", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"},
		{"12:00", "12:00:01", "2026-03-29T10:00:00Z", "2026-03-29T10:00:01Z"},
	};
	const struct config_window inside = window("02:15", "02:45");

	set_zone("Europe/Berlin");
	ASSERT_SPANS(spans);
	for (int64_t us = at("2026-03-29T00:00:00Z"); us < at("2026-03-29T03:00:00Z");
	     us += USEC_PER_SEC)
		assert_false(is_on_at(&inside, 1, us, true)); /* nobody sees that time */
}

/* 2026-10-25, 01:00 UTC: 03:00 becomes 02:00. */
static void berlin_wins_an_hour(void **state)
{
	static const struct span spans[] = {
		{"22:00", "06:00", "2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z"},
		{"02:30", "06:00", "2026-10-25T00:30:00Z", "2026-10-25T05:00:00Z"},
		{"01:00", "02:30", "2026-10-24T23:00:00Z", "2026-10-25T01:30:00Z"},
		{"02:15", "02:45", "2026-10-25T00:15:00Z", "2026-10-25T01:45:00Z"},
		{"03:00", "04:00", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"},
	};

	set_zone("Europe/Berlin");
	ASSERT_SPANS(spans);
}

/* Changes at midnight, by half an hour, south of the equator, and zones far from UTC. */
static void other_zones_have_their_own_rules(void **state)
{
	static const struct {
		const char *zone;
		struct span span;
	} cases[] = {
		/* 2024-09-08: 00:00 becomes 01:00 */
		{"America/Santiago",
	         {"00:00", "02:00", "2024-09-08T04:00:00Z", "2024-09-08T05:00:00Z"}},
		{"America/Santiago",
	         {"00:30", "02:00", "2024-09-08T04:00:00Z", "2024-09-08T05:00:00Z"}},
		/* 2024-04-07: 00:00 becomes 23:00 of the day before */
		{"America/Santiago",
	         {"22:00", "23:30", "2024-04-07T01:00:00Z", "2024-04-07T03:30:00Z"}},
		/* 2026-10-04: 02:00 becomes 02:30 */
		{"Australia/Lord_Howe",
	         {"01:00", "03:00", "2026-10-03T14:30:00Z", "2026-10-03T16:00:00Z"}},
		{"Australia/Lord_Howe",
	         {"02:10", "03:00", "2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z"}},
		{"America/New_York",
	         {"01:30", "03:30", "2026-11-01T05:30:00Z", "2026-11-01T08:30:00Z"}},
		{"Asia/Kathmandu",
	         {"22:00", "06:00", "2026-06-10T16:15:00Z", "2026-06-11T00:15:00Z"}},
		{"Pacific/Kiritimati",
	         {"22:00", "06:00", "2026-06-10T08:00:00Z", "2026-06-10T16:00:00Z"}},
		{"Pacific/Pago_Pago",
	         {"22:00", "06:00", "2026-06-10T09:00:00Z", "2026-06-10T17:00:00Z"}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct config_window daily = window(cases[i].span.from, cases[i].span.to);

		set_zone(cases[i].zone);
		assert_span(&daily, &cases[i].span);
	}
}

/* A whole year in steps of ten minutes: on as long as it should be, and as often. */
static void a_year_has_its_windows(void **state)
{
	static const char *const zones[] = {"Europe/Berlin", "America/New_York", "Asia/Tokyo",
	                                    "Australia/Lord_Howe"};
	const struct config_window daily = window("22:00", "06:00");

	for (size_t i = 0; i < 4; i++) {
		int64_t end_us = at("2027-01-01T12:00:00Z");
		int minutes = 0, windows = 0;
		bool before = false;

		set_zone(zones[i]);
		for (int64_t us = at("2026-01-01T12:00:00Z"); us < end_us;
		     us += 600 * USEC_PER_SEC) {
			bool now = is_on_at(&daily, 1, us, true);

			minutes += now ? 10 : 0;
			windows += now && !before;
			before = now;
		}
		assert_in_range(windows, 365, 366);
		assert_in_range(minutes, 365 * 8 * 60 - 480, 365 * 8 * 60 + 480);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_is_from_to),
		cmocka_unit_test(equal_times_are_a_whole_day),
		cmocka_unit_test(days_are_those_of_the_beginning),
		cmocka_unit_test(several_windows_add_up),
		cmocka_unit_test(the_newest_beginning_counts),
		cmocka_unit_test(an_unsynced_clock_is_waited_for),
		cmocka_unit_test(berlin_loses_an_hour),
		cmocka_unit_test(berlin_wins_an_hour),
		cmocka_unit_test(other_zones_have_their_own_rules),
		cmocka_unit_test(a_year_has_its_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
