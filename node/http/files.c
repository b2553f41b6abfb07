#include "http/files.h"

#include "base/clock.h"
#include "http/deletion.h"
#include "http/download.h"
#include "http/etag.h"
#include "http/html.h"
#include "http/query.h"
#include "http/respond.h"
#include "http/thumbnail.h"
#include "proto/iso_time.h"
#include "proto/object.h"
#include "proto/payload.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

#define DEFAULT_LIMIT 100
#define MAX_PAGE_BYTES (2 * 1024 * 1024)
#define URL_PREFIX "/recordings/"
#define DATE_SIZE 32
#define DAY_SIZE sizeof("YYYY-MM-DD")

struct list {
	char camera[ID_SIZE], day[DAY_SIZE], label[LIBRARY_LABEL_SIZE]; /* "": all */
	size_t offset, limit, count, total;
	struct library_item *items;
};

static void list_finish(struct list *list)
{
	free(list->items);
}

/* "": all days. 0, or -EINVAL after having answered. */
static int read_day(struct request *request, char ret_day[static DAY_SIZE])
{
	char time[DAY_SIZE + sizeof("T00:00:00Z")];
	int64_t time_us;

	if (query_text(request, "day", ret_day, DAY_SIZE) < 0)
		return -EINVAL;
	snprintf(time, sizeof(time), "%sT00:00:00Z", ret_day);
	if (!*ret_day || (strlen(ret_day) == DAY_SIZE - 1 && iso_time_parse(time, &time_us) == 0))
		return 0;
	respond_text(request, MHD_HTTP_BAD_REQUEST, "day: YYYY-MM-DD is needed");
	return -EINVAL;
}

/* 0, -EINVAL after having answered, or -ENOMEM. */
static int read_list(struct request *request, struct list *ret_list)
{
	struct library *library = control_library(request->server->control);
	int64_t offset = 0, limit = DEFAULT_LIMIT;
	struct library_filter filter;
	size_t left;

	if (query_i64(request, "offset", 0, LIBRARY_MAX_ITEMS, &offset) < 0 ||
	    query_i64(request, "limit", 1, FILES_MAX_LIMIT, &limit) < 0)
		return -EINVAL;
	if (query_text(request, "camera", ret_list->camera, sizeof(ret_list->camera)) < 0 ||
	    read_day(request, ret_list->day) < 0 ||
	    query_text(request, "label", ret_list->label, sizeof(ret_list->label)) < 0)
		return -EINVAL;
	ret_list->offset = (size_t)offset;
	ret_list->limit = (size_t)limit;
	ret_list->items = calloc(ret_list->limit, sizeof(*ret_list->items));
	if (!ret_list->items)
		return -ENOMEM;
	filter = (struct library_filter){ret_list->camera, ret_list->day, ret_list->label};
	ret_list->total =
		library_list(library, &filter, ret_list->offset, ret_list->items, ret_list->limit);
	left = ret_list->total > ret_list->offset ? ret_list->total - ret_list->offset : 0;
	ret_list->count = left < ret_list->limit ? left : ret_list->limit;
	return 0;
}

static json_t *item_json(const struct library_item *item)
{
	char url[sizeof(URL_PREFIX) + RECORDER_FILE_SIZE];
	char thumbnail_url[sizeof(url) + sizeof(THUMBNAIL_SUFFIX)];
	struct payload_item payload;
	char camera[ID_SIZE];

	snprintf(url, sizeof(url), URL_PREFIX "%s", item->file);
	snprintf(thumbnail_url, sizeof(thumbnail_url), "%s" THUMBNAIL_SUFFIX, url);
	payload = library_payload(item, url, thumbnail_url);
	library_camera(item, camera);
	payload.camera = camera;
	return payload_item(&payload);
}

static char *list_json(const struct list *list)
{
	json_t *items = json_array();
	json_t *root;
	char *text;

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(items, item_json(&list->items[i]));
	root = json_pack("{s:I, s:I, s:I, s:o}", "total", (json_int_t)list->total, "offset",
	                 (json_int_t)list->offset, "limit", (json_int_t)list->limit, "items",
	                 items);
	text = json_dumps(root, JSON_COMPACT | OBJECT_SHORT_NUMBERS);
	json_decref(root);
	return text;
}

static void write_row(struct buf *page, const struct library_item *item)
{
	char time[CLOCK_ISO_SIZE];

	clock_format_iso(item->started_wall_us, time);
	buf_puts(page, "<tr><td><a href=\"" URL_PREFIX);
	html_escape(page, item->file);
	buf_puts(page, "\">");
	html_escape(page, strrchr(item->file, '/') ? strrchr(item->file, '/') + 1 : item->file);
	buf_printf(page, "</a></td><td>%.19s</td><td class=\"number\">", time);
	if (item->duration_s > 0)
		buf_printf(page, "%.1f s", item->duration_s);
	buf_printf(page, "</td><td class=\"number\">%.1f MB</td><td>%s</td><td>",
	           (double)item->bytes / 1e6,
	           item->damaged ? "damaged" : config_record_format_name(item->format));
	html_escape(page, item->label);
	buf_printf(page, "%s</td><td><a href=\"" URL_PREFIX, item->protected ? " (protected)" : "");
	html_escape(page, item->file);
	buf_puts(page, "?download=1\">download</a></td></tr>\n");
}

static void write_query(struct buf *page, const char *name, const char *value)
{
	if (!*value)
		return;
	buf_printf(page, "&amp;%s=", name);
	for (; *value; value++) {
		if (isalnum((unsigned char)*value) || strchr("-_.", *value))
			buf_printf(page, "%c", *value);
		else
			buf_printf(page, "%%%02X", (unsigned char)*value);
	}
}

static void write_link(struct buf *page, const struct list *list, size_t offset, const char *text)
{
	buf_printf(page, "<a href=\"" URL_PREFIX "?offset=%zu&amp;limit=%zu", offset, list->limit);
	write_query(page, "camera", list->camera);
	write_query(page, "day", list->day);
	write_query(page, "label", list->label);
	buf_printf(page, "\">%s</a> ", text);
}

static char *list_html(const struct list *list)
{
	_cleanup_(buf_finish) struct buf page;

	buf_init(&page, MAX_PAGE_BYTES);
	html_begin(&page, "Recordings");
	buf_printf(&page, "<main><h1>Recordings</h1>\n<p>%zu in all, newest first. Times are UTC. ",
	           list->total);
	if (list->offset > 0)
		write_link(&page, list, list->offset > list->limit ? list->offset - list->limit : 0,
		           "newer");
	if (list->offset + list->count < list->total)
		write_link(&page, list, list->offset + list->count, "older");
	buf_puts(&page,
	         "</p>\n<table><thead><tr><th>File</th><th>Begun</th><th>Length</th>"
	         "<th>Size</th><th>Format</th><th>Label</th><th></th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < list->count; i++)
		write_row(&page, &list->items[i]);
	buf_puts(&page, "</tbody></table>\n<p><a href=\"/\">Live view</a></p></main>\n");
	html_end(&page);
	return buf_steal(&page);
}

static bool wants_json(const struct request *request)
{
	const char *format = request_query(request, "format");
	const char *accept = request_header(request, MHD_HTTP_HEADER_ACCEPT);

	if (format)
		return strcmp(format, "json") == 0;
	return accept && strstr(accept, "application/json") && !strstr(accept, "text/html");
}

void files_handle_list(struct request *request)
{
	_cleanup_(list_finish) struct list list = {0};
	int r = read_list(request, &list);

	if (r == -ENOMEM)
		respond_no_memory(request);
	else if (r == 0 && wants_json(request))
		respond_body(request, MHD_HTTP_OK, "application/json", list_json(&list));
	else if (r == 0)
		respond_body_with(request, MHD_HTTP_OK, "text/html; charset=utf-8",
		                  list_html(&list), "Content-Security-Policy", HTML_POLICY);
}

void files_handle_folder(struct request *request)
{
	respond_body_with(request, MHD_HTTP_MOVED_PERMANENTLY, "text/plain",
	                  strdup("the recordings are at " URL_PREFIX "\n"),
	                  MHD_HTTP_HEADER_LOCATION, URL_PREFIX);
}

static void format_date(int64_t wall_s, char ret_text[static DATE_SIZE])
{
	time_t time = wall_s;
	struct tm tm;

	gmtime_r(&time, &tm);
	strftime(ret_text, DATE_SIZE, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

/* A range counts only for the version of the file that the client has seen. */
static const char *range_header(const struct request *request, const char *etag, const char *date)
{
	const char *if_range = request_header(request, MHD_HTTP_HEADER_IF_RANGE);

	if (if_range && strcmp(if_range, etag) != 0 && strcmp(if_range, date) != 0)
		return NULL;
	return request_header(request, MHD_HTTP_HEADER_RANGE);
}

static void respond_bad_range(struct request *request, uint64_t size)
{
	char *text = strdup("the range lies behind the end of the file\n");
	char content_range[64];

	snprintf(content_range, sizeof(content_range), "bytes */%" PRIu64, size);
	respond_body_with(request, MHD_HTTP_RANGE_NOT_SATISFIABLE, "text/plain", text,
	                  MHD_HTTP_HEADER_CONTENT_RANGE, content_range);
}

static void add_version_headers(struct MHD_Response *response, const char *etag, const char *date)
{
	MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, etag);
	MHD_add_response_header(response, MHD_HTTP_HEADER_LAST_MODIFIED, date);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-cache");
}

static void add_file_headers(struct request *request, struct MHD_Response *response,
                             const char *etag, const char *date)
{
	const char *name = strrchr(request->rest, '/');
	char disposition[RECORDER_FILE_SIZE + 32];

	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "video/mp4");
	MHD_add_response_header(response, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
	add_version_headers(response, etag, date);
	if (!request_query(request, "download"))
		return;
	/* A listed file's name has no quotes or control characters. */
	snprintf(disposition, sizeof(disposition), "attachment; filename=\"%s\"",
	         name ? name + 1 : request->rest);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION, disposition);
}

static void respond_not_modified(struct request *request, const char *etag, const char *date)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);

	if (response)
		add_version_headers(response, etag, date);
	respond(request, MHD_HTTP_NOT_MODIFIED, response);
}

/* Sends the open file, or the part that is asked for; takes over the download. */
static void respond_file(struct request *request, struct download *download)
{
	uint64_t size = download_size(download);
	struct range range = {0, size};
	struct MHD_Response *response;
	char etag[DOWNLOAD_ETAG_SIZE], date[DATE_SIZE], content_range[96];
	int r;

	download_etag(download, etag);
	format_date(download_modified_s(download), date);
	if (etag_is_listed(request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH), etag)) {
		download_unref(download);
		respond_not_modified(request, etag, date);
		return;
	}
	r = range_parse(range_header(request, etag, date), size, &range);
	if (r == -ERANGE) {
		download_unref(download);
		respond_bad_range(request, size);
		return;
	}
	response = download_response(download, &range, request->connection);
	if (!response) {
		respond_no_memory(request);
		return;
	}
	add_file_headers(request, response, etag, date);
	if (r == 0) {
		snprintf(content_range, sizeof(content_range),
		         "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range.first,
		         range.first + range.length - 1, size);
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_RANGE, content_range);
	}
	respond(request, r == 0 ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, response);
}

static void free_download(void *state)
{
	download_unref(state);
}

/* Asks the worker to open the file: 0, -EBUSY or -ENOMEM. */
static int open_file(struct request *request)
{
	struct download *download = download_new(request->server, request->rest);
	struct answer *answer = download ? request_ask(request) : NULL;

	request->state = download;
	request->free_state = free_download;
	if (!answer)
		return -ENOMEM;
	if (download_open(download, answer_ref(answer)) < 0) {
		answer_unref(answer);
		return -EBUSY;
	}
	return 0;
}

static void handle_download(struct request *request)
{
	const struct answer_result *result = respond_after(request, open_file);

	if (!result)
		return;
	if (result->error == -ENOENT)
		respond_text(request, MHD_HTTP_NOT_FOUND, "no such recording");
	else if (result->error == -EBUSY)
		respond_text(request, MHD_HTTP_CONFLICT, "the recording is still being written");
	else if (result->error)
		respond_text(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "cannot open it: %s",
		             strerrordesc_np(-result->error));
	else
		respond_file(request, move_ptr(request->state));
}

void files_handle_file(struct request *request)
{
	if (request->method == METHOD_DELETE)
		deletion_handle(request);
	else if (thumbnail_is_asked(request))
		thumbnail_handle(request);
	else
		handle_download(request);
}
