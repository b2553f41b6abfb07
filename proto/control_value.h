/*
 * A value of a camera's control (brightness, exposure, focus mode, …): a number, a boolean, a text,
 * or none (null: the camera's default). JSON both ways. Pure functions, any thread.
 */
#ifndef CAMNODE_PROTO_CONTROL_VALUE_H
#define CAMNODE_PROTO_CONTROL_VALUE_H

#include <jansson.h>
#include <stdbool.h>

#define CONTROL_NAME_SIZE 32 /* [A-Z][A-Za-z0-9]{0,30}, as libcamera names them */
#define CONTROL_TEXT_SIZE 48 /* of a text, with its NUL */

enum control_value_type {
	CONTROL_VALUE_NONE,
	CONTROL_VALUE_NUMBER,
	CONTROL_VALUE_BOOLEAN,
	CONTROL_VALUE_TEXT,
};

struct control_value {
	enum control_value_type type;
	double number;
	bool boolean;
	char text[CONTROL_TEXT_SIZE];
};

bool control_name_is_valid(const char *name);

/* 0, or -EINVAL for an array, an object or a text of 0 or over 47 bytes. */
int control_value_read(const json_t *json, struct control_value *ret_value);

/* A new reference: null for none. */
json_t *control_value_json(const struct control_value *value);

bool control_value_is_equal(const struct control_value *a, const struct control_value *b);

#endif
