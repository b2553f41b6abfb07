#include "http/query.h"

#include "http/respond.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

int query_i64(struct request *request, const char *name, int64_t min, int64_t max,
              int64_t *ret_value)
{
	const char *text = request_query(request, name);
	int64_t value;

	if (!text)
		return 0;
	if (str_parse_i64(text, &value) == 0 && value >= min && value <= max) {
		*ret_value = value;
		return 0;
	}
	respond_text(request, MHD_HTTP_BAD_REQUEST,
	             "%s: a number from %" PRId64 " to %" PRId64 " is needed", name, min, max);
	return -EINVAL;
}

int query_double(struct request *request, const char *name, double min, double max,
                 double *ret_value)
{
	const char *text = request_query(request, name);
	double value;

	if (!text)
		return 0;
	if (str_parse_double(text, &value) == 0 && value >= min && value <= max) {
		*ret_value = value;
		return 0;
	}
	respond_text(request, MHD_HTTP_BAD_REQUEST, "%s: a number from %g to %g is needed", name,
	             min, max);
	return -EINVAL;
}

int query_text(struct request *request, const char *name, char *ret_text, size_t size)
{
	const char *text = request_query(request, name);

	if (str_copy(ret_text, size, text ? text : "") == 0)
		return 0;
	respond_text(request, MHD_HTTP_BAD_REQUEST, "%s: too long", name);
	return -EINVAL;
}

int query_rendition(struct request *request, enum rendition_kind *ret_kind)
{
	const char *text = request_query(request, "rendition");

	if (!text)
		return 0;
	for (int kind = 0; kind < RENDITION_COUNT; kind++) {
		if (strcmp(text, rendition_name(kind)) == 0) {
			*ret_kind = kind;
			return 0;
		}
	}
	respond_text(request, MHD_HTTP_BAD_REQUEST, "rendition: %s or %s is needed",
	             rendition_name(RENDITION_MAIN), rendition_name(RENDITION_PREVIEW));
	return -EINVAL;
}
