#include "mqtt/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define RECORD "camnode/n/cam/c/record"
#define SNAPSHOT "camnode/n/cam/c/snapshot"
#define META "camnode/n/cam/c/snapshot/meta"
#define EVENT "camnode/n/event"
#define REPLY "camnode/n/reply"

static int set_up(void **state)
{
	*state = outbox_new();
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	outbox_free(*state);
	return 0;
}

static void put_on(struct outbox *outbox, const char *topic, enum topic_kind kind, const char *text)
{
	struct message *message = message_new(topic, kind, text, strlen(text));

	assert_non_null(message);
	outbox_put(outbox, message);
	message_unref(message);
}

static void put(struct outbox *outbox, enum topic_kind kind, const char *text)
{
	static const char *const topics[TOPIC_KIND_COUNT] = {
		[TOPIC_CAM_RECORD] = RECORD,
		[TOPIC_CAM_SNAPSHOT] = SNAPSHOT,
		[TOPIC_CAM_SNAPSHOT_META] = META,
		[TOPIC_EVENT] = EVENT,
		[TOPIC_REPLY] = REPLY,
	};

	put_on(outbox, topics[kind], kind, text);
}

static void put_numbered(struct outbox *outbox, enum topic_kind kind, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	put(outbox, kind, text);
}

/* Takes the next message, which must be this one, and leaves it in flight. */
static const struct message *expect(struct outbox *outbox, const char *text)
{
	const struct message *message = outbox_take(outbox);

	assert_non_null(message);
	assert_string_equal(message_payload(message), text);
	return message;
}

static void expect_and_settle(struct outbox *outbox, const char *text)
{
	outbox_settle(outbox, expect(outbox, text));
}

static void example(void **state)
{
	struct outbox *outbox = *state;
	const struct message *message;
	size_t bytes;

	outbox_go_online(outbox);
	put(outbox, TOPIC_CAM_RECORD, "OFF");
	put(outbox, TOPIC_CAM_RECORD, "ON"); /* newer: the other one is never sent */
	message = expect(outbox, "ON");
	outbox_sent(outbox, message, 7, 1000);
	assert_null(outbox_take(outbox));
	assert_false(outbox_is_empty(outbox));
	assert_int_equal(outbox_oldest_us(outbox, &bytes), 1000);
	assert_int_equal(bytes, 2);

	assert_null(outbox_find(outbox, 8));
	assert_ptr_equal(outbox_find(outbox, 7), message);
	outbox_settle(outbox, message);
	assert_true(outbox_is_empty(outbox));
	assert_int_equal(outbox_oldest_us(outbox, &bytes), INT64_MAX);
}

static void a_topic_that_changes_keeps_its_place(void **state)
{
	struct outbox *outbox = *state;

	outbox_go_online(outbox);
	put_on(outbox, "a", TOPIC_CAM_RECORD, "a1");
	put_on(outbox, "b", TOPIC_CAM_RECORD, "b1");
	put_on(outbox, "a", TOPIC_CAM_RECORD, "a2");
	expect_and_settle(outbox, "a2");
	expect_and_settle(outbox, "b1");
	assert_null(outbox_take(outbox));
}

static void events_and_replies_keep_their_order(void **state)
{
	struct outbox *outbox = *state;

	outbox_go_online(outbox);
	put(outbox, TOPIC_EVENT, "1");
	put(outbox, TOPIC_REPLY, "2");
	put(outbox, TOPIC_EVENT, "3");
	expect_and_settle(outbox, "1");
	expect_and_settle(outbox, "2");
	expect_and_settle(outbox, "3");
}

static void the_oldest_event_is_dropped(void **state)
{
	struct outbox *outbox = *state;

	outbox_go_online(outbox);
	put(outbox, TOPIC_CAM_RECORD, "state");
	for (int i = 0; i < OUTBOX_MAX_EVENTS; i++)
		put_numbered(outbox, TOPIC_EVENT, i);
	assert_int_equal(outbox_take_dropped(outbox), 0);
	put(outbox, TOPIC_EVENT, "last");
	assert_int_equal(outbox_take_dropped(outbox), 1);
	assert_int_equal(outbox_take_dropped(outbox), 0);
	expect_and_settle(outbox, "state");
	expect_and_settle(outbox, "1");
}

/* A flood of commands, each refused, must not cost the word that a recording is finished. */
static void replies_are_dropped_before_events(void **state)
{
	struct outbox *outbox = *state;

	outbox_go_online(outbox);
	put(outbox, TOPIC_EVENT, "finished");
	for (int i = 0; i < 2 * OUTBOX_MAX_EVENTS; i++)
		put_numbered(outbox, TOPIC_REPLY, i);
	assert_int_equal(outbox_take_dropped(outbox), OUTBOX_MAX_EVENTS + 1);
	expect_and_settle(outbox, "finished");
	expect_and_settle(outbox, "257");
}

static void state_has_a_limit(void **state)
{
	struct outbox *outbox = *state;
	char topic[16];

	outbox_go_online(outbox);
	for (int i = 0; i < OUTBOX_MAX_TOPICS; i++) {
		snprintf(topic, sizeof(topic), "t%d", i);
		put_on(outbox, topic, TOPIC_CAM_RECORD, "x");
	}
	assert_int_equal(outbox_take_dropped(outbox), 0);
	put_on(outbox, "one more", TOPIC_CAM_RECORD, "x");
	assert_int_equal(outbox_take_dropped(outbox), 1);
	put(outbox, TOPIC_EVENT, "events have room of their own");
	assert_int_equal(outbox_take_dropped(outbox), 0);
}

static void so_many_are_in_flight(void **state)
{
	struct outbox *outbox = *state;
	const struct message *first;

	outbox_go_online(outbox);
	for (int i = 0; i < OUTBOX_MAX_IN_FLIGHT + 1; i++)
		put_numbered(outbox, TOPIC_EVENT, i);
	first = expect(outbox, "0");
	for (int i = 1; i < OUTBOX_MAX_IN_FLIGHT; i++)
		assert_non_null(outbox_take(outbox));
	assert_null(outbox_take(outbox));
	outbox_settle(outbox, first);
	expect(outbox, "16");
	assert_null(outbox_take(outbox));
}

static void one_picture_of_a_camera_is_in_flight(void **state)
{
	struct outbox *outbox = *state;
	const struct message *first;

	outbox_go_online(outbox);
	put(outbox, TOPIC_CAM_SNAPSHOT, "picture 1");
	first = expect(outbox, "picture 1");
	put(outbox, TOPIC_CAM_SNAPSHOT, "picture 2");
	put(outbox, TOPIC_CAM_SNAPSHOT, "picture 3");
	put(outbox, TOPIC_CAM_RECORD, "ON");
	put_on(outbox, "camnode/n/cam/d/snapshot", TOPIC_CAM_SNAPSHOT, "another camera's");
	expect(outbox, "ON");
	expect(outbox, "another camera's");
	assert_null(outbox_take(outbox));
	outbox_settle(outbox, first);
	expect(outbox, "picture 3");
	assert_null(outbox_take(outbox));
}

static void meta_follows_its_picture(void **state)
{
	struct outbox *outbox = *state;
	const struct message *first;

	outbox_go_online(outbox);
	put(outbox, TOPIC_CAM_SNAPSHOT, "picture 1");
	first = expect(outbox, "picture 1");
	put(outbox, TOPIC_CAM_SNAPSHOT_META, "meta 1");
	put(outbox, TOPIC_CAM_SNAPSHOT, "picture 2"); /* takes meta 1 away */
	put(outbox, TOPIC_CAM_SNAPSHOT_META, "meta 2");
	assert_null(outbox_take(outbox));
	outbox_settle(outbox, first);
	expect(outbox, "picture 2");
	expect(outbox, "meta 2");
	assert_null(outbox_take(outbox));
}

static void offline_keeps_events_only(void **state)
{
	struct outbox *outbox = *state;

	put(outbox, TOPIC_CAM_RECORD, "ON");
	put(outbox, TOPIC_REPLY, "reply");
	for (int i = 0; i < OUTBOX_MAX_OFFLINE_EVENTS + 1; i++)
		put_numbered(outbox, TOPIC_EVENT, i);
	assert_int_equal(outbox_take_dropped(outbox), 1);
	assert_null(outbox_take(outbox));
	outbox_go_online(outbox);
	for (int i = 1; i <= OUTBOX_MAX_OFFLINE_EVENTS; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%d", i);
		expect_and_settle(outbox, text);
	}
	assert_true(outbox_is_empty(outbox));
}

static void unanswered_events_are_sent_again(void **state)
{
	struct outbox *outbox = *state;

	outbox_go_online(outbox);
	put(outbox, TOPIC_EVENT, "answered");
	put(outbox, TOPIC_EVENT, "unanswered");
	put(outbox, TOPIC_CAM_RECORD, "ON");
	put(outbox, TOPIC_EVENT, "waiting");
	put(outbox, TOPIC_REPLY, "reply");
	expect_and_settle(outbox, "answered");
	outbox_sent(outbox, expect(outbox, "unanswered"), 2, 1000);
	outbox_sent(outbox, expect(outbox, "ON"), 3, 1000);
	outbox_go_offline(outbox);
	assert_null(outbox_find(outbox, 2));
	assert_null(outbox_take(outbox));
	outbox_go_online(outbox);
	expect_and_settle(outbox, "unanswered");
	expect_and_settle(outbox, "waiting");
	assert_true(outbox_is_empty(outbox));
}

/* At a connect, the board's last word and the post that made it may both come. */
static void the_same_message_is_sent_once(void **state)
{
	struct outbox *outbox = *state;
	struct message *message = message_new(RECORD, TOPIC_CAM_RECORD, "on", 2);
	size_t bytes;

	outbox_go_online(outbox);
	outbox_put(outbox, message);
	outbox_sent(outbox, expect(outbox, "on"), 1, 1000);
	outbox_put(outbox, message);
	assert_null(outbox_take(outbox));
	assert_int_equal(outbox_oldest_us(outbox, &bytes), 1000);
	outbox_settle(outbox, outbox_find(outbox, 1));
	assert_true(outbox_is_empty(outbox));
	message_unref(message);
}

#define OUTBOX_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OUTBOX_TEST(the_same_message_is_sent_once),
		OUTBOX_TEST(example),
		OUTBOX_TEST(a_topic_that_changes_keeps_its_place),
		OUTBOX_TEST(events_and_replies_keep_their_order),
		OUTBOX_TEST(the_oldest_event_is_dropped),
		OUTBOX_TEST(replies_are_dropped_before_events),
		OUTBOX_TEST(state_has_a_limit),
		OUTBOX_TEST(so_many_are_in_flight),
		OUTBOX_TEST(one_picture_of_a_camera_is_in_flight),
		OUTBOX_TEST(meta_follows_its_picture),
		OUTBOX_TEST(offline_keeps_events_only),
		OUTBOX_TEST(unanswered_events_are_sent_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
