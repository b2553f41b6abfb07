/* The table of command.h: each command with its words and fields. */
#include <assert.h>
#include <string.h>

#include "proto/command.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Not before 2001: a sender that means "in 30 s" is told, rather than called late. To year 9999. */
#define EXPIRES_MIN_S 1e9
#define EXPIRES_MAX_S 253402300799.0

#define LIST "list" /* the action that needs no file */

/* In the order of enum command_state, from COMMAND_ON. */
static const char *const state_words[] = {"ON", "OFF", "TOGGLE", NULL};
static const char *const snapshot_words[] = {"", "PRESS", "ON", NULL};
static const char *const format_words[] = {"h264", "mjpeg", NULL};
static const char *const recordings_words[] = {"LIST", NULL};
static const char *const action_words[] = {LIST,    "delete", "protect", "unprotect",
                                           "label", "export", NULL};

/* clang-format off */
#define FIELD_ID { \
	.name = "id", .type = FIELD_TYPE_ID, .offset = offsetof(struct command, id), \
	.help = "the sender's id of this command; the same id again is answered again, not done again" }
#define FIELD_EXPIRES_AT { \
	.name = "expires_at", .type = FIELD_TYPE_TIME, .min = EXPIRES_MIN_S, \
	.max = EXPIRES_MAX_S, .offset = offsetof(struct command, expires_at_us), \
	.help = "when to do nothing any more: Unix seconds, or ISO 8601 with zone" }

static const struct field record_fields[] = {
	FIELD_ID,
	{
		.name = "state", .type = FIELD_TYPE_STATE, .required = true,
		.words = state_words, .offset = offsetof(struct command, state),
		.help = "start, stop, or the opposite of now",
	},
	{
		.name = "duration_s", .type = FIELD_TYPE_NUMBER, .min = 1, .max = 86400,
		.offset = offsetof(struct command, duration_s),
		.help = "stop by itself after so many seconds; without it, record until OFF",
	},
	{
		.name = "pre_roll_s", .type = FIELD_TYPE_NUMBER, .min = 0, .max = 30,
		.offset = offsetof(struct command, pre_roll_s),
		.help = "begin so many seconds before now; without it, as configured",
	},
	{
		.name = "format", .type = FIELD_TYPE_WORD, .words = format_words,
		.offset = offsetof(struct command, format),
		.help = "encoding of the file; without it, as configured",
	},
	{
		.name = "profile", .type = FIELD_TYPE_NAME,
		.offset = offsetof(struct command, profile),
		.help = "the camera's profile while it records; without it, as it is",
	},
	{
		.name = "label", .type = FIELD_TYPE_TEXT, .min = 1, .max = COMMAND_LABEL_SIZE - 1,
		.offset = offsetof(struct command, label),
		.help = "what the recording is of, for people; 64 bytes of UTF-8 at most",
	},
	FIELD_EXPIRES_AT,
};

static const struct field snapshot_fields[] = {
	FIELD_ID,
	{
		.name = "quality", .type = FIELD_TYPE_INTEGER, .min = 1, .max = 100,
		.offset = offsetof(struct command, quality),
		.help = "JPEG quality; without it, as the camera's pictures are encoded",
	},
	{
		.name = "max_width", .type = FIELD_TYPE_INTEGER, .min = 16, .max = 16384,
		.offset = offsetof(struct command, max_width),
		.help = "width in px; a wider picture is scaled down to it",
	},
	FIELD_EXPIRES_AT,
};

static const struct field profile_fields[] = {
	FIELD_ID,
	{
		.name = "profile", .type = FIELD_TYPE_NAME, .required = true,
		.offset = offsetof(struct command, profile),
		.help = "name of a profile, or auto: the node chooses again by itself",
	},
	FIELD_EXPIRES_AT,
};

static const struct field enabled_fields[] = {
	FIELD_ID,
	{
		.name = "state", .type = FIELD_TYPE_STATE, .required = true,
		.words = state_words, .offset = offsetof(struct command, state),
		.help = "capture, capture nothing, or the opposite of now",
	},
	FIELD_EXPIRES_AT,
};

static const struct field controls_fields[] = {
	FIELD_ID,
	FIELD_EXPIRES_AT,
};

static const struct field recordings_fields[] = {
	FIELD_ID,
	{
		.name = "action", .type = FIELD_TYPE_WORD, .required = true,
		.words = action_words, .offset = offsetof(struct command, action),
		.help = "what to do; all but list need a file",
	},
	{
		.name = "file", .type = FIELD_TYPE_TEXT, .min = 1, .max = COMMAND_FILE_SIZE - 1,
		.offset = offsetof(struct command, file),
		.help = "the recording, as the list and the events name it",
	},
	{
		.name = "camera", .type = FIELD_TYPE_NAME,
		.offset = offsetof(struct command, of_camera),
		.help = "list the recordings of this camera only",
	},
	{
		.name = "day", .type = FIELD_TYPE_DAY, .offset = offsetof(struct command, day),
		.help = "list the recordings of this day only, local time of the node",
	},
	{
		.name = "label", .type = FIELD_TYPE_TEXT, .min = 0, .max = COMMAND_LABEL_SIZE - 1,
		.offset = offsetof(struct command, label),
		.help = "the new label, 64 bytes of UTF-8 at most; without it, or empty, the label goes",
	},
	{
		.name = "limit", .type = FIELD_TYPE_INTEGER, .min = 1, .max = 200,
		.offset = offsetof(struct command, limit),
		.help = "list so many at most; without it, 50",
	},
	{
		.name = "offset", .type = FIELD_TYPE_INTEGER, .min = 0, .max = 1000000,
		.offset = offsetof(struct command, offset),
		.help = "leave out so many of the newest",
	},
	FIELD_EXPIRES_AT,
};
/* clang-format on */

static_assert(LENGTH(recordings_fields) <= COMMAND_MAX_FIELDS, "the longest of all");

static enum code check_controls(const struct command *command, char *ret_text)
{
	if (command->control_count > 0)
		return CODE_OK;
	return refusal_write(ret_text, CODE_BAD_VALUE,
	                     "no control is named, e.g. {\"Brightness\": 0.1}");
}

static enum code check_recordings(const struct command *command, char *ret_text)
{
	if (command->file[0] || strcmp(command->action, LIST) == 0)
		return CODE_OK;
	return refusal_write(ret_text, CODE_BAD_VALUE, "key \"file\" is missing: what to %s",
	                     command->action);
}

/* clang-format off */
const struct command_info command_table[COMMAND_KIND_COUNT] = {
	[COMMAND_RECORD] = {
		.name = "record", .words = state_words, .word_field = &record_fields[1],
		.fields = record_fields, .field_count = LENGTH(record_fields),
	},
	[COMMAND_SNAPSHOT] = {
		.name = "snapshot", .words = snapshot_words,
		.fields = snapshot_fields, .field_count = LENGTH(snapshot_fields),
	},
	[COMMAND_PROFILE] = {
		.name = "profile", .word_field = &profile_fields[1],
		.fields = profile_fields, .field_count = LENGTH(profile_fields),
	},
	[COMMAND_ENABLED] = {
		.name = "enabled", .words = state_words, .word_field = &enabled_fields[1],
		.fields = enabled_fields, .field_count = LENGTH(enabled_fields),
	},
	[COMMAND_CONTROLS] = {
		.name = "controls", .scope = COMMAND_OF_CAMERA, .controls = true,
		.fields = controls_fields, .field_count = LENGTH(controls_fields),
		.check = check_controls,
	},
	[COMMAND_RECORDINGS] = {
		.name = "recordings", .scope = COMMAND_OF_NODE, .words = recordings_words,
		.word_field = &recordings_fields[1],
		.fields = recordings_fields, .field_count = LENGTH(recordings_fields),
		.check = check_recordings,
	},
};
/* clang-format on */
