#include "capture/source_control.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

static const char *const type_names[] = {
	[SOURCE_CONTROL_FLOAT] = "float",
	[SOURCE_CONTROL_INTEGER] = "integer",
	[SOURCE_CONTROL_BOOLEAN] = "boolean",
	[SOURCE_CONTROL_ENUM] = "enum",
};

const char *source_control_type_name(enum source_control_type type)
{
	return type_names[type];
}

const struct source_control *source_control_find(const struct source_control *controls,
                                                 size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(controls[i].name, name) == 0)
			return &controls[i];
	}
	return NULL;
}

int source_control_parse(const char *text, struct control_value *ret_value)
{
	struct control_value value = {.type = CONTROL_VALUE_NUMBER};
	bool is_true = strcasecmp(text, "true") == 0;

	if (is_true || strcasecmp(text, "false") == 0)
		value = (struct control_value){.type = CONTROL_VALUE_BOOLEAN, .boolean = is_true};
	else if (str_parse_double(text, &value.number) < 0)
		value = (struct control_value){.type = CONTROL_VALUE_TEXT};
	if (value.type == CONTROL_VALUE_TEXT &&
	    (!*text || str_copy(value.text, sizeof value.text, text) < 0))
		return -EINVAL;
	*ret_value = value;
	return 0;
}

struct control_value source_control_value(const struct source_control *control, double number)
{
	struct control_value value = {.type = CONTROL_VALUE_NUMBER, .number = number};
	int index = number >= 0 && number < SOURCE_CONTROL_MAX_WORDS ? (int)number : -1;

	if (isnan(number))
		value.type = CONTROL_VALUE_NONE;
	else if (control->type == SOURCE_CONTROL_BOOLEAN)
		value = (struct control_value){.type = CONTROL_VALUE_BOOLEAN,
		                               .boolean = number != 0};
	else if (control->type == SOURCE_CONTROL_ENUM && index >= 0 && control->words[index] &&
	         str_copy(value.text, sizeof value.text, control->words[index]) == 0)
		value.type = CONTROL_VALUE_TEXT;
	return value;
}

/* "Manual, Auto, Continuous". */
static void list_words(const struct source_control *control, char *ret_list, size_t size)
{
	size_t length = 0;

	ret_list[0] = '\0';
	for (size_t i = 0; i < SOURCE_CONTROL_MAX_WORDS && length < size; i++) {
		if (control->words[i])
			length += (size_t)snprintf(ret_list + length, size - length, "%s%s",
			                           length ? ", " : "", control->words[i]);
	}
}

static void describe(const struct control_value *value, char *ret_text, size_t size)
{
	if (value->type == CONTROL_VALUE_TEXT)
		snprintf(ret_text, size, "\"%s\"", value->text);
	else if (value->type == CONTROL_VALUE_BOOLEAN)
		snprintf(ret_text, size, "%s", value->boolean ? "true" : "false");
	else
		snprintf(ret_text, size, "%.9g", value->number);
}

static int refuse(const struct source_control *control, const struct control_value *value,
                  int error, char ret_text[static SOURCE_CONTROL_TEXT_SIZE])
{
	char given[CONTROL_TEXT_SIZE + 2], words[96];

	describe(value, given, sizeof given);
	list_words(control, words, sizeof words);
	if (control->type == SOURCE_CONTROL_ENUM)
		snprintf(ret_text, SOURCE_CONTROL_TEXT_SIZE, "%.40s: %.40s is not one of %.60s",
		         control->name, given, words);
	else if (control->type == SOURCE_CONTROL_BOOLEAN)
		snprintf(ret_text, SOURCE_CONTROL_TEXT_SIZE, "%.40s: %s is not true or false",
		         control->name, given);
	else if (error == -ERANGE)
		snprintf(ret_text, SOURCE_CONTROL_TEXT_SIZE, "%.40s: %s is out of range %.9g..%.9g",
		         control->name, given, control->min, control->max);
	else
		snprintf(ret_text, SOURCE_CONTROL_TEXT_SIZE, "%.40s: %s is not %s %.9g..%.9g",
		         control->name, given,
		         control->type == SOURCE_CONTROL_INTEGER ? "an integer" : "a number",
		         control->min, control->max);
	return error;
}

/* The value of a word, or of a number that has one. */
static int resolve_word(const struct source_control *control, const struct control_value *value,
                        double *ret_number)
{
	for (int i = 0; i < SOURCE_CONTROL_MAX_WORDS; i++) {
		const char *word = control->words[i];
		bool is_named = value->type == CONTROL_VALUE_TEXT && word &&
		                strcasecmp(word, value->text) == 0;
		bool is_counted = value->type == CONTROL_VALUE_NUMBER && word && value->number == i;

		if (is_named || is_counted) {
			*ret_number = i;
			return 0;
		}
	}
	return -ERANGE;
}

static int resolve_number(const struct source_control *control, const struct control_value *value,
                          double *ret_number)
{
	double number = value->number;

	if (value->type == CONTROL_VALUE_BOOLEAN && control->type == SOURCE_CONTROL_BOOLEAN)
		number = value->boolean;
	else if (value->type != CONTROL_VALUE_NUMBER)
		return -EINVAL;
	if (control->type != SOURCE_CONTROL_FLOAT && trunc(number) != number)
		return -EINVAL;
	if (!(number >= control->min && number <= control->max))
		return -ERANGE;
	*ret_number = number;
	return 0;
}

int source_control_resolve(const struct source_control *control, const struct control_value *value,
                           double *ret_number, char ret_text[SOURCE_CONTROL_TEXT_SIZE])
{
	int error;

	if (value->type == CONTROL_VALUE_NONE) {
		*ret_number = control->def;
		return 0;
	}
	if (control->type == SOURCE_CONTROL_ENUM)
		error = resolve_word(control, value, ret_number);
	else
		error = resolve_number(control, value, ret_number);
	return error < 0 ? refuse(control, value, error, ret_text) : 0;
}
