/*
 * The library by days: what a month holds, and which labels there are. Any thread; does not touch
 * the disk.
 */
#ifndef CAMNODE_RECORD_CALENDAR_H
#define CAMNODE_RECORD_CALENDAR_H

#include "record/library.h"

#define CALENDAR_DAYS 31
#define CALENDAR_MONTH_SIZE sizeof("YYYY-MM")
#define CALENDAR_DAY_SIZE sizeof("YYYY-MM-DD")
#define CALENDAR_MAX_LABELS 50

struct calendar_day {
	size_t count;
	double duration_s; /* of those whose length is known */
	uint64_t bytes;
};

struct calendar {
	struct calendar_day days[CALENDAR_DAYS];
	char oldest[CALENDAR_DAY_SIZE], newest[CALENDAR_DAY_SIZE]; /* of all months; "": none */
	char labels[CALENDAR_MAX_LABELS][LIBRARY_LABEL_SIZE]; /* of all recordings, newest first */
	size_t label_count;
};

/* Days are the node's local ones, as in the files' names; `month` is "2026-11". */
void calendar_read(struct library *library, const struct library_filter *filter, const char *month,
                   struct calendar *ret_calendar);

#endif
