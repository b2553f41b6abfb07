#include "http/respond.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Programs of other origins may use the API where the configuration names them. */
static void add_cors(const struct request *request, struct MHD_Response *response)
{
	const char *origin = request_header(request, MHD_HTTP_HEADER_ORIGIN);

	if (!origin || !guard_origin_is_listed(request->server->guard, origin))
		return;
	MHD_add_response_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, origin);
	MHD_add_response_header(response, "Access-Control-Allow-Credentials", "true");
	MHD_add_response_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_METHODS,
	                        "GET, POST");
	MHD_add_response_header(response, "Access-Control-Allow-Headers",
	                        "Authorization, Content-Type");
	MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ORIGIN);
}

void respond(struct request *request, unsigned status, struct MHD_Response *response)
{
	if (!response)
		return;
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Referrer-Policy", "same-origin");
	if (!MHD_get_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL))
		MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	add_cors(request, response);
	request->responded = MHD_queue_response(request->connection, status, response) == MHD_YES;
	MHD_destroy_response(response);
}

void respond_no_memory(struct request *request)
{
	static const char text[] = "out of memory\n";

	respond(request, MHD_HTTP_INTERNAL_SERVER_ERROR,
	        MHD_create_response_from_buffer(strlen(text), (void *)text,
	                                        MHD_RESPMEM_PERSISTENT));
}

void respond_body_with(struct request *request, unsigned status, const char *type, char *body,
                       const char *header, const char *value)
{
	struct MHD_Response *response;

	if (!body) {
		respond_no_memory(request);
		return;
	}
	response = MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(body);
		return;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (header)
		MHD_add_response_header(response, header, value);
	respond(request, status, response);
}

void respond_body(struct request *request, unsigned status, const char *type, char *body)
{
	respond_body_with(request, status, type, body, NULL, NULL);
}

void respond_text(struct request *request, unsigned status, const char *fmt, ...)
{
	char text[RESPOND_TEXT_SIZE];
	char *body = NULL;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (asprintf(&body, "%s\n", text) < 0)
		body = NULL;
	respond_body(request, status, "text/plain; charset=utf-8", body);
}

static void free_frame(void *frame)
{
	frame_unref(frame);
}

void respond_frame(struct request *request, struct frame *frame)
{
	struct MHD_Response *response;
	char stamp[32];
	int64_t wall_us = clock_wall_from_mono_us(frame_info(frame)->pts_us);

	response = MHD_create_response_from_buffer_with_free_callback_cls(
		frame_size(frame), (void *)frame_data(frame), free_frame, frame);
	if (!response) {
		frame_unref(frame);
		return;
	}
	snprintf(stamp, sizeof(stamp), "%lld.%06lld", (long long)(wall_us / USEC_PER_SEC),
	         (long long)(wall_us % USEC_PER_SEC));
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "image/jpeg");
	MHD_add_response_header(response, "X-Timestamp", stamp);
	respond(request, MHD_HTTP_OK, response);
}

const struct answer_result *respond_after(struct request *request,
                                          int (*ask)(struct request *request))
{
	const struct answer_result *result = NULL;
	int r = request->answer ? 0 : ask(request);

	if (r == 0 && request_awaits(request, &result))
		return NULL;
	if (r == -ENOMEM)
		respond_no_memory(request);
	else if (r < 0 || !result)
		respond_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "the disk is busy");
	return r < 0 ? NULL : result;
}
