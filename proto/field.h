/*
 * A field: a key of a command's JSON, with its type, what is allowed, and where it goes in struct
 * command. The readers check and convert; the texts of refusals name the key. Pure functions, any
 * thread.
 */
#ifndef CAMNODE_PROTO_FIELD_H
#define CAMNODE_PROTO_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "proto/code.h"
#include "proto/refusal.h"

#define FIELD_WORD_SIZE 16 /* of a word among a field's values */
#define FIELD_DAY_SIZE 11  /* YYYY-MM-DD */

enum field_type {
	FIELD_TYPE_ID,    /* char[ID_SIZE]: [A-Za-z0-9_.:-]{1,64} */
	FIELD_TYPE_NAME,  /* char[ID_SIZE]: an id of the configuration, in any case; lower-cased */
	FIELD_TYPE_STATE, /* enum command_state */
	FIELD_TYPE_WORD,  /* char[FIELD_WORD_SIZE], as the table spells it */
	FIELD_TYPE_TEXT,  /* char[max + 1]: min..max bytes without control characters */
	FIELD_TYPE_DAY,   /* char[FIELD_DAY_SIZE] */
	FIELD_TYPE_INTEGER, /* int */
	FIELD_TYPE_NUMBER,  /* double */
	FIELD_TYPE_TIME, /* int64_t, µs since 1970; in JSON Unix seconds or ISO 8601 with zone */
	FIELD_TYPE_COUNT,
};

struct field {
	const char *name;
	enum field_type type;
	bool required;
	double min, max;          /* of integers, numbers and Unix seconds; of texts in bytes */
	const char *const *words; /* of states and words: what is allowed, NULL-terminated */
	size_t offset;            /* in struct command */
	const char *help;
};

/* Puts the value into `command`, or refuses it. */
enum code field_read(const struct field *field, const json_t *value, void *command,
                     char ret_text[static REFUSAL_SIZE]);

/* Whether both commands hold the same here. */
bool field_is_equal(const struct field *field, const void *a, const void *b);

/* The index of `text` among the words, in any case, or -1. */
int field_find_word(const char *const *words, const char *text, size_t length);

#endif
