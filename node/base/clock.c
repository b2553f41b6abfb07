#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_USEC INT64_C(1000)
#define TIMESYNCD_SYNCED "/run/systemd/timesync/synchronized"

static int64_t now_us(clockid_t clock)
{
	struct timespec ts = {0};

	clock_gettime(clock, &ts);
	return ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / NSEC_PER_USEC;
}

/*
 * How far `clock` is ahead of the monotonic one. The thread may lose the CPU between the two
 * readings, so the tightest of a few tries counts.
 */
static int64_t ahead_of_mono_us(clockid_t clock)
{
	int64_t ahead_us = 0;
	int64_t tightest_us = INT64_MAX;

	for (int i = 0; i < 3; i++) {
		int64_t before_us = now_us(CLOCK_MONOTONIC);
		int64_t there_us = now_us(clock);
		int64_t width_us = now_us(CLOCK_MONOTONIC) - before_us;

		if (width_us < tightest_us) {
			tightest_us = width_us;
			ahead_us = there_us - (before_us + width_us / 2);
		}
	}
	return ahead_us;
}

int64_t clock_mono_us(void)
{
	return now_us(CLOCK_MONOTONIC);
}

int64_t clock_wall_us(void)
{
	return now_us(CLOCK_REALTIME);
}

int64_t clock_boot_us(void)
{
	return now_us(CLOCK_BOOTTIME);
}

int64_t clock_mono_from_boot_ns(int64_t boot_ns)
{
	return boot_ns / NSEC_PER_USEC - ahead_of_mono_us(CLOCK_BOOTTIME);
}

int64_t clock_wall_from_mono_us(int64_t mono_us)
{
	return mono_us + ahead_of_mono_us(CLOCK_REALTIME);
}

void clock_format_iso(int64_t wall_us, char ret_text[CLOCK_ISO_SIZE])
{
	int64_t us = wall_us % USEC_PER_SEC;
	time_t seconds = wall_us / USEC_PER_SEC;
	struct tm tm;
	size_t length;

	if (us < 0) { /* before 1970: a remainder is counted from the second below */
		us += USEC_PER_SEC;
		seconds--;
	}
	gmtime_r(&seconds, &tm);
	length = strftime(ret_text, CLOCK_ISO_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret_text + length, CLOCK_ISO_SIZE - length, ".%03dZ", (int)(us / USEC_PER_MSEC));
}

int clock_parse_iso(const char *text, int64_t *ret_wall_us)
{
	char again[CLOCK_ISO_SIZE];
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t wall_us;

	if (!rest || *rest != '.')
		return -EINVAL;
	wall_us = timegm(&tm) * USEC_PER_SEC + strtol(rest + 1, NULL, 10) * USEC_PER_MSEC;
	clock_format_iso(wall_us, again);
	if (strcmp(text, again) != 0)
		return -EINVAL;
	*ret_wall_us = wall_us;
	return 0;
}

bool clock_is_synced(void)
{
	struct timex state = {.modes = 0};

	if (adjtimex(&state) >= 0)
		return !(state.status & STA_UNSYNC);
	/* A sandbox that keeps us from setting the clock forbids this question too. */
	return access(TIMESYNCD_SYNCED, F_OK) == 0;
}
