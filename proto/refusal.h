/*
 * A refusal: the one line that says what is wrong with a command, where, and what is allowed. UTF-8
 * without control characters; what it echoes of a payload is cut. Pure functions, any thread.
 */
#ifndef CAMNODE_PROTO_REFUSAL_H
#define CAMNODE_PROTO_REFUSAL_H

#include <jansson.h>
#include <stddef.h>

#include "proto/code.h"

#define REFUSAL_SIZE 160
#define REFUSAL_QUOTE_SIZE 41 /* of a piece of payload in a text, with its NUL */
#define REFUSAL_LIST_SIZE 96  /* of the allowed words or keys in a text */

/* Writes the text and returns `code`. */
enum code refusal_write(char ret_text[static REFUSAL_SIZE], enum code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A value as JSON, cut to what a text may echo; returns `ret_quote`. */
const char *refusal_quote(char ret_quote[static REFUSAL_QUOTE_SIZE], const json_t *value);
const char *refusal_quote_text(char ret_quote[static REFUSAL_QUOTE_SIZE], const char *text,
                               size_t length);

/* "ON, OFF, TOGGLE" of a NULL-terminated list; returns `ret_list`. */
const char *refusal_list(char ret_list[static REFUSAL_LIST_SIZE], const char *const *words);

#endif
