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
#include "proto/control_value.h"
#include "proto/field.h"
#include "proto/topic.h"

#define COMMAND_MAX_PAYLOAD 4096       /* bytes */
#define COMMAND_MAX_DEPTH 4            /* nesting of JSON */
#define COMMAND_MAX_FIELDS 12          /* of a command, in the table */
#define COMMAND_MAX_CONTROLS 16        /* in one command */
#define COMMAND_TEXT_SIZE REFUSAL_SIZE /* of a message that explains a refusal */
#define COMMAND_LABEL_SIZE 65
#define COMMAND_FILE_SIZE 256
#define COMMAND_PROFILE_AUTO "auto" /* not a profile: the governor is to choose */

enum command_kind {
	COMMAND_RECORD,
	COMMAND_SNAPSHOT,
	COMMAND_PROFILE,
	COMMAND_ENABLED,
	COMMAND_CONTROLS,
	COMMAND_RECORDINGS,
	COMMAND_KIND_COUNT,
};

enum command_state { COMMAND_STATE_NONE, COMMAND_ON, COMMAND_OFF, COMMAND_TOGGLE };

struct command_control {
	char name[CONTROL_NAME_SIZE];
	struct control_value value; /* none: back to the default */
};

struct command {
	enum command_kind kind;         /* COMMAND_KIND_COUNT: the topic is not a command's */
	char camera[ID_SIZE];           /* "": every camera of the node, or the node itself */
	char id[ID_SIZE];               /* the sender's, "" if none; [A-Za-z0-9_.:-]{1,64} */
	int64_t expires_at_us;          /* wall clock, 0 = never */
	enum command_state state;       /* record, enabled; the others have none */
	double duration_s;              /* record: 0 = until OFF; else 1..86400 */
	double pre_roll_s;              /* record: 0..30, -1 = as configured */
	char format[FIELD_WORD_SIZE];   /* record: "h264", "mjpeg", "" = as configured */
	char profile[ID_SIZE];          /* record: "" = as it is; profile: maybe "auto" */
	char label[COMMAND_LABEL_SIZE]; /* record, recordings: "" = none */
	int quality;                    /* snapshot: JPEG quality 1..100, 0 = as encoded */
	int max_width;                  /* snapshot: px 16..16384, 0 = as captured */
	char action[FIELD_WORD_SIZE];   /* recordings: "list", "delete", … */
	char file[COMMAND_FILE_SIZE];   /* recordings: set unless the action is "list" */
	char of_camera[ID_SIZE];        /* recordings: list this camera's only, "" = all */
	char day[FIELD_DAY_SIZE];       /* recordings: list this day's only, "" = all */
	int limit;                      /* recordings: 1..200, 0 = as many as fit */
	int offset;                     /* recordings: so many are left out */
	struct command_control controls[COMMAND_MAX_CONTROLS]; /* controls: at least one */
	size_t control_count;
};

enum command_scope {
	COMMAND_OF_CAMERAS, /* for one camera, or node-wide for all of them */
	COMMAND_OF_CAMERA,  /* for one camera: there is no node-wide topic */
	COMMAND_OF_NODE,    /* for the node itself: no camera is meant */
};

struct command_info {
	const char *name; /* "record", "snapshot", …: the `command` of replies */
	enum command_scope scope;
	const char *const *words; /* NULL-terminated; an empty payload is the word "". NULL: no
	                             list, the word goes to `word_field` as it is */
	const struct field *word_field; /* what a word means, NULL: nothing more (or JSON only) */
	const struct field *fields;     /* `id` is the first */
	size_t field_count;
	bool controls; /* further keys are names of controls */
	/* What the fields alone don't say; NULL: nothing. */
	enum code (*check)(const struct command *command, char ret_text[static COMMAND_TEXT_SIZE]);
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

/* Whether both ask for the same, but for id and expires_at. */
bool command_is_equal(const struct command *a, const struct command *b);

#endif
