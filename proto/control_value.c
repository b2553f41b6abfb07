#include "proto/control_value.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "proto/object.h"

#define DECIMALS 6

bool control_name_is_valid(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length >= CONTROL_NAME_SIZE || name[0] < 'A' || name[0] > 'Z')
		return false;
	for (const char *p = name; *p; p++) {
		if ((unsigned char)*p >= 0x80 || !isalnum((unsigned char)*p))
			return false;
	}
	return true;
}

static int read_text(const json_t *json, struct control_value *ret_value)
{
	struct control_value value = {.type = CONTROL_VALUE_TEXT};

	if (json_string_length(json) == 0 ||
	    str_copy(value.text, sizeof(value.text), json_string_value(json)) < 0)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

int control_value_read(const json_t *json, struct control_value *ret_value)
{
	if (json_is_string(json))
		return read_text(json, ret_value);
	if (json_is_number(json))
		*ret_value = (struct control_value){.type = CONTROL_VALUE_NUMBER,
		                                    .number = json_number_value(json)};
	else if (json_is_boolean(json))
		*ret_value = (struct control_value){.type = CONTROL_VALUE_BOOLEAN,
		                                    .boolean = json_is_true(json)};
	else if (json_is_null(json))
		*ret_value = (struct control_value){.type = CONTROL_VALUE_NONE};
	else
		return -EINVAL;
	return 0;
}

/* A whole number without a point, so that integers look like integers. */
static json_t *number_json(double number)
{
	if (number == trunc(number) && fabs(number) < 1e15)
		return json_integer((json_int_t)number);
	return object_number_value(number, DECIMALS);
}

json_t *control_value_json(const struct control_value *value)
{
	switch (value->type) {
	case CONTROL_VALUE_NUMBER:
		return number_json(value->number);
	case CONTROL_VALUE_BOOLEAN:
		return json_boolean(value->boolean);
	case CONTROL_VALUE_TEXT:
		return object_text_value(value->text);
	case CONTROL_VALUE_NONE:
		break;
	}
	return json_null();
}

bool control_value_is_equal(const struct control_value *a, const struct control_value *b)
{
	return a->type == b->type && a->number == b->number && a->boolean == b->boolean &&
	       strcmp(a->text, b->text) == 0;
}
