/*
 * A control that a camera offers, by libcamera's own name, and values for it. All are numbers
 * inside; of an enumeration people see the words. Pure; any thread.
 */
#ifndef CAMNODE_CAPTURE_SOURCE_CONTROL_H
#define CAMNODE_CAPTURE_SOURCE_CONTROL_H

#include <stddef.h>

#include "proto/control_value.h"

#define SOURCE_MAX_CONTROLS 64 /* of a camera; what it offers beyond is left out */
#define SOURCE_CONTROL_MAX_WORDS 16
#define SOURCE_CONTROL_TEXT_SIZE 160 /* of an explanation */

enum source_control_type {
	SOURCE_CONTROL_FLOAT,
	SOURCE_CONTROL_INTEGER,
	SOURCE_CONTROL_BOOLEAN, /* 0 and 1 */
	SOURCE_CONTROL_ENUM,    /* index of a word */
};

struct source_control {
	char name[CONTROL_NAME_SIZE];
	enum source_control_type type;
	double min, max, def, value;
	const char *words[SOURCE_CONTROL_MAX_WORDS]; /* by value; constant, NULL: not offered */
};

const char *source_control_type_name(enum source_control_type type); /* "float", "integer", … */

/* The control of that name, in any case, or NULL. */
const struct source_control *source_control_find(const struct source_control *controls,
                                                 size_t count, const char *name);

/* "0.5", "true", "Auto": as node.yaml has it. 0, or -EINVAL (empty or too long). */
int source_control_parse(const char *text, struct control_value *ret_value);

/* The value of a number, as people see it; none if it is NAN. */
struct control_value source_control_value(const struct source_control *control, double number);

/* The number that the control is to be set to; none: the default. 0, or -EINVAL (of another type)
 * or -ERANGE, and `ret_text` says what is allowed: "Brightness: 2 is out of range -1..1". */
int source_control_resolve(const struct source_control *control, const struct control_value *value,
                           double *ret_number, char ret_text[SOURCE_CONTROL_TEXT_SIZE]);

#endif
