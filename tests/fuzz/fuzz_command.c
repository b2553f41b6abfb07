/*
 * Any payload on any command topic is parsed, or refused with one readable line. The first byte of
 * the input chooses the topic.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "base/str.h"
#include "proto/command.h"

static const char *const suffixes[] = {
	"cam/cam0/record/set",   "cam/cam0/snapshot/set", "record/set",
	"snapshot/set",          "cam/cam0/profile/set",  "enabled/set",
	"cam/cam0/controls/set", "recordings/set",
};

static void expect_in_range(const struct command *command)
{
	expect(command->kind < COMMAND_KIND_COUNT);
	expect(strlen(command->id) < sizeof(command->id));
	expect(command->duration_s == 0 ||
	       (command->duration_s >= 1 && command->duration_s <= 86400));
	expect(command->quality >= 0 && command->quality <= 100);
	expect(command->max_width == 0 ||
	       (command->max_width >= 16 && command->max_width <= 16384));
	expect(command->kind != COMMAND_RECORD || command->state != COMMAND_STATE_NONE);
	expect(command->pre_roll_s == -1 ||
	       (command->pre_roll_s >= 0 && command->pre_roll_s <= 30));
	expect(strlen(command->label) < sizeof(command->label));
	expect(strlen(command->file) < sizeof(command->file));
	expect(command->limit >= 0 && command->limit <= 200);
	expect(command->kind != COMMAND_PROFILE || str_is_id(command->profile));
	expect(command->control_count <= COMMAND_MAX_CONTROLS);
	expect((command->kind == COMMAND_CONTROLS) == (command->control_count > 0));
	expect(command_is_equal(command, command));
}

static void expect_readable(const char *text)
{
	size_t length = strnlen(text, COMMAND_TEXT_SIZE);

	expect(length > 0 && length < COMMAND_TEXT_SIZE);
	expect(str_is_utf8(text, length));
	expect(!strchr(text, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command command = {0};
	char text[COMMAND_TEXT_SIZE] = "";

	if (size == 0)
		return 0;
	const char *suffix = suffixes[data[0] % (sizeof(suffixes) / sizeof(suffixes[0]))];

	if (command_parse(suffix, data + 1, size - 1, &command, text) == CODE_OK)
		expect_in_range(&command);
	else
		expect_readable(text);
	return 0;
}
