#include "proto/command.h"

#include <assert.h>
#include <ctype.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "proto/iso_time.h"

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_FIELDS 8
#define QUOTE_SIZE 41 /* of a piece of payload in a text, with its NUL */
#define LIST_SIZE 96  /* of the allowed words or keys in a text */
#define ID_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-"

/* Not before 2001: a sender that means "in 30 s" is told, rather than called late. To year 9999. */
#define EXPIRES_MIN_S 1e9
#define EXPIRES_MAX_S 253402300799.0

/* In the order of enum command_state, from COMMAND_ON. */
static const char *const state_words[] = {"ON", "OFF", "TOGGLE", NULL};
static const char *const snapshot_words[] = {"", "PRESS", "ON", NULL};
static const char *const format_words[] = {"h264", "mjpeg", NULL};

/* clang-format off */
#define FIELD_ID { \
	.name = "id", .type = COMMAND_TYPE_ID, .offset = offsetof(struct command, id), \
	.help = "the sender's id of this command; the same id again is answered again, not done again" }
#define FIELD_EXPIRES_AT { \
	.name = "expires_at", .type = COMMAND_TYPE_TIME, .min = EXPIRES_MIN_S, \
	.max = EXPIRES_MAX_S, .offset = offsetof(struct command, expires_at_us), \
	.help = "when to do nothing any more: Unix seconds, or ISO 8601 with zone" }

static const struct command_field record_fields[] = {
	FIELD_ID,
	{
		.name = "state", .type = COMMAND_TYPE_STATE, .required = true,
		.words = state_words, .offset = offsetof(struct command, state),
		.help = "start, stop, or the opposite of now",
	},
	{
		.name = "duration_s", .type = COMMAND_TYPE_NUMBER, .min = 1, .max = 86400,
		.offset = offsetof(struct command, duration_s),
		.help = "stop by itself after so many seconds; without it, record until OFF",
	},
	{
		.name = "format", .type = COMMAND_TYPE_WORD, .words = format_words,
		.offset = offsetof(struct command, format),
		.help = "encoding of the file; without it, as configured",
	},
	FIELD_EXPIRES_AT,
};

static const struct command_field snapshot_fields[] = {
	FIELD_ID,
	{
		.name = "quality", .type = COMMAND_TYPE_INTEGER, .min = 1, .max = 100,
		.offset = offsetof(struct command, quality),
		.help = "JPEG quality; without it, as the camera's pictures are encoded",
	},
	{
		.name = "max_width", .type = COMMAND_TYPE_INTEGER, .min = 16, .max = 16384,
		.offset = offsetof(struct command, max_width),
		.help = "width in px; a wider picture is scaled down to it",
	},
	FIELD_EXPIRES_AT,
};
/* clang-format on */

static_assert(ARRAY_LENGTH(record_fields) <= MAX_FIELDS, "MAX_FIELDS");
static_assert(ARRAY_LENGTH(snapshot_fields) <= MAX_FIELDS, "MAX_FIELDS");

const struct command_info command_table[COMMAND_KIND_COUNT] = {
	[COMMAND_RECORD] = {"record", state_words, record_fields, ARRAY_LENGTH(record_fields)},
	[COMMAND_SNAPSHOT] = {"snapshot", snapshot_words, snapshot_fields,
                              ARRAY_LENGTH(snapshot_fields)},
};

/* Cuts the end off until the text is `max` bytes of whole UTF-8 characters at most. */
static void cut(char *text, size_t max)
{
	size_t length = strnlen(text, max);

	while (!str_is_utf8(text, length))
		length--;
	text[length] = '\0';
}

/* Writes why a command is refused, on one line, and returns `code`. */
__attribute__((format(printf, 3, 4))) static enum code refuse(char *ret_text, enum code code,
                                                              const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(ret_text, COMMAND_TEXT_SIZE, fmt, args);
	va_end(args);
	for (char *p = ret_text; *p; p++) {
		if (iscntrl((unsigned char)*p))
			*p = '?';
	}
	cut(ret_text, COMMAND_TEXT_SIZE);
	return code;
}

/* A value as JSON, cut to what a text may echo. */
static const char *quote_value(char ret_quote[static QUOTE_SIZE], const json_t *value)
{
	static const char ellipsis[] = "…";
	_cleanup_free_ char *json =
		json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
	int length = snprintf(ret_quote, QUOTE_SIZE, "%s", json ? json : "?");

	if (length >= QUOTE_SIZE) {
		cut(ret_quote, QUOTE_SIZE - sizeof(ellipsis));
		memcpy(ret_quote + strlen(ret_quote), ellipsis, sizeof(ellipsis));
	}
	return ret_quote;
}

static const char *quote_text(char ret_quote[static QUOTE_SIZE], const char *text, size_t length)
{
	json_auto_t *value = json_stringn(text, length);

	return quote_value(ret_quote, value);
}

/* "ON, OFF, TOGGLE". */
static const char *list_words(char ret_list[static LIST_SIZE], const char *const *words)
{
	size_t length = 0;

	for (size_t i = 0; words[i] && length < LIST_SIZE; i++) {
		const char *word = words[i][0] ? words[i] : "(empty)";
		const char *separator = i > 0 ? ", " : "";

		length += (size_t)snprintf(ret_list + length, LIST_SIZE - length, "%s%s", separator,
		                           word);
	}
	return ret_list;
}

/* The index of `text` among the words, in any case, or -1. */
static int find_word(const char *const *words, const char *text, size_t length)
{
	for (int i = 0; words[i]; i++) {
		if (strlen(words[i]) == length && strncasecmp(words[i], text, length) == 0)
			return i;
	}
	return -1;
}

/*
 * One reader a type: puts `value` into the command's member `ret_member`, or refuses it.
 */
typedef enum code (*field_reader)(const struct command_field *field, const json_t *value,
                                  void *ret_member, char *ret_text);

static enum code read_id(const struct command_field *field, const json_t *value, void *ret_member,
                         char *ret_text)
{
	const char *id = json_string_value(value);
	size_t length = json_string_length(value);
	char quote[QUOTE_SIZE];

	if (!id || length == 0 || length >= ID_SIZE || strspn(id, ID_CHARACTERS) != length)
		return refuse(ret_text, CODE_BAD_VALUE,
		              "%s: %s is not a string of 1 to %d characters A-Z a-z 0-9 _ . : -",
		              field->name, quote_value(quote, value), ID_SIZE - 1);
	str_copy(ret_member, ID_SIZE, id);
	return CODE_OK;
}

/* The index of the value among the field's words, or -1 and why not. */
static int index_of_value(const struct command_field *field, const json_t *value, char *ret_text)
{
	char quote[QUOTE_SIZE], list[LIST_SIZE];
	int index = -1;

	if (json_is_string(value))
		index = find_word(field->words, json_string_value(value),
		                  json_string_length(value));
	if (index < 0)
		refuse(ret_text, CODE_BAD_VALUE, "%s: %s is not %sone of %s", field->name,
		       quote_value(quote, value),
		       json_is_string(value) ? "" : "a string: ", list_words(list, field->words));
	return index;
}

static enum code read_state(const struct command_field *field, const json_t *value,
                            void *ret_member, char *ret_text)
{
	enum command_state *ret_state = ret_member;
	int index = index_of_value(field, value, ret_text);

	if (index < 0)
		return CODE_BAD_VALUE;
	*ret_state = COMMAND_ON + index;
	return CODE_OK;
}

static enum code read_word(const struct command_field *field, const json_t *value, void *ret_member,
                           char *ret_text)
{
	int index = index_of_value(field, value, ret_text);

	if (index < 0)
		return CODE_BAD_VALUE;
	str_copy(ret_member, COMMAND_WORD_SIZE, field->words[index]);
	return CODE_OK;
}

static enum code check_range(const struct command_field *field, const json_t *value, char *ret_text)
{
	double number = json_number_value(value);
	char quote[QUOTE_SIZE];

	if (number >= field->min && number <= field->max)
		return CODE_OK;
	return refuse(ret_text, CODE_BAD_VALUE, "%s: %s is out of range %.15g..%.15g", field->name,
	              quote_value(quote, value), field->min, field->max);
}

static enum code read_integer(const struct command_field *field, const json_t *value,
                              void *ret_member, char *ret_text)
{
	int *ret_integer = ret_member;
	char quote[QUOTE_SIZE];
	enum code code;

	if (!json_is_integer(value))
		return refuse(ret_text, CODE_BAD_VALUE, "%s: %s is not an integer %.15g..%.15g",
		              field->name, quote_value(quote, value), field->min, field->max);
	code = check_range(field, value, ret_text);
	if (code == CODE_OK)
		*ret_integer = (int)json_integer_value(value);
	return code;
}

static enum code read_number(const struct command_field *field, const json_t *value,
                             void *ret_member, char *ret_text)
{
	double *ret_number = ret_member;
	char quote[QUOTE_SIZE];
	enum code code;

	if (!json_is_number(value))
		return refuse(ret_text, CODE_BAD_VALUE, "%s: %s is not a number %.15g..%.15g",
		              field->name, quote_value(quote, value), field->min, field->max);
	code = check_range(field, value, ret_text);
	if (code == CODE_OK)
		*ret_number = json_number_value(value);
	return code;
}

static enum code read_time(const struct command_field *field, const json_t *value, void *ret_member,
                           char *ret_text)
{
	int64_t *ret_time_us = ret_member;
	char quote[QUOTE_SIZE];
	enum code code;

	if (json_is_string(value) && iso_time_parse(json_string_value(value), ret_time_us) == 0)
		return CODE_OK;
	if (!json_is_number(value))
		return refuse(ret_text, CODE_BAD_VALUE,
		              "%s: %s is not a time: Unix seconds, or ISO 8601 with zone",
		              field->name, quote_value(quote, value));
	code = check_range(field, value, ret_text);
	if (code == CODE_OK)
		*ret_time_us = (int64_t)(json_number_value(value) * USEC_PER_SEC);
	return code;
}

static const field_reader readers[COMMAND_TYPE_COUNT] = {
	[COMMAND_TYPE_ID] = read_id,         [COMMAND_TYPE_STATE] = read_state,
	[COMMAND_TYPE_WORD] = read_word,     [COMMAND_TYPE_INTEGER] = read_integer,
	[COMMAND_TYPE_NUMBER] = read_number, [COMMAND_TYPE_TIME] = read_time,
};

static enum code read_field(const struct command_field *field, const json_t *object,
                            struct command *command, char *ret_text)
{
	const json_t *value = json_object_get(object, field->name);
	char list[LIST_SIZE];

	if (value)
		return readers[field->type](field, value, (char *)command + field->offset,
		                            ret_text);
	if (field->required)
		return refuse(ret_text, CODE_BAD_VALUE, "key \"%s\" is missing: one of %s",
		              field->name, list_words(list, field->words));
	return CODE_OK;
}

static enum code check_key(const struct command_info *info, const char *key, char *ret_text)
{
	const char *names[MAX_FIELDS + 1] = {NULL};
	char quote[QUOTE_SIZE], list[LIST_SIZE];
	const char *nearest;

	for (size_t i = 0; i < info->field_count; i++) {
		names[i] = info->fields[i].name;
		if (strcmp(key, names[i]) == 0)
			return CODE_OK;
	}
	quote_text(quote, key, strlen(key));
	nearest = str_nearest(key, names, info->field_count);
	if (nearest)
		return refuse(ret_text, CODE_BAD_VALUE, "unknown key %s: did you mean \"%s\"?",
		              quote, nearest);
	return refuse(ret_text, CODE_BAD_VALUE, "unknown key %s: allowed are %s", quote,
	              list_words(list, names));
}

static enum code parse_object(const struct command_info *info, json_t *object,
                              struct command *command, char *ret_text)
{
	const char *key;
	json_t *value;
	enum code code;

	/* The id before all else, so that what is refused later can be addressed. */
	code = read_field(&info->fields[0], object, command, ret_text);
	if (code != CODE_OK)
		return code;
	json_object_foreach(object, key, value)
	{
		code = check_key(info, key, ret_text);
		if (code != CODE_OK)
			return code;
	}
	for (size_t i = 1; i < info->field_count; i++) {
		code = read_field(&info->fields[i], object, command, ret_text);
		if (code != CODE_OK)
			return code;
	}
	return CODE_OK;
}

/* Looked at before parsing: the library recurses into each level. */
static bool is_too_deep(const char *json, size_t length)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < length; i++) {
		if (in_string && json[i] == '\\')
			i++;
		else if (json[i] == '"')
			in_string = !in_string;
		else if (!in_string && (json[i] == '{' || json[i] == '['))
			depth++;
		else if (!in_string && (json[i] == '}' || json[i] == ']'))
			depth--;
		if (depth > COMMAND_MAX_DEPTH)
			return true;
	}
	return false;
}

static enum code parse_json(const struct command_info *info, const char *json, size_t length,
                            struct command *command, char *ret_text)
{
	json_auto_t *object = NULL;
	json_error_t error;

	if (is_too_deep(json, length))
		return refuse(ret_text, CODE_BAD_JSON, "JSON is nested deeper than %d levels",
		              COMMAND_MAX_DEPTH);
	object = json_loadb(json, length, JSON_REJECT_DUPLICATES, &error);
	if (!object)
		return refuse(ret_text, CODE_BAD_JSON, "not JSON: line %d, column %d: %s",
		              error.line, error.column, error.text);
	return parse_object(info, object, command, ret_text);
}

static enum code parse_word(const struct command_info *info, const char *word, size_t length,
                            struct command *command, char *ret_text)
{
	int index = find_word(info->words, word, length);
	char quote[QUOTE_SIZE], list[LIST_SIZE];

	if (index < 0)
		return refuse(ret_text, CODE_BAD_VALUE, "%s is not one of %s",
		              quote_text(quote, word, length), list_words(list, info->words));
	if (info->words == state_words)
		command->state = COMMAND_ON + index;
	return CODE_OK;
}

static enum code check_bytes(const char *payload, size_t length, char *ret_text)
{
	if (length > COMMAND_MAX_PAYLOAD)
		return refuse(ret_text, CODE_BAD_JSON,
		              "payload of %zu bytes is over the limit of %d", length,
		              COMMAND_MAX_PAYLOAD);
	if (length > 0 && memchr(payload, '\0', length))
		return refuse(ret_text, CODE_BAD_JSON, "payload has a NUL byte");
	if (!str_is_utf8(payload, length))
		return refuse(ret_text, CODE_BAD_JSON, "payload is not UTF-8");
	return CODE_OK;
}

static void trim(const char **text, size_t *length)
{
	while (*length > 0 && isspace((unsigned char)(*text)[0])) {
		(*text)++;
		(*length)--;
	}
	while (*length > 0 && isspace((unsigned char)(*text)[*length - 1]))
		(*length)--;
}

/* The command whose topic is "<name>/set", or COMMAND_KIND_COUNT. */
static enum command_kind kind_of_topic(enum topic_kind topic)
{
	const char *name = topic_table[topic].name;
	enum command_kind kind = 0;

	for (; kind < COMMAND_KIND_COUNT; kind++) {
		size_t length = strlen(command_table[kind].name);

		if (strncmp(name, command_table[kind].name, length) == 0 &&
		    strcmp(name + length, "/set") == 0)
			break;
	}
	return kind;
}

enum code command_parse(const char *suffix, const void *payload, size_t length,
                        struct command *ret_command, char ret_text[static COMMAND_TEXT_SIZE])
{
	const char *text = payload;
	const struct command_info *info;
	enum topic_kind topic;
	char quote[QUOTE_SIZE];
	enum code code;

	*ret_command = (struct command){.kind = COMMAND_KIND_COUNT};
	ret_text[0] = '\0';
	if (topic_parse(suffix, &topic, ret_command->camera) == 0)
		ret_command->kind = kind_of_topic(topic);
	if (ret_command->kind == COMMAND_KIND_COUNT)
		return refuse(ret_text, CODE_BAD_VALUE, "%s is not the topic of a command",
		              quote_text(quote, suffix, strlen(suffix)));
	code = check_bytes(text, length, ret_text);
	if (code != CODE_OK)
		return code;
	info = &command_table[ret_command->kind];
	trim(&text, &length);
	if (length > 0 && text[0] == '{')
		return parse_json(info, text, length, ret_command, ret_text);
	return parse_word(info, text, length, ret_command, ret_text);
}
