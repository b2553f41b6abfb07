#include "control/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "proto/payload.h"

struct request {
	unsigned refs;     /* the memory's, and one while it is open */
	unsigned expected; /* answers to come, and one until request_end() */
	struct command command;
	struct control_origin origins[REQUEST_MAX_ORIGINS];
	size_t origin_count;
	int64_t begun_us;
	enum code code;
	char text[COMMAND_TEXT_SIZE];
	json_t *data;
	char *reply; /* NULL until answered */
};

struct request_memory {
	struct request *items[REQUEST_REMEMBERED]; /* a ring */
	size_t next;
	struct log_repeat refused;
	int64_t logged_us; /* the minute in which these were logged, or not: */
	int logged;
	unsigned long unlogged;
};

static void request_unref(struct request *request)
{
	if (!request || --request->refs > 0)
		return;
	json_decref(request->data);
	free(request->reply);
	free(request);
}

struct request_memory *request_memory_new(void)
{
	return calloc(1, sizeof(struct request_memory));
}

void request_memory_free(struct request_memory *memory)
{
	if (!memory)
		return;
	for (size_t i = 0; i < REQUEST_REMEMBERED; i++)
		request_unref(memory->items[i]);
	free(memory);
}

static bool is_due(const struct command *command, const struct control_origin *origin,
                   enum code code)
{
	return origin->wants_reply || command->id[0] || code != CODE_OK;
}

static void send_reply(const struct control_origin *origin, const struct command *command,
                       enum code code, const char *json)
{
	origin->reply(origin->user, code, is_due(command, origin, code) && json ? json : "");
}

/* Each sender's mistake is worth a line, a flood of mistakes is not. */
static bool may_log_refusal(struct request_memory *memory)
{
	int64_t now_us = clock_mono_us();

	if (now_us - memory->logged_us >= 60 * USEC_PER_SEC) {
		if (memory->unlogged > 0)
			log_info("%lu more refused commands were not logged", memory->unlogged);
		memory->logged_us = now_us;
		memory->logged = 0;
		memory->unlogged = 0;
	}
	if (memory->logged < REQUEST_MAX_LOGGED) {
		memory->logged++;
		return true;
	}
	memory->unlogged++;
	return false;
}

static void log_refusal(struct request_memory *memory, const struct command *command,
                        enum code code, const char *text)
{
	const char *name = command->kind < COMMAND_KIND_COUNT ? command_table[command->kind].name
	                                                      : "of no known kind";

	if (!may_log_refusal(memory))
		return;
	log_repeat(&memory->refused, LOG_LEVEL_INFO, "%s%scommand %s refused (%s): %s",
	           command->camera, command->camera[0] ? ": " : "", name, code_name(code), text);
}

void request_refuse(struct request_memory *memory, const struct command *command,
                    const struct control_origin *origin, enum code code, const char *text)
{
	_cleanup_free_ char *json = payload_reply(command, code, text, NULL);

	log_refusal(memory, command, code, text);
	send_reply(origin, command, code, json);
}

static bool is_repeated(const struct command *a, const struct command *b)
{
	return a->kind == b->kind && strcmp(a->id, b->id) == 0 && strcmp(a->camera, b->camera) == 0;
}

static struct request *recall(struct request_memory *memory, const struct command *command)
{
	int64_t oldest_us = clock_mono_us() - REQUEST_REMEMBERED_US;

	for (size_t i = 0; i < REQUEST_REMEMBERED; i++) {
		struct request *request = memory->items[i];
		if (request && request->begun_us >= oldest_us &&
		    is_repeated(&request->command, command))
			return request;
	}
	return NULL;
}

bool request_repeat(struct request_memory *memory, const struct command *command,
                    const struct control_origin *origin)
{
	struct request *seen = command->id[0] ? recall(memory, command) : NULL;

	if (!seen)
		return false;
	if (!command_is_equal(&seen->command, command))
		request_refuse(memory, command, origin, CODE_BAD_VALUE,
		               "this id was used for another command: take a new one");
	else if (seen->reply)
		send_reply(origin, command, seen->code, seen->reply);
	else if (seen->origin_count < REQUEST_MAX_ORIGINS)
		seen->origins[seen->origin_count++] = *origin; /* waits with the first one */
	else
		request_refuse(memory, command, origin, CODE_BUSY,
		               "the same id waits for its answer too often");
	return true;
}

static void remember(struct request_memory *memory, struct request *request)
{
	request_unref(memory->items[memory->next]);
	memory->items[memory->next] = request;
	memory->next = (memory->next + 1) % REQUEST_REMEMBERED;
	request->refs++;
}

struct request *request_begin(struct request_memory *memory, const struct command *command,
                              const struct control_origin *origin)
{
	struct request *request = calloc(1, sizeof *request);

	if (!request) {
		request_refuse(memory, command, origin, CODE_INTERNAL, "out of memory");
		return NULL;
	}
	request->refs = 1;
	request->expected = 1;
	request->command = *command;
	request->origins[request->origin_count++] = *origin;
	request->begun_us = clock_mono_us();
	if (command->id[0])
		remember(memory, request);
	return request;
}

const struct command *request_command(const struct request *request)
{
	return &request->command;
}

void request_expect(struct request *request)
{
	request->expected++;
}

static void complete(struct request *request)
{
	request->reply =
		payload_reply(&request->command, request->code, request->text, request->data);
	for (size_t i = 0; i < request->origin_count; i++)
		send_reply(&request->origins[i], &request->command, request->code, request->reply);
	request_unref(request);
}

void request_end(struct request *request)
{
	if (--request->expected == 0)
		complete(request);
}

/* Whether answers of several cameras may come. */
static bool is_for_all(const struct command *command)
{
	return !command->camera[0] && command_table[command->kind].scope != COMMAND_OF_NODE;
}

/* The data of a command to every camera are an object by camera. */
static void add_data(struct request *request, const char *camera, json_t *data)
{
	if (!data)
		return;
	if (!is_for_all(&request->command)) {
		json_decref(request->data);
		request->data = data;
		return;
	}
	if (!request->data)
		request->data = json_object();
	json_object_set_new(request->data, camera, data);
}

/* What successes say beside. */
static void add_text(struct request *request, const char *text)
{
	size_t length = strlen(request->text);

	if (text[0] && !strstr(request->text, text))
		snprintf(request->text + length, sizeof request->text - length, "%s%s",
		         length > 0 ? "; " : "", text);
}

void request_answer(struct request *request, const char *camera, enum code code, const char *text,
                    json_t *data)
{
	add_data(request, camera, data);
	if (code != CODE_OK && request->code == CODE_OK) {
		request->code = code;
		if (!is_for_all(&request->command))
			snprintf(request->text, sizeof request->text, "%s", text);
		else
			snprintf(request->text, sizeof request->text, "%.64s: %.90s", camera, text);
	} else if (request->code == CODE_OK && code == CODE_OK) {
		add_text(request, text);
	}
	request_end(request);
}
