/*
 * Commands: what the payload of a `…/set` topic says. A payload whose first non-blank byte is '{'
 * is JSON, else a trimmed, case-insensitive word. One table (command_table) drives the parser, the
 * JSON Schemas' check and the documentation. Pure functions, any thread.
 */
#ifndef CAMNODE_PROTO_COMMAND_H
#define CAMNODE_PROTO_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "proto/code.h"
#include "proto/topic.h"

#define COMMAND_MAX_PAYLOAD 4096 /* bytes */
#define COMMAND_MAX_DEPTH 4      /* nesting of JSON */
#define COMMAND_TEXT_SIZE 160    /* of a message that explains a refusal */
#define COMMAND_WORD_SIZE 16     /* of a word among a field's values */

enum command_kind { COMMAND_RECORD, COMMAND_SNAPSHOT, COMMAND_KIND_COUNT };

enum command_state { COMMAND_STATE_NONE, COMMAND_ON, COMMAND_OFF, COMMAND_TOGGLE };

struct command {
	enum command_kind kind;         /* COMMAND_KIND_COUNT: the topic is not a command's */
	char camera[ID_SIZE];           /* "": every camera of the node */
	char id[ID_SIZE];               /* the sender's, "" if none; [A-Za-z0-9_.:-]{1,64} */
	enum command_state state;       /* record; a snapshot has none */
	double duration_s;              /* record: 0 = until OFF; else 1..86400 */
	char format[COMMAND_WORD_SIZE]; /* record: "h264", "mjpeg", "" = as configured */
	int quality;                    /* snapshot: JPEG quality 1..100, 0 = as encoded */
	int max_width;                  /* snapshot: px 16..16384, 0 = as captured */
	int64_t expires_at_us;          /* wall clock, 0 = never */
};

enum command_type {
	COMMAND_TYPE_ID,      /* char[ID_SIZE] */
	COMMAND_TYPE_STATE,   /* enum command_state */
	COMMAND_TYPE_WORD,    /* char[COMMAND_WORD_SIZE] */
	COMMAND_TYPE_INTEGER, /* int */
	COMMAND_TYPE_NUMBER,  /* double */
	COMMAND_TYPE_TIME, /* int64_t, µs since 1970; in JSON Unix seconds or ISO 8601 with zone */
	COMMAND_TYPE_COUNT,
};

/* A key of a command's JSON. */
struct command_field {
	const char *name;
	enum command_type type;
	bool required;
	double min, max;          /* of integers, numbers and Unix seconds */
	const char *const *words; /* of states and words: what is allowed, NULL-terminated */
	size_t offset;            /* in struct command */
	const char *help;
};

struct command_info {
	const char *name;         /* "record", "snapshot": the `command` of replies */
	const char *const *words; /* NULL-terminated, upper case; an empty payload is the word "" */
	const struct command_field *fields; /* `id` is the first */
	size_t field_count;
};

extern const struct command_info command_table[COMMAND_KIND_COUNT];

/*
 * Parses the payload of the command topic `suffix` (below the node, e.g. "cam/cam0/record/set").
 * CODE_OK and `ret_command` filled; otherwise the code, and `ret_text` says what is wrong, where
 * and what is allowed (one line, no payload echo longer than 40 bytes, UTF-8; "" with CODE_OK). On
 * failure `ret_command` still holds kind, camera and, if it could be read, id, so that the refusal
 * can be addressed. Whether the camera exists is not known here. `expires_at` in JSON: Unix seconds
 * (number) or ISO 8601 with zone.
 */
enum code command_parse(const char *suffix, const void *payload, size_t length,
                        struct command *ret_command, char ret_text[static COMMAND_TEXT_SIZE]);

#endif
