#include "proto/field.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/str.h"
#include "proto/command.h"
#include "proto/iso_time.h"

#define ID_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-"

/* One pair a type: how a value gets into the member, and whether two members are equal. */
struct type_ops {
	enum code (*read)(const struct field *field, const json_t *value, void *ret_member,
	                  char *ret_text);
	bool (*is_equal)(const void *a, const void *b);
};

static bool is_equal_text(const void *a, const void *b)
{
	return strcmp(a, b) == 0;
}

static bool is_equal_integer(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(int)) == 0;
}

static bool is_equal_number(const void *a, const void *b)
{
	return *(const double *)a == *(const double *)b;
}

static bool is_equal_time(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(int64_t)) == 0;
}

static enum code read_id(const struct field *field, const json_t *value, void *ret_member,
                         char *ret_text)
{
	const char *id = json_string_value(value);
	size_t length = json_string_length(value);
	char quote[REFUSAL_QUOTE_SIZE];

	if (!id || length == 0 || length >= ID_SIZE || strspn(id, ID_CHARACTERS) != length)
		return refusal_write(
			ret_text, CODE_BAD_VALUE,
			"%s: %s is not a string of 1 to %d characters A-Z a-z 0-9 _ . : -",
			field->name, refusal_quote(quote, value), ID_SIZE - 1);
	str_copy(ret_member, ID_SIZE, id);
	return CODE_OK;
}

static enum code read_name(const struct field *field, const json_t *value, void *ret_member,
                           char *ret_text)
{
	char name[ID_SIZE] = "", quote[REFUSAL_QUOTE_SIZE];

	if (json_is_string(value) && json_string_length(value) < sizeof(name))
		str_copy(name, sizeof(name), json_string_value(value));
	for (char *p = name; *p; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	}
	if (!str_is_id(name))
		return refusal_write(ret_text, CODE_BAD_VALUE,
		                     "%s: %s is not a name of 1 to %d characters a-z 0-9 _ -",
		                     field->name, refusal_quote(quote, value), ID_SIZE - 1);
	str_copy(ret_member, ID_SIZE, name);
	return CODE_OK;
}

int field_find_word(const char *const *words, const char *text, size_t length)
{
	for (int i = 0; words[i]; i++) {
		if (strlen(words[i]) == length && strncasecmp(words[i], text, length) == 0)
			return i;
	}
	return -1;
}

/* The index of the value among the field's words, or -1 and why not. */
static int index_of_value(const struct field *field, const json_t *value, char *ret_text)
{
	char quote[REFUSAL_QUOTE_SIZE], list[REFUSAL_LIST_SIZE];
	int index = -1;

	if (json_is_string(value))
		index = field_find_word(field->words, json_string_value(value),
		                        json_string_length(value));
	if (index < 0)
		refusal_write(ret_text, CODE_BAD_VALUE, "%s: %s is not %sone of %s", field->name,
		              refusal_quote(quote, value),
		              json_is_string(value) ? "" : "a string: ",
		              refusal_list(list, field->words));
	return index;
}

static enum code read_state(const struct field *field, const json_t *value, void *ret_member,
                            char *ret_text)
{
	enum command_state *ret_state = ret_member;
	int index = index_of_value(field, value, ret_text);

	if (index < 0)
		return CODE_BAD_VALUE;
	*ret_state = COMMAND_ON + index;
	return CODE_OK;
}

static enum code read_word(const struct field *field, const json_t *value, void *ret_member,
                           char *ret_text)
{
	int index = index_of_value(field, value, ret_text);

	if (index < 0)
		return CODE_BAD_VALUE;
	str_copy(ret_member, FIELD_WORD_SIZE, field->words[index]);
	return CODE_OK;
}

/* Of ASCII, and U+0080 to U+009F, which terminals take for escape sequences too. */
static bool has_control_characters(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (iscntrl(*p) || (p[0] == 0xc2 && p[1] < 0xa0))
			return true;
	}
	return false;
}

static enum code read_text(const struct field *field, const json_t *value, void *ret_member,
                           char *ret_text)
{
	const char *text = json_string_value(value);
	double length = (double)json_string_length(value);
	char quote[REFUSAL_QUOTE_SIZE];

	if (!text || length < field->min || length > field->max || has_control_characters(text))
		return refusal_write(
			ret_text, CODE_BAD_VALUE,
			"%s: %s is not a string of %.0f to %.0f bytes without control characters",
			field->name, refusal_quote(quote, value), field->min, field->max);
	str_copy(ret_member, (size_t)field->max + 1, text);
	return CODE_OK;
}

static enum code read_day(const struct field *field, const json_t *value, void *ret_member,
                          char *ret_text)
{
	char time[FIELD_DAY_SIZE + sizeof("T00:00:00Z")], quote[REFUSAL_QUOTE_SIZE];
	int64_t time_us;

	if (json_string_length(value) == FIELD_DAY_SIZE - 1) {
		snprintf(time, sizeof(time), "%sT00:00:00Z", json_string_value(value));
		if (iso_time_parse(time, &time_us) == 0)
			return str_copy(ret_member, FIELD_DAY_SIZE, json_string_value(value)) == 0
			               ? CODE_OK
			               : CODE_INTERNAL;
	}
	return refusal_write(ret_text, CODE_BAD_VALUE, "%s: %s is not a day YYYY-MM-DD",
	                     field->name, refusal_quote(quote, value));
}

static enum code check_range(const struct field *field, const json_t *value, char *ret_text)
{
	double number = json_number_value(value);
	char quote[REFUSAL_QUOTE_SIZE];

	if (number >= field->min && number <= field->max)
		return CODE_OK;
	return refusal_write(ret_text, CODE_BAD_VALUE, "%s: %s is out of range %.15g..%.15g",
	                     field->name, refusal_quote(quote, value), field->min, field->max);
}

/* JSON Schema's integers may be written as 80.0, and what counts in floats sends them so. */
static bool is_whole(double number)
{
	return number == floor(number);
}

static enum code read_integer(const struct field *field, const json_t *value, void *ret_member,
                              char *ret_text)
{
	int *ret_integer = ret_member;
	char quote[REFUSAL_QUOTE_SIZE];
	enum code code;

	if (!is_whole(json_number_value(value)) || !json_is_number(value))
		return refusal_write(ret_text, CODE_BAD_VALUE,
		                     "%s: %s is not an integer %.15g..%.15g", field->name,
		                     refusal_quote(quote, value), field->min, field->max);
	code = check_range(field, value, ret_text);
	if (code == CODE_OK)
		*ret_integer = (int)json_number_value(value);
	return code;
}

static enum code read_number(const struct field *field, const json_t *value, void *ret_member,
                             char *ret_text)
{
	double *ret_number = ret_member;
	char quote[REFUSAL_QUOTE_SIZE];
	enum code code;

	if (!json_is_number(value))
		return refusal_write(ret_text, CODE_BAD_VALUE,
		                     "%s: %s is not a number %.15g..%.15g", field->name,
		                     refusal_quote(quote, value), field->min, field->max);
	code = check_range(field, value, ret_text);
	if (code == CODE_OK)
		*ret_number = json_number_value(value);
	return code;
}

static enum code read_time(const struct field *field, const json_t *value, void *ret_member,
                           char *ret_text)
{
	int64_t *ret_time_us = ret_member;
	char quote[REFUSAL_QUOTE_SIZE];
	enum code code;

	if (json_is_string(value) && iso_time_parse(json_string_value(value), ret_time_us) == 0)
		return CODE_OK;
	if (!json_is_number(value))
		return refusal_write(ret_text, CODE_BAD_VALUE,
		                     "%s: %s is not a time: Unix seconds, or ISO 8601 with zone",
		                     field->name, refusal_quote(quote, value));
	code = check_range(field, value, ret_text);
	if (code == CODE_OK)
		*ret_time_us = (int64_t)(json_number_value(value) * USEC_PER_SEC);
	return code;
}

static const struct type_ops types[FIELD_TYPE_COUNT] = {
	[FIELD_TYPE_ID] = {read_id, is_equal_text},
	[FIELD_TYPE_NAME] = {read_name, is_equal_text},
	[FIELD_TYPE_STATE] = {read_state, is_equal_integer},
	[FIELD_TYPE_WORD] = {read_word, is_equal_text},
	[FIELD_TYPE_TEXT] = {read_text, is_equal_text},
	[FIELD_TYPE_DAY] = {read_day, is_equal_text},
	[FIELD_TYPE_INTEGER] = {read_integer, is_equal_integer},
	[FIELD_TYPE_NUMBER] = {read_number, is_equal_number},
	[FIELD_TYPE_TIME] = {read_time, is_equal_time},
};

enum code field_read(const struct field *field, const json_t *value, void *command,
                     char ret_text[static REFUSAL_SIZE])
{
	return types[field->type].read(field, value, (char *)command + field->offset, ret_text);
}

bool field_is_equal(const struct field *field, const void *a, const void *b)
{
	return types[field->type].is_equal((const char *)a + field->offset,
	                                   (const char *)b + field->offset);
}
