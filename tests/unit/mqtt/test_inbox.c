#include "mqtt/inbox.h"

#include "base/log.h"
#include "logged.h"
#include "node.h"

#define QUEUED 512 /* commands that control takes before it is busy */

struct scene {
	struct node node; /* without its MQTT client */
	struct queue *posts;
	struct queue *board_posts;
	struct inbox *inbox;
};

static void unref_message(void *item)
{
	message_unref(item);
}

static void on_post(void *user, struct message *message)
{
	struct scene *scene = user;

	if (message_kind(message) == TOPIC_REPLY)
		assert_int_equal(queue_push(scene->board_posts, message_ref(message)), 0);
}

static int set_up(void **state)
{
	static struct scene scene;

	node_prepare(&scene.node, 1883, "");
	scene.posts = queue_new(16, unref_message);
	scene.board_posts = queue_new(16, unref_message);
	scene.inbox = inbox_new(scene.node.control, scene.posts);
	board_add_listener(control_board(scene.node.control), on_post, &scene);
	*state = &scene;
	return scene.inbox ? 0 : -1;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	board_remove_listener(control_board(scene->node.control), on_post, scene);
	control_stop(scene->node.control); /* answers what is left */
	inbox_free(scene->inbox);
	queue_free(scene->board_posts);
	queue_free(scene->posts);
	node_free(&scene->node);
	return 0;
}

static struct arrival command(const char *topic, const char *payload)
{
	return (struct arrival){.topic = topic, .payload = payload, .length = strlen(payload)};
}

static void name_response_topic(struct arrival *arrival, const char *topic)
{
	arrival->response_topic = topic;
	arrival->response_topic_length = strlen(topic);
}

/* The next message must be a reply on this topic with this in it. The caller's reference. */
static struct message *expect_reply(struct queue *queue, const char *topic, const char *part)
{
	void *item = NULL;

	assert_int_equal(queue_pop(queue, clock_mono_us() + DEADLINE_US, &item), 0);
	assert_string_equal(message_topic(item), topic);
	assert_non_null(strstr(message_payload(item), part));
	return item;
}

static void expect(struct queue *queue, const char *topic, const char *part)
{
	message_unref(expect_reply(queue, topic, part));
}

static void example(void **state)
{
	struct scene *scene = *state;
	struct arrival plain = command("camnode/n/cam/none/record/set", "{\"id\": \"a1\"}");
	struct arrival directed = command("camnode/n/cam/none/snapshot/set", "PRESS");

	node_run(&scene->node);
	inbox_take(scene->inbox, &plain);
	expect(scene->board_posts, "camnode/n/reply", "\"id\":\"a1\"");
	name_response_topic(&directed, "replies/me");
	inbox_take(scene->inbox, &directed);
	expect(scene->posts, "replies/me", "\"code\":\"unknown_camera\"");
	node_rest(&scene->node);
}

static void what_cannot_be_answered_there_goes_to_reply(void **state)
{
	struct scene *scene = *state;
	struct arrival arrival = command("camnode/n/cam/none/snapshot/set", "PRESS");

	node_run(&scene->node);
	name_response_topic(&arrival, "camnode/n/record/set");
	inbox_take(scene->inbox, &arrival);
	expect(scene->board_posts, "camnode/n/reply", "\"ok\":false");
	name_response_topic(&arrival, "camnode/n/reply"); /* named, and the same */
	inbox_take(scene->inbox, &arrival);
	expect(scene->board_posts, "camnode/n/reply", "\"ok\":false");
	assert_int_equal(queue_length(scene->posts), 0);
	node_rest(&scene->node);
}

static void correlation_data_is_echoed_or_refused(void **state)
{
	struct scene *scene = *state;
	struct arrival arrival = command("camnode/n/cam/none/snapshot/set", "PRESS");
	char data[INBOX_MAX_CORRELATION + 1];
	size_t length;

	memset(data, '\0', sizeof(data));
	node_run(&scene->node);
	name_response_topic(&arrival, "r");
	arrival.correlation = data;
	arrival.correlation_length = INBOX_MAX_CORRELATION;
	inbox_take(scene->inbox, &arrival);
	struct message *reply = expect_reply(scene->posts, "r", "unknown_camera");
	assert_memory_equal(message_correlation(reply, &length), data, INBOX_MAX_CORRELATION);
	assert_int_equal(length, INBOX_MAX_CORRELATION);
	message_unref(reply);

	arrival.correlation_length++;
	inbox_take(scene->inbox, &arrival);
	reply = expect_reply(scene->posts, "r", "1025 bytes: 1024 are the limit");
	message_correlation(reply, &length);
	assert_int_equal(length, 0);
	message_unref(reply);
	node_rest(&scene->node);
}

static void retained_and_expired_commands_are_refused(void **state)
{
	struct scene *scene = *state;
	struct arrival retained = command("camnode/n/record/set", "ON");
	struct arrival expired = command("camnode/n/record/set", "ON");

	node_run(&scene->node);
	retained.retained = true;
	inbox_take(scene->inbox, &retained);
	expect(scene->board_posts, "camnode/n/reply", "\"code\":\"retained\"");
	expired.expired = true;
	inbox_take(scene->inbox, &expired);
	expect(scene->board_posts, "camnode/n/reply", "\"code\":\"stale\"");
	node_rest(&scene->node);
}

/* It clears a topic: nobody means a command by it. */
static void a_retained_nothing_is_ignored(void **state)
{
	struct scene *scene = *state;
	struct arrival cleared = command("camnode/n/cam/none/snapshot/set", "");
	struct arrival next = command("camnode/n/cam/none/snapshot/set", "{\"id\": \"next\"}");

	node_run(&scene->node);
	cleared.retained = true;
	inbox_take(scene->inbox, &cleared);
	inbox_take(scene->inbox, &next);
	expect(scene->board_posts, "camnode/n/reply", "\"id\":\"next\"");
	node_rest(&scene->node);
}

static void too_many_commands_are_told_so(void **state)
{
	struct scene *scene = *state;
	struct arrival arrival = command("camnode/n/cam/c/record/set", "{\"id\": \"x\"}");

	for (int i = 0; i < QUEUED; i++)
		inbox_take(scene->inbox, &arrival);
	assert_int_equal(queue_length(scene->posts), 0);
	inbox_take(scene->inbox, &arrival);
	expect(scene->posts, "camnode/n/reply", "\"code\":\"busy\"");
	name_response_topic(&arrival, "r");
	inbox_take(scene->inbox, &arrival);
	expect(scene->posts, "r", "\"id\":\"x\"");
}

static void too_many_commands_are_logged_once(void **state)
{
	struct scene *scene = *state;
	struct arrival arrival = command("camnode/n/cam/c/record/set", "ON");
	struct logged logged;
	char line[256];

	log_set_level(LOG_LEVEL_WARN); /* the library's thread tells what it found, now or later */
	logged_open(&logged);
	for (int i = 0; i < QUEUED + 10; i++)
		inbox_take(scene->inbox, &arrival);
	expect_line(&logged.reader, " warn  commands are refused: too many are waiting");
	assert_false(take_line(&logged.reader, line, sizeof(line)));
	logged_close(&logged);
	log_set_level(LOG_LEVEL_INFO);
}

static void other_nodes_topics_are_ignored(void **state)
{
	struct scene *scene = *state;
	struct arrival arrival = command("camnode/other/record/set", "ON");

	for (int i = 0; i < QUEUED + 1; i++)
		inbox_take(scene->inbox, &arrival);
	assert_int_equal(queue_length(scene->posts), 0);
}

#define INBOX_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		INBOX_TEST(example),
		INBOX_TEST(what_cannot_be_answered_there_goes_to_reply),
		INBOX_TEST(correlation_data_is_echoed_or_refused),
		INBOX_TEST(retained_and_expired_commands_are_refused),
		INBOX_TEST(a_retained_nothing_is_ignored),
		INBOX_TEST(too_many_commands_are_told_so),
		INBOX_TEST(too_many_commands_are_logged_once),
		INBOX_TEST(other_nodes_topics_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
