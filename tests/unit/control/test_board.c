#include "control/board.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct message *make(const char *topic, enum topic_kind kind, const char *payload)
{
	struct message *message = message_new(topic, kind, payload, strlen(payload));

	assert_non_null(message);
	return message;
}

static void count(void *user, struct message *message)
{
	(*(int *)user)++;
}

static void keeps_the_last_message_of_a_topic(void **state)
{
	struct board *board = board_new();
	int kept = 0;

	board_post(board, make("camnode/n/status", TOPIC_STATUS, "offline"));
	board_post(board, make("camnode/n/status", TOPIC_STATUS, "online"));
	board_post(board, make("camnode/n/info", TOPIC_INFO, "{}"));
	struct message *message = board_get(board, "camnode/n/status");
	assert_string_equal(message_payload(message), "online");
	message_unref(message);
	assert_null(board_get(board, "camnode/n/telemetry"));
	board_each(board, count, &kept);
	assert_int_equal(kept, 2);
	board_free(board);
}

static void events_pass_and_are_not_kept(void **state)
{
	struct board *board = board_new();
	int heard = 0;

	assert_int_equal(board_add_listener(board, count, &heard), 0);
	board_post(board, make("camnode/n/event", TOPIC_EVENT, "{}"));
	assert_int_equal(heard, 1);
	assert_null(board_get(board, "camnode/n/event"));
	board_remove_listener(board, count, &heard);
	board_post(board, make("camnode/n/event", TOPIC_EVENT, "{}"));
	assert_int_equal(heard, 1);
	board_free(board);
}

static void append(void *user, struct message *message)
{
	strcat(strcat(user, message_payload(message)), " ");
}

static void keeps_the_latest_events(void **state)
{
	struct board *board = board_new();
	char heard[1024] = "", payload[16];
	int count_of = 0;

	board_post(board, make("camnode/n/reply", TOPIC_REPLY, "{}"));
	board_each_event(board, count, &count_of);
	assert_int_equal(count_of, 0);
	for (int i = 0; i < BOARD_MAX_EVENTS; i++) {
		snprintf(payload, sizeof payload, "%d", i);
		board_post(board, make("camnode/n/event", TOPIC_EVENT, payload));
	}
	board_each_event(board, append, heard);
	assert_memory_equal(heard, "0 1 2 ", 6);
	board_post(board, make("camnode/n/event", TOPIC_EVENT, "last"));
	heard[0] = '\0';
	board_each_event(board, append, heard);
	assert_memory_equal(heard, "1 2 3 ", 6);
	assert_string_equal(strstr(heard, "49"), "49 last ");
	board_each_event(board, count, &count_of);
	assert_int_equal(count_of, BOARD_MAX_EVENTS);
	board_free(board);
}

static void takes_so_many_listeners(void **state)
{
	struct board *board = board_new();
	int heard[BOARD_MAX_LISTENERS + 1] = {0};

	for (int i = 0; i < BOARD_MAX_LISTENERS; i++)
		assert_int_equal(board_add_listener(board, count, &heard[i]), 0);
	assert_int_equal(board_add_listener(board, count, &heard[BOARD_MAX_LISTENERS]), -ENOSPC);
	board_free(board);
}

static void keeps_so_many_topics(void **state)
{
	struct board *board = board_new();
	char topic[TOPIC_SIZE];
	int kept = 0;

	for (int i = 0; i <= BOARD_MAX_TOPICS; i++) {
		snprintf(topic, sizeof topic, "camnode/n/cam/c%d/status", i);
		board_post(board, make(topic, TOPIC_CAM_STATUS, "online"));
	}
	board_each(board, count, &kept);
	assert_int_equal(kept, BOARD_MAX_TOPICS);
	board_free(board);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_last_message_of_a_topic),
		cmocka_unit_test(events_pass_and_are_not_kept),
		cmocka_unit_test(keeps_the_latest_events),
		cmocka_unit_test(takes_so_many_listeners),
		cmocka_unit_test(keeps_so_many_topics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
