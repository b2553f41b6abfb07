#include "record/schedule.h"

#include "base/clock.h"
#include "base/str.h"

#include <time.h>

#define DAY_S (24 * 60 * 60)
#define ALL_DAYS 127

/* Of a time that the clock on the wall shows twice. */
enum pick { FIRST, LAST };

static long offset_at(time_t time)
{
	struct tm tm;

	localtime_r(&time, &tm);
	return tm.tm_gmtoff;
}

/* The first moment in (before, after] with the offset of `after`. */
static time_t find_change(time_t before, time_t after)
{
	long offset = offset_at(after);

	while (after - before > 1) {
		time_t middle = before + (after - before) / 2;

		if (offset_at(middle) == offset)
			after = middle;
		else
			before = middle;
	}
	return after;
}

/* When the clock on the wall shows `local` (as if it were UTC). Within two days, a zone changes its
 * offset once at most. */
static time_t from_local(time_t local, enum pick pick)
{
	long old_offset = offset_at(local - DAY_S), new_offset = offset_at(local + DAY_S);
	time_t by_old = local - old_offset, by_new = local - new_offset;
	bool is_old = offset_at(by_old) == old_offset, is_new = offset_at(by_new) == new_offset;

	if (is_old && is_new)
		return pick == FIRST ? by_old : by_new;
	if (!is_old && !is_new)
		return find_change(local - DAY_S, local + DAY_S);
	return is_old ? by_old : by_new;
}

static unsigned days_of(const struct config_window *window)
{
	unsigned days = 0;

	for (size_t i = 0; i < window->day_count; i++)
		days |= (unsigned)window->days[i];
	return days ? days : ALL_DAYS;
}

/* True inside of the window that begins on the day of `midnight` (local, as if it were UTC). */
static bool is_in_window_of(const struct config_window *window, time_t midnight, time_t now)
{
	int from_s, to_s;
	struct tm tm;

	gmtime_r(&midnight, &tm);
	if (!(days_of(window) & 1U << tm.tm_wday) ||
	    str_parse_time_of_day(window->from, &from_s) < 0 ||
	    str_parse_time_of_day(window->to, &to_s) < 0)
		return false;
	if (to_s <= from_s)
		to_s += DAY_S;
	return now >= from_local(midnight + from_s, FIRST) &&
	       now < from_local(midnight + to_s, LAST);
}

/* One of today, or of yesterday when it ends after midnight. */
static bool is_in(const struct config_window *window, time_t now)
{
	time_t local = now + offset_at(now);
	time_t midnight = local - local % DAY_S;

	return is_in_window_of(window, midnight, now) ||
	       is_in_window_of(window, midnight - DAY_S, now);
}

bool schedule_is_on(const struct config_window *windows, size_t count, int64_t wall_us, bool synced)
{
	time_t now = wall_us / USEC_PER_SEC;

	for (size_t i = 0; i < count; i++) {
		if (windows[i].when == CONFIG_WHEN_TIME_SYNCED && !synced)
			continue;
		if (is_in(&windows[i], now))
			return true;
	}
	return false;
}
