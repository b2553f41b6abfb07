#include "http/days.h"

#include "base/cleanup.h"
#include "http/query.h"
#include "http/respond.h"
#include "proto/iso_time.h"
#include "proto/object.h"
#include "record/calendar.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

struct asked {
	char camera[ID_SIZE], label[LIBRARY_LABEL_SIZE], month[CALENDAR_MONTH_SIZE];
};

static void this_month(char ret_month[static CALENDAR_MONTH_SIZE])
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(ret_month, CALENDAR_MONTH_SIZE, "%Y-%m", &tm);
}

/* 0, or -EINVAL after having answered. */
static int read_asked(struct request *request, struct asked *ret_asked)
{
	char first[CALENDAR_MONTH_SIZE + sizeof("-01T00:00:00Z")];
	int64_t time_us;

	if (query_text(request, "camera", ret_asked->camera, sizeof(ret_asked->camera)) < 0 ||
	    query_text(request, "label", ret_asked->label, sizeof(ret_asked->label)) < 0 ||
	    query_text(request, "month", ret_asked->month, sizeof(ret_asked->month)) < 0)
		return -EINVAL;
	if (!*ret_asked->month)
		this_month(ret_asked->month);
	snprintf(first, sizeof(first), "%s-01T00:00:00Z", ret_asked->month);
	if (iso_time_parse(first, &time_us) == 0)
		return 0;
	respond_text(request, MHD_HTTP_BAD_REQUEST, "month: YYYY-MM is needed");
	return -EINVAL;
}

static json_t *days_of(const struct calendar *calendar, const char *month)
{
	json_t *days = json_array();

	for (int i = 0; i < CALENDAR_DAYS; i++) {
		const struct calendar_day *day = &calendar->days[i];
		char name[CALENDAR_DAY_SIZE];

		if (day->count == 0)
			continue;
		/* The rest is for the compiler, which does not know that there are two digits. */
		snprintf(name, sizeof(name), "%s-%02u", month, (unsigned)(i + 1) % 100);
		json_array_append_new(days, json_pack("{s:s, s:I, s:o, s:I}", "day", name, "count",
		                                      (json_int_t)day->count, "duration_s",
		                                      object_number_value(day->duration_s, 3),
		                                      "bytes", (json_int_t)day->bytes));
	}
	return days;
}

static json_t *labels_of(const struct calendar *calendar)
{
	json_t *labels = json_array();

	for (size_t i = 0; i < calendar->label_count; i++)
		json_array_append_new(labels, json_string(calendar->labels[i]));
	return labels;
}

void days_handle(struct request *request)
{
	struct library *library = control_library(request->server->control);
	_cleanup_free_ struct calendar *calendar = malloc(sizeof(*calendar));
	struct library_filter filter;
	struct asked asked;
	json_auto_t *root = NULL;

	if (!calendar) {
		respond_no_memory(request);
		return;
	}
	if (read_asked(request, &asked) < 0)
		return;
	filter = (struct library_filter){.camera = asked.camera, .label = asked.label};
	calendar_read(library, &filter, asked.month, calendar);
	root = json_pack("{s:s, s:o, s:o}", "month", asked.month, "days",
	                 days_of(calendar, asked.month), "labels", labels_of(calendar));
	if (root && *calendar->newest) {
		json_object_set_new(root, "oldest", json_string(calendar->oldest));
		json_object_set_new(root, "newest", json_string(calendar->newest));
	}
	respond_body(request, MHD_HTTP_OK, "application/json",
	             root ? json_dumps(root, JSON_COMPACT | OBJECT_SHORT_NUMBERS) : NULL);
}
