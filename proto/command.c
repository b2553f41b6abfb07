#include "proto/command.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

static enum code read_field(const struct field *field, const json_t *object,
                            struct command *command, char *ret_text)
{
	const json_t *value = json_object_get(object, field->name);
	char list[REFUSAL_LIST_SIZE];

	if (value)
		return field_read(field, value, command, ret_text);
	if (!field->required)
		return CODE_OK;
	return refusal_write(ret_text, CODE_BAD_VALUE, "key \"%s\" is missing: %s%s", field->name,
	                     field->words ? "one of " : "",
	                     field->words ? refusal_list(list, field->words) : field->help);
}

/* A further key of a command that takes controls: one begins with a capital, as no field does. */
static bool is_control(const struct command_info *info, const char *key)
{
	return info->controls && isupper((unsigned char)key[0]);
}

static enum code check_key(const struct command_info *info, const char *key, char *ret_text)
{
	const char *names[COMMAND_MAX_FIELDS + 1] = {NULL};
	char quote[REFUSAL_QUOTE_SIZE], list[REFUSAL_LIST_SIZE];
	const char *nearest;

	for (size_t i = 0; i < info->field_count; i++) {
		names[i] = info->fields[i].name;
		if (strcmp(key, names[i]) == 0)
			return CODE_OK;
	}
	refusal_quote_text(quote, key, strlen(key));
	nearest = str_nearest(key, names, info->field_count);
	if (nearest)
		return refusal_write(ret_text, CODE_BAD_VALUE,
		                     "unknown key %s: did you mean \"%s\"?", quote, nearest);
	return refusal_write(ret_text, CODE_BAD_VALUE, "unknown key %s: allowed are %s%s", quote,
	                     info->controls ? "names of controls, which begin with a capital, "
	                                    : "",
	                     refusal_list(list, names));
}

static enum code read_control(const char *name, const json_t *value, struct command *command,
                              char *ret_text)
{
	struct command_control *control = &command->controls[command->control_count];
	char quote[REFUSAL_QUOTE_SIZE];

	if (!control_name_is_valid(name))
		return refusal_write(ret_text, CODE_BAD_VALUE, "%s is not the name of a control",
		                     refusal_quote_text(quote, name, strlen(name)));
	if (command->control_count >= COMMAND_MAX_CONTROLS)
		return refusal_write(ret_text, CODE_BAD_VALUE,
		                     "more than %d controls in one command", COMMAND_MAX_CONTROLS);
	if (control_value_read(value, &control->value) < 0)
		return refusal_write(ret_text, CODE_BAD_VALUE,
		                     "%s: %s is not a number, a boolean, null or a string of 1 to "
		                     "%d bytes",
		                     name, refusal_quote(quote, value), CONTROL_TEXT_SIZE - 1);
	str_copy(control->name, sizeof(control->name), name);
	command->control_count++;
	return CODE_OK;
}

static enum code read_keys(const struct command_info *info, json_t *object, struct command *command,
                           char *ret_text)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		enum code code = is_control(info, key) ? read_control(key, value, command, ret_text)
		                                       : check_key(info, key, ret_text);

		if (code != CODE_OK)
			return code;
	}
	return CODE_OK;
}

static enum code parse_object(const struct command_info *info, json_t *object,
                              struct command *command, char *ret_text)
{
	/* The id before all else, so that what is refused later can be addressed. */
	enum code code = read_field(&info->fields[0], object, command, ret_text);

	if (code == CODE_OK)
		code = read_keys(info, object, command, ret_text);
	for (size_t i = 1; i < info->field_count && code == CODE_OK; i++)
		code = read_field(&info->fields[i], object, command, ret_text);
	return code;
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
		return refusal_write(ret_text, CODE_BAD_JSON,
		                     "JSON is nested deeper than %d levels", COMMAND_MAX_DEPTH);
	object = json_loadb(json, length, JSON_REJECT_DUPLICATES, &error);
	if (!object)
		return refusal_write(ret_text, CODE_BAD_JSON, "not JSON: line %d, column %d: %s",
		                     error.line, error.column, error.text);
	return parse_object(info, object, command, ret_text);
}

static enum code parse_word(const struct command_info *info, const char *word, size_t length,
                            struct command *command, char *ret_text)
{
	char quote[REFUSAL_QUOTE_SIZE], list[REFUSAL_LIST_SIZE];
	json_auto_t *value = NULL;

	if (info->words && field_find_word(info->words, word, length) < 0)
		return refusal_write(ret_text, CODE_BAD_VALUE, "%s is not one of %s",
		                     refusal_quote_text(quote, word, length),
		                     refusal_list(list, info->words));
	if (!info->words && !info->word_field)
		return refusal_write(ret_text, CODE_BAD_VALUE,
		                     "%s is not a JSON object: this command knows no words",
		                     refusal_quote_text(quote, word, length));
	if (!info->word_field)
		return CODE_OK;
	value = json_stringn(word, length);
	return field_read(info->word_field, value, command, ret_text);
}

static enum code check_bytes(const char *payload, size_t length, char *ret_text)
{
	if (length > COMMAND_MAX_PAYLOAD)
		return refusal_write(ret_text, CODE_BAD_JSON,
		                     "payload of %zu bytes is over the limit of %d", length,
		                     COMMAND_MAX_PAYLOAD);
	if (length > 0 && memchr(payload, '\0', length))
		return refusal_write(ret_text, CODE_BAD_JSON, "payload has a NUL byte");
	if (!str_is_utf8(payload, length))
		return refusal_write(ret_text, CODE_BAD_JSON, "payload is not UTF-8");
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
	char quote[REFUSAL_QUOTE_SIZE];
	enum code code;

	*ret_command = (struct command){.kind = COMMAND_KIND_COUNT, .pre_roll_s = -1};
	ret_text[0] = '\0';
	if (topic_parse(suffix, &topic, ret_command->camera) == 0)
		ret_command->kind = kind_of_topic(topic);
	if (ret_command->kind == COMMAND_KIND_COUNT)
		return refusal_write(ret_text, CODE_BAD_VALUE, "%s is not the topic of a command",
		                     refusal_quote_text(quote, suffix, strlen(suffix)));
	code = check_bytes(text, length, ret_text);
	if (code != CODE_OK)
		return code;
	info = &command_table[ret_command->kind];
	trim(&text, &length);
	if (length > 0 && text[0] == '{')
		code = parse_json(info, text, length, ret_command, ret_text);
	else
		code = parse_word(info, text, length, ret_command, ret_text);
	return code == CODE_OK && info->check ? info->check(ret_command, ret_text) : code;
}

static bool has_same_controls(const struct command *a, const struct command *b)
{
	if (a->control_count != b->control_count)
		return false;
	for (size_t i = 0; i < a->control_count; i++) {
		if (strcmp(a->controls[i].name, b->controls[i].name) != 0 ||
		    !control_value_is_equal(&a->controls[i].value, &b->controls[i].value))
			return false;
	}
	return true;
}

bool command_is_equal(const struct command *a, const struct command *b)
{
	const struct command_info *info = &command_table[a->kind];

	if (a->kind != b->kind || strcmp(a->camera, b->camera) != 0)
		return false;
	for (size_t i = 0; i < info->field_count; i++) {
		const struct field *field = &info->fields[i];

		if (field->offset != offsetof(struct command, id) &&
		    field->offset != offsetof(struct command, expires_at_us) &&
		    !field_is_equal(field, a, b))
			return false;
	}
	return has_same_controls(a, b);
}
