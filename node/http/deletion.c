#include "http/deletion.h"

#include "http/respond.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#define JSON_TYPE "application/json"

/* On the control thread. */
static void replied(void *user, enum code code, const char *json)
{
	answer_give(user, &(struct answer_result){.code = code, .text = strdup(json)});
}

/* 0, -ENOSPC or -ENOMEM. */
static int submit(struct request *request)
{
	struct control_origin origin = {.wants_reply = true, .reply = replied};
	json_auto_t *command = json_pack("{s:s, s:s}", "action", "delete", "file", request->rest);
	_cleanup_free_ char *text = command ? json_dumps(command, JSON_COMPACT) : NULL;
	struct answer *answer = text ? request_ask(request) : NULL;
	int r;

	if (!answer)
		return -ENOMEM;
	origin.user = answer_ref(answer);
	r = control_submit(request->server->control, "recordings/set", text, strlen(text), &origin);
	if (r < 0)
		answer_unref(answer);
	return r;
}

static bool is_protected(const struct request *request)
{
	struct library_item item;

	return library_find(control_library(request->server->control), request->rest, &item) == 0 &&
	       item.protected;
}

static unsigned status_of(const struct request *request, enum code code)
{
	switch (code) {
	case CODE_BAD_VALUE:
		return is_protected(request) ? MHD_HTTP_CONFLICT : MHD_HTTP_NOT_FOUND;
	case CODE_BAD_JSON:
		return MHD_HTTP_NOT_FOUND; /* no name of a recording is like that */
	case CODE_BUSY:
		return MHD_HTTP_CONFLICT;
	default:
		return (unsigned)code_http_status(code);
	}
}

void deletion_handle(struct request *request)
{
	const struct answer_result *result;

	if (!str_is_utf8(request->rest, strlen(request->rest))) {
		respond_text(request, MHD_HTTP_NOT_FOUND, "no such recording");
		return;
	}
	result = respond_after(request, submit);
	if (result)
		respond_body(request, status_of(request, result->code), JSON_TYPE,
		             result->text ? strdup(result->text) : NULL);
}
