#include "control/request.h"

#include "control/core.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct heard {
	int replies;
	enum code code;
	char json[512];
};

static void on_reply(void *user, enum code code, const char *json)
{
	struct heard *heard = user;

	heard->replies++;
	heard->code = code;
	snprintf(heard->json, sizeof heard->json, "%s", json);
}

static struct control_origin origin(struct heard *heard, bool wants_reply)
{
	return (struct control_origin){
		.wants_reply = wants_reply, .reply = on_reply, .user = heard};
}

static struct command command_with(const char *id, const char *camera)
{
	struct command command = {.kind = COMMAND_RECORD, .state = COMMAND_ON};

	str_copy(command.id, sizeof command.id, id);
	str_copy(command.camera, sizeof command.camera, camera);
	return command;
}

static void replies_when_the_last_camera_has_answered(void **state)
{
	struct request_memory *memory = request_memory_new();
	struct heard heard = {0};
	struct control_origin from = origin(&heard, true);
	struct command command = command_with("", "");
	struct request *request = request_begin(memory, &command, &from);

	request_expect(request);
	request_answer(request, "cam0", CODE_OK, "", json_pack("{s:s}", "state", "ON"));
	request_expect(request);
	request_end(request);
	assert_int_equal(heard.replies, 0);
	request_answer(request, "cam1", CODE_BUSY, "camera is away", NULL);
	assert_int_equal(heard.replies, 1);
	assert_int_equal(heard.code, CODE_BUSY);
	assert_non_null(strstr(heard.json, "cam1: camera is away"));
	assert_non_null(strstr(heard.json, "\"cam0\":{\"state\":\"ON\"}"));
	request_memory_free(memory);
}

static void what_successes_say_is_joined(void **state)
{
	struct request_memory *memory = request_memory_new();
	struct heard heard = {0};
	struct control_origin from = origin(&heard, true);
	struct command command = command_with("", "");
	struct request *request = request_begin(memory, &command, &from);

	for (int i = 0; i < 4; i++)
		request_expect(request);
	request_end(request);
	request_answer(request, "cam0", CODE_OK, "", NULL);
	request_answer(request, "cam1", CODE_OK, "one", NULL);
	request_answer(request, "cam2", CODE_OK, "one", NULL);
	request_answer(request, NULL, CODE_OK, "two", NULL);
	assert_non_null(strstr(heard.json, "\"message\":\"one; two\""));
	request_memory_free(memory);
}

static void success_without_id_and_response_topic_is_silent(void **state)
{
	struct request_memory *memory = request_memory_new();
	struct heard heard = {0};
	struct control_origin from = origin(&heard, false);
	struct command command = command_with("", "cam0");

	request_end(request_begin(memory, &command, &from));
	assert_int_equal(heard.replies, 1);
	assert_string_equal(heard.json, "");
	request_refuse(memory, &command, &from, CODE_BAD_VALUE, "no");
	assert_non_null(strstr(heard.json, "bad_value"));
	request_memory_free(memory);
}

static void a_repeated_id_gets_the_same_reply(void **state)
{
	struct request_memory *memory = request_memory_new();
	struct heard first = {0}, second = {0}, third = {0};
	struct control_origin from[] = {origin(&first, false), origin(&second, false),
	                                origin(&third, false)};
	struct command command = command_with("a1", "cam0");
	struct request *request = request_begin(memory, &command, &from[0]);

	assert_true(request_repeat(memory, &command, &from[1])); /* waits with the first */
	assert_int_equal(second.replies, 0);
	request_end(request);
	assert_int_equal(second.replies, 1);
	assert_true(request_repeat(memory, &command, &from[2])); /* from memory */
	assert_int_equal(third.replies, 1);
	assert_string_equal(first.json, second.json);
	assert_string_equal(first.json, third.json);
	request_memory_free(memory);
}

static void the_same_id_with_other_content_is_refused(void **state)
{
	struct request_memory *memory = request_memory_new();
	struct heard heard = {0};
	struct control_origin from = origin(&heard, false);
	struct command on = command_with("a1", "cam0"), off = on;

	off.state = COMMAND_OFF;
	request_end(request_begin(memory, &on, &from));
	assert_true(request_repeat(memory, &off, &from));
	assert_int_equal(heard.code, CODE_BAD_VALUE);
	request_memory_free(memory);
}

static void the_same_id_for_another_camera_is_another_command(void **state)
{
	struct request_memory *memory = request_memory_new();
	struct heard heard = {0};
	struct control_origin from = origin(&heard, false);
	struct command one = command_with("a1", "cam0"), two = command_with("a1", "cam1");

	request_end(request_begin(memory, &one, &from));
	assert_false(request_repeat(memory, &two, &from));
	struct request *other = request_begin(memory, &two, &from);
	assert_non_null(other);
	request_end(other);
	request_memory_free(memory);
}

static void so_many_ids_are_remembered(void **state)
{
	struct request_memory *memory = request_memory_new();
	struct heard heard = {0};
	struct control_origin from = origin(&heard, false);
	struct command first = command_with("0", "cam0");
	char id[ID_SIZE];

	for (int i = 0; i < REQUEST_REMEMBERED; i++) {
		snprintf(id, sizeof id, "%d", i);
		struct command command = command_with(id, "cam0");
		request_end(request_begin(memory, &command, &from));
	}
	assert_true(request_repeat(memory, &first, &from));
	struct command one_more = command_with("more", "cam0");
	request_end(request_begin(memory, &one_more, &from));
	assert_false(request_repeat(memory, &first, &from)); /* forgotten: it is executed afresh */
	request_memory_free(memory);
}

static void so_many_senders_wait_for_one_id(void **state)
{
	struct request_memory *memory = request_memory_new();
	struct heard heard = {0};
	struct control_origin from = origin(&heard, false);
	struct command command = command_with("a1", "cam0");
	struct request *request = request_begin(memory, &command, &from);

	for (int i = 1; i < REQUEST_MAX_ORIGINS; i++)
		assert_true(request_repeat(memory, &command, &from));
	assert_int_equal(heard.replies, 0);
	assert_true(request_repeat(memory, &command, &from));
	assert_int_equal(heard.code, CODE_BUSY);
	request_end(request);
	assert_int_equal(heard.replies, 1 + REQUEST_MAX_ORIGINS);
	request_memory_free(memory);
}

static void only_a_synced_clock_makes_commands_stale(void **state)
{
	struct command command = {.expires_at_us = 1000};

	assert_false(commands_is_stale(&command, 1000, true));
	assert_true(commands_is_stale(&command, 1001, true));
	assert_false(commands_is_stale(&command, 1001, false));
	command.expires_at_us = 0;
	assert_false(commands_is_stale(&command, 1001, true));
}

/* Lines on stderr that contain `part`, while `act` runs. */
static int count_logged(const char *part, void (*act)(struct request_memory *memory))
{
	struct request_memory *memory = request_memory_new();
	FILE *log = tmpfile();
	int saved = dup(STDERR_FILENO), count = 0;
	char line[512];

	assert_non_null(log);
	dup2(fileno(log), STDERR_FILENO);
	act(memory);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(log);
	while (fgets(line, sizeof line, log))
		count += strstr(line, part) != NULL;
	fclose(log);
	request_memory_free(memory);
	return count;
}

static void refuse_in_turns(struct request_memory *memory)
{
	struct heard heard = {0};
	struct control_origin from = origin(&heard, false);
	struct command command = command_with("", "cam0");

	for (int i = 0; i < 1000; i++)
		request_refuse(memory, &command, &from, i % 2 ? CODE_BAD_VALUE : CODE_RATE_LIMITED,
		               "no");
	assert_int_equal(heard.replies, 1000);
}

static void a_flood_of_refusals_is_not_logged(void **state)
{
	assert_int_equal(count_logged("refused (", refuse_in_turns), REQUEST_MAX_LOGGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_when_the_last_camera_has_answered),
		cmocka_unit_test(what_successes_say_is_joined),
		cmocka_unit_test(success_without_id_and_response_topic_is_silent),
		cmocka_unit_test(a_repeated_id_gets_the_same_reply),
		cmocka_unit_test(the_same_id_with_other_content_is_refused),
		cmocka_unit_test(the_same_id_for_another_camera_is_another_command),
		cmocka_unit_test(so_many_ids_are_remembered),
		cmocka_unit_test(so_many_senders_wait_for_one_id),
		cmocka_unit_test(only_a_synced_clock_makes_commands_stale),
		cmocka_unit_test(a_flood_of_refusals_is_not_logged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
