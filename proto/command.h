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
#define COMMAND_MAX_DEPTH 4	 /* nesting of JSON */
#define COMMAND_TEXT_SIZE 160	 /* of a message that explains a refusal */

enum command_kind { COMMAND_RECORD, COMMAND_SNAPSHOT, COMMAND_KIND_COUNT };

enum command_state { COMMAND_STATE_NONE, COMMAND_ON, COMMAND_OFF, COMMAND_TOGGLE };

struct command {
	enum command_kind kind;
	char camera[ID_SIZE];	  /* "": every camera of the node */
	char id[ID_SIZE];	  /* the sender's, "" if none; [A-Za-z0-9_.:-]{1,64} */
	enum command_state state; /* record; a snapshot has none */
	double duration_s;	  /* record: 0 = until OFF; else 1..86400 */
	char format[16];	  /* record: "h264", "mjpeg", "" = as configured */
	int quality;		  /* snapshot: JPEG quality 1..100, 0 = as encoded */
	int max_width;		  /* snapshot: px 16..16384, 0 = as captured */
	int64_t expires_at_us;	  /* wall clock, 0 = never */
};

struct command_field; /* see command.c */

struct command_info {
	const char *name;	  /* "record", "snapshot": the `command` of replies */
	const char *const *words; /* NULL-terminated, upper case; an empty payload is the word "" */
	const struct command_field *fields;
	size_t field_count;
};

extern const struct command_info command_table[COMMAND_KIND_COUNT];

/*
 * Parses the payload of the command topic `suffix` (below the node, e.g. "cam/cam0/record/set").
 * CODE_OK and `ret_command` filled; otherwise the code, and `ret_text` says what is wrong, where
 * and what is allowed (one line, no payload echo longer than 40 bytes, UTF-8). On failure
 * `ret_command` still holds kind, camera and, if it could be read, id, so that the refusal can be
 * addressed. `expires_at` in JSON: Unix seconds (number) or ISO 8601 with zone.
 */
enum code command_parse(const char *suffix, const void *payload, size_t length,
			struct command *ret_command, char ret_text[static COMMAND_TEXT_SIZE]);

#endif
