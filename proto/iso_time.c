#include "proto/iso_time.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

#include "base/clock.h"

#define SEC_PER_MIN 60
#define SEC_PER_HOUR 3600

/* Each take_… moves `*text` behind what it has read, or says false. */

static bool take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static bool take_number(const char **text, int digits, int min, int max, int *ret_value)
{
	int value = 0;

	for (; digits > 0; digits--, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		value = value * 10 + (**text - '0');
	}
	*ret_value = value;
	return value >= min && value <= max;
}

static bool take_date(const char **text, int64_t *ret_s)
{
	int year, month, day;
	struct tm date = {0};

	if (!take_number(text, 4, 1970, 9999, &year) || !take_char(text, '-') ||
	    !take_number(text, 2, 1, 12, &month) || !take_char(text, '-') ||
	    !take_number(text, 2, 1, 31, &day))
		return false;
	date.tm_year = year - 1900;
	date.tm_mon = month - 1;
	date.tm_mday = day;
	*ret_s = timegm(&date);
	return date.tm_mday == day; /* else timegm() has made 1 March of 30 February */
}

static bool take_time(const char **text, int64_t *ret_s)
{
	int hour, minute, second;

	if (!take_number(text, 2, 0, 23, &hour) || !take_char(text, ':') ||
	    !take_number(text, 2, 0, 59, &minute) || !take_char(text, ':') ||
	    !take_number(text, 2, 0, 60, &second)) /* 60: a leap second */
		return false;
	*ret_s = hour * SEC_PER_HOUR + minute * SEC_PER_MIN + second;
	return true;
}

/* None, or a point and at least one digit. */
static bool take_fraction(const char **text, int64_t *ret_us)
{
	int64_t unit_us = USEC_PER_SEC;
	int digit;

	*ret_us = 0;
	if (!take_char(text, '.'))
		return true;
	if (!take_number(text, 1, 0, 9, &digit))
		return false;
	do {
		unit_us /= 10;
		*ret_us += digit * unit_us;
	} while (take_number(text, 1, 0, 9, &digit));
	return true;
}

/* The zone's offset from UTC. */
static bool take_zone(const char **text, int64_t *ret_s)
{
	int hours, minutes, sign;

	*ret_s = 0;
	if (take_char(text, 'Z'))
		return true;
	sign = **text == '-' ? -1 : 1;
	if (!take_char(text, '+') && !take_char(text, '-'))
		return false;
	if (!take_number(text, 2, 0, 23, &hours))
		return false;
	take_char(text, ':');
	if (!take_number(text, 2, 0, 59, &minutes))
		return false;
	*ret_s = sign * (hours * SEC_PER_HOUR + minutes * SEC_PER_MIN);
	return true;
}

int iso_time_parse(const char *text, int64_t *ret_wall_us)
{
	int64_t date_s, time_s, fraction_us, zone_s;

	if (!take_date(&text, &date_s))
		return -EINVAL;
	if (!take_char(&text, 'T') && !take_char(&text, ' '))
		return -EINVAL;
	if (!take_time(&text, &time_s) || !take_fraction(&text, &fraction_us) ||
	    !take_zone(&text, &zone_s) || *text != '\0')
		return -EINVAL;
	*ret_wall_us = (date_s + time_s - zone_s) * USEC_PER_SEC + fraction_us;
	return 0;
}
