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

/* The beginning of the window that begins on the day of `midnight` (local, as if it were UTC), if
 * it is on, or SCHEDULE_OFF. */
static int64_t since_day(const struct config_window *window, time_t midnight, time_t now)
{
	int from_s, to_s;
	time_t begin;
	struct tm tm;

	gmtime_r(&midnight, &tm);
	if (!(days_of(window) & 1U << tm.tm_wday) ||
	    str_parse_time_of_day(window->from, &from_s) < 0 ||
	    str_parse_time_of_day(window->to, &to_s) < 0)
		return SCHEDULE_OFF;
	if (to_s <= from_s)
		to_s += DAY_S;
	begin = from_local(midnight + from_s, FIRST);
	if (now < begin || now >= from_local(midnight + to_s, LAST))
		return SCHEDULE_OFF;
	return (int64_t)begin * USEC_PER_SEC;
}

/* That of today, else that of yesterday, which may end after midnight. */
static int64_t since(const struct config_window *window, time_t now)
{
	time_t local = now + offset_at(now);
	time_t midnight = local - local % DAY_S;
	int64_t today = since_day(window, midnight, now);

	return today != SCHEDULE_OFF ? today : since_day(window, midnight - DAY_S, now);
}

int64_t schedule_since(const struct config_window *windows, size_t count, int64_t wall_us,
                       bool synced)
{
	time_t now = wall_us / USEC_PER_SEC;
	int64_t newest = SCHEDULE_OFF;

	for (size_t i = 0; i < count; i++) {
		int64_t begin;

		if (windows[i].when == CONFIG_WHEN_TIME_SYNCED && !synced)
			continue;
		begin = since(&windows[i], now);
		if (begin > newest)
			newest = begin;
	}
	return newest;
}
