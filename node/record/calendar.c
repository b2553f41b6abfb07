#include "record/calendar.h"

#include "record/librarian.h"
#include "record/name.h"

#include <math.h>
#include <string.h>

/* "2026-11-23" of an item. */
static void day_of(const struct library_item *item, char ret_day[static CALENDAR_DAY_SIZE])
{
	const char *folders = item->file + strlen(item->camera) + strlen("/");

	snprintf(ret_day, CALENDAR_DAY_SIZE, "%.4s-%.2s-%.2s", folders, folders + 5, folders + 8);
}

static void count_day(struct calendar *calendar, const struct library_item *item, const char *day,
                      const char *month)
{
	size_t number = (size_t)(day[8] - '0') * 10 + (size_t)(day[9] - '0');
	struct calendar_day *entry;

	if (strncmp(day, month, strlen("YYYY-MM")) != 0 || number < 1 || number > CALENDAR_DAYS)
		return;
	entry = &calendar->days[number - 1];
	entry->count++;
	entry->bytes += item->bytes;
	if (isfinite(item->duration_s) && item->duration_s > 0)
		entry->duration_s += item->duration_s;
}

static void note_label(struct calendar *calendar, const char *label)
{
	if (!*label || calendar->label_count >= CALENDAR_MAX_LABELS)
		return;
	for (size_t i = calendar->label_count; i > 0; i--) {
		if (strcmp(calendar->labels[i - 1], label) == 0)
			return;
	}
	str_copy(calendar->labels[calendar->label_count++], LIBRARY_LABEL_SIZE, label);
}

void calendar_read(struct library *library, const struct library_filter *filter, const char *month,
                   struct calendar *ret_calendar)
{
	char day[CALENDAR_DAY_SIZE];

	memset(ret_calendar, 0, sizeof(*ret_calendar));
	pthread_mutex_lock(&library->mutex);
	for (size_t i = library->catalogue.count; i > 0; i--) {
		const struct library_item *item = &library->catalogue.items[i - 1];

		note_label(ret_calendar, item->label);
		if (!library_fits(filter, item))
			continue;
		day_of(item, day);
		count_day(ret_calendar, item, day, month);
		memcpy(ret_calendar->oldest, day, sizeof(day));
		if (!ret_calendar->newest[0])
			memcpy(ret_calendar->newest, day, sizeof(day));
	}
	pthread_mutex_unlock(&library->mutex);
}
