#include "http/api.h"

#include "http/envelope.h"
#include "http/respond.h"
#include "proto/payload.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_STATE_BYTES (4 * 1024 * 1024)
#define SET_SUFFIX "/set"
#define JSON_TYPE "application/json"

struct state_writer {
	struct buf buf;
	bool any;
};

static void write_comma(struct state_writer *writer)
{
	if (writer->any)
		buf_puts(&writer->buf, ",");
	writer->any = true;
}

static void write_event(void *user, struct message *message)
{
	struct state_writer *writer = user;

	write_comma(writer);
	envelope_payload(&writer->buf, message);
}

static void write_topic(void *user, struct message *message)
{
	struct state_writer *writer = user;

	if (message_is_binary(message))
		return;
	write_comma(writer);
	envelope_string(&writer->buf, message_topic(message));
	buf_puts(&writer->buf, ":");
	envelope_payload(&writer->buf, message);
}

void api_handle_state(struct request *request)
{
	const struct config *config = request->server->config;
	struct state_writer writer = {0};

	buf_init(&writer.buf, MAX_STATE_BYTES);
	buf_puts(&writer.buf, "{\"prefix\":");
	envelope_string(&writer.buf, config->mqtt.prefix);
	buf_puts(&writer.buf, ",\"node\":");
	envelope_string(&writer.buf, config->node.id);
	buf_puts(&writer.buf, ",\"topics\":{");
	board_each(control_board(request->server->control), write_topic, &writer);
	buf_puts(&writer.buf, "},\"events\":[");
	writer.any = false;
	board_each_event(control_board(request->server->control), write_event, &writer);
	buf_puts(&writer.buf, "]}\n");
	respond_body(request, MHD_HTTP_OK, JSON_TYPE, buf_steal(&writer.buf));
	buf_finish(&writer.buf);
}

void api_handle_events(struct request *request)
{
	respond(request, MHD_HTTP_OK,
	        events_response(request->server->events, request->connection));
}

/* On the control thread. */
static void replied(void *user, enum code code, const char *json)
{
	answer_give(user, &(struct answer_result){.code = code, .text = strdup(json)});
}

/* An answer of our own in the form of control's. */
static void respond_code(struct request *request, enum code code, const char *message)
{
	struct command command = {0};
	char text[COMMAND_TEXT_SIZE];

	command_parse(request->state, request->body.data ? request->body.data : "",
	              request->body.length, &command, text);
	respond_body(request, (unsigned)code_http_status(code), JSON_TYPE,
	             payload_reply(&command, code, message, NULL));
}

/* In control's words: it would count the bytes that were kept. */
static void respond_too_long(struct request *request)
{
	char text[COMMAND_TEXT_SIZE];

	snprintf(text, sizeof(text), "payload of %zu bytes is over the limit of %d",
	         request->body_received, COMMAND_MAX_PAYLOAD);
	respond_code(request, CODE_BAD_JSON, text);
}

/* The topic below the node with its "/set", which becomes the request's state. */
static const char *topic_of(struct request *request)
{
	size_t length = strlen(request->rest);
	size_t suffix = strlen(SET_SUFFIX);
	bool whole = length >= suffix && strcmp(request->rest + length - suffix, SET_SUFFIX) == 0;
	char *topic = NULL;

	if (asprintf(&topic, "%s%s", request->rest, whole ? "" : SET_SUFFIX) < 0)
		return NULL;
	request->state = topic;
	request->free_state = free;
	return topic;
}

/* 0, -EMSGSIZE, -ENOSPC or -ENOMEM. */
static int submit(struct request *request)
{
	struct control_origin origin = {.wants_reply = true, .reply = replied};
	const char *topic = topic_of(request);
	struct answer *answer;
	int r;

	if (!topic)
		return -ENOMEM;
	if (request->body_received > COMMAND_MAX_PAYLOAD)
		return -EMSGSIZE;
	answer = request_ask(request);
	if (!answer)
		return -ENOMEM;
	origin.user = answer_ref(answer);
	r = control_submit(request->server->control, topic,
	                   request->body.data ? request->body.data : "", request->body.length,
	                   &origin);
	if (r < 0)
		answer_unref(answer);
	return r;
}

void api_handle_set(struct request *request)
{
	const struct answer_result *result;

	if (!request->answer) {
		int r = submit(request);

		if (r == -EMSGSIZE)
			respond_too_long(request);
		else if (r == -ENOSPC)
			respond_code(request, CODE_BUSY, "too many commands wait");
		else if (r < 0)
			respond_no_memory(request);
		if (r < 0)
			return;
	}
	if (request_awaits(request, &result))
		return;
	if (result)
		respond_body(request, (unsigned)code_http_status(result->code), JSON_TYPE,
		             result->text ? strdup(result->text) : NULL);
	else
		respond_code(request, CODE_BUSY, "no answer in time; it may still be carried out");
}
