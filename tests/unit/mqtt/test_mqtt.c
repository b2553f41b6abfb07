/* Against a real mosquitto. */
#include "node.h"

struct scene {
	struct broker broker;
	struct node node;
	struct reader reader;
};

/* Subscribes to everything, and returns when the broker knows: what comes then is not old. */
static void listen_to_all(struct scene *scene)
{
	/* With MQTT 5, as a broker with a limit refuses keep alives of older versions. */
	const char *const ready[] = {"-V", "5", "-r", "-t", "ready", "-m", "yes", NULL};

	subscribe(&scene->reader, &scene->broker, "#");
	publish(&scene->broker, ready);
	expect_line(&scene->reader, "ready|");
}

static int set_up(void **state)
{
	static struct scene scene;

	broker_open(&scene.broker, "");
	listen_to_all(&scene);
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	reader_close(&scene->reader);
	broker_close(&scene->broker);
	return 0;
}

static void example(void **state)
{
	struct scene *scene = *state;
	struct reader late;

	node_start(&scene->node, scene->broker.port, "");
	expect_line(&scene->reader, "camnode/n/status|0|text/plain||online");
	post(&scene->node, "cam/c/record", TOPIC_CAM_RECORD, "{}");
	expect_line(&scene->reader, "camnode/n/cam/c/record|0|application/json||{}");
	subscribe(&late, &scene->broker, "camnode/n/cam/c/record");
	expect_line(&late, "camnode/n/cam/c/record|1|application/json||{}");
	reader_close(&late);
	node_stop(&scene->node);
	expect_line(&scene->reader, "camnode/n/status|0|text/plain||offline");
}

static void pictures_and_their_meta(void **state)
{
	struct scene *scene = *state;

	node_start(&scene->node, scene->broker.port, "");
	expect_line(&scene->reader, "camnode/n/status|0|text/plain||online");
	post(&scene->node, "cam/c/snapshot", TOPIC_CAM_SNAPSHOT, "JPEG");
	post(&scene->node, "cam/c/snapshot/meta", TOPIC_CAM_SNAPSHOT_META, "{}");
	expect_line(&scene->reader, "camnode/n/cam/c/snapshot|0|image/jpeg||JPEG");
	expect_line(&scene->reader, "camnode/n/cam/c/snapshot/meta|0|application/json||{}");
	node_stop(&scene->node);
}

static void commands_are_answered(void **state)
{
	struct scene *scene = *state;
	const char *const plain[] = {"-t", "camnode/n/cam/none/record/set", "-m", "ON", NULL};
	const char *const directed[] = {
		"-V",
		"5",
		"-t",
		"camnode/n/snapshot/set",
		"-m",
		"{\"id\": \"7\"}",
		"-D",
		"publish",
		"response-topic",
		"replies",
		"-D",
		"publish",
		"correlation-data",
		"abc",
		NULL,
	};

	node_start(&scene->node, scene->broker.port, "");
	node_run(&scene->node);
	expect_line(&scene->reader, "camnode/n/status|0|text/plain||online");
	publish(&scene->broker, plain);
	expect_line(&scene->reader, "camnode/n/reply|0|application/json||{\"ok\":false");
	publish(&scene->broker, directed);
	expect_line(&scene->reader, "replies|0|application/json|abc|{\"ok\":");
	node_rest(&scene->node);
	node_stop(&scene->node);
}

/* With MQTT 5 the flag comes along to a live subscriber too, as asked for. */
static void a_live_retained_command_is_refused(void **state)
{
	struct scene *scene = *state;
	const char *const arguments[] = {"-r", "-t", "camnode/n/record/set", "-m", "ON", NULL};

	node_start(&scene->node, scene->broker.port, ", version: 5");
	node_run(&scene->node);
	expect_line(&scene->reader, "camnode/n/status|0|text/plain||online");
	publish(&scene->broker, arguments);
	expect_line(&scene->reader, "\"code\":\"retained\"");
	node_rest(&scene->node);
	node_stop(&scene->node);
}

/* MQTT 5 does not even deliver them. */
static void old_retained_commands_are_refused(void **state)
{
	struct scene *scene = *state;
	const char *const arguments[] = {"-r", "-t", "camnode/n/record/set", "-m", "ON", NULL};

	publish(&scene->broker, arguments);
	node_start(&scene->node, scene->broker.port, ", version: 3.1.1");
	node_run(&scene->node);
	expect_line(&scene->reader, "\"code\":\"retained\"");
	node_rest(&scene->node);
	node_stop(&scene->node);
}

static void everything_is_published_again_after_a_restart(void **state)
{
	struct scene *scene = *state;
	struct reader reader;

	node_start(&scene->node, scene->broker.port, "");
	expect_line(&scene->reader, "camnode/n/status|0|text/plain||online");
	post(&scene->node, "cam/c/record", TOPIC_CAM_RECORD, "before");
	expect_line(&scene->reader, "|before");
	end(&scene->broker.pid, SIGKILL);
	assert_becomes(!node_is_connected(&scene->node));
	post(&scene->node, "cam/c/status", TOPIC_CAM_STATUS, "stale");
	post(&scene->node, "cam/c/status", TOPIC_CAM_STATUS, "fresh");
	broker_start(&scene->broker);
	subscribe(&reader, &scene->broker, "#");
	expect_line(&reader, "online");
	/* The subscriber may be slower than the node: what is retained it gets all the same. */
	expect_line(&reader, "|before");
	expect_line(&reader, "|fresh");
	reader_close(&reader);
	node_stop(&scene->node);
}

static void events_wait_for_the_broker(void **state)
{
	struct scene *scene = *state;

	kill(scene->broker.pid, SIGSTOP);
	node_start(&scene->node, scene->broker.port, "");
	post(&scene->node, "event", TOPIC_EVENT, "told once");
	assert_false(node_is_connected(&scene->node));
	kill(scene->broker.pid, SIGCONT);
	expect_line(&scene->reader, "camnode/n/event|0|application/json||told once");
	node_stop(&scene->node);
}

static void a_broker_that_stops_answering_is_left(void **state)
{
	struct scene *scene = *state;

	node_start(&scene->node, scene->broker.port, ", keep_alive_s: 5");
	expect_line(&scene->reader, "camnode/n/status|0|text/plain||online");
	kill(scene->broker.pid, SIGSTOP);
	post(&scene->node, "cam/c/record", TOPIC_CAM_RECORD, "unanswered");
	assert_becomes(!node_is_connected(&scene->node));
	kill(scene->broker.pid, SIGCONT);
	assert_becomes(node_is_connected(&scene->node));
	expect_line(&scene->reader, "|unanswered");
	node_stop(&scene->node);
}

static void a_second_client_of_this_name_throws_it_out(void **state)
{
	struct scene *scene = *state;
	const char *const arguments[] = {"-i", "camnode-n", "-t", "camnode/n/status", NULL};
	struct reader rival;

	node_start(&scene->node, scene->broker.port, "");
	expect_line(&scene->reader, "camnode/n/status|0|text/plain||online");
	reader_open(&rival, &scene->broker, "/usr/bin/mosquitto_sub", arguments);
	assert_becomes(!node_is_connected(&scene->node));
	/* The will speaks for the node that was thrown out. */
	expect_line(&scene->reader, "camnode/n/status|0|||offline");
	reader_close(&rival);
	node_stop(&scene->node);
}

static void the_brokers_limits_are_heeded(void **state)
{
	struct scene *scene = *state;
	static char large[3000];

	broker_close(&scene->broker);
	reader_close(&scene->reader);
	broker_open(&scene->broker, "max_packet_size 2000\nmax_keepalive 10\n");
	listen_to_all(scene);
	memset(large, 'x', sizeof(large) - 1);
	node_start(&scene->node, scene->broker.port, "");
	expect_line(&scene->reader, "camnode/n/status|0|text/plain||online");
	post(&scene->node, "cam/c/snapshot", TOPIC_CAM_SNAPSHOT, large);
	post(&scene->node, "event", TOPIC_EVENT, "still here");
	expect_line(&scene->reader, "|still here");
	assert_true(node_is_connected(&scene->node));
	node_stop(&scene->node);
}

static void stops_at_once_without_a_broker(void **state)
{
	struct scene *scene = *state;
	int64_t begin_us;

	end(&scene->broker.pid, SIGKILL);
	node_start(&scene->node, scene->broker.port, "");
	begin_us = clock_mono_us();
	node_stop(&scene->node);
	assert_true(clock_mono_us() - begin_us < 5 * USEC_PER_SEC);
}

static void block_signals(void)
{
	sigset_t signals;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

#define MQTT_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* The broker would throw out who sends more than it allows. */
static void a_reply_that_is_too_large_becomes_a_refusal(void **state)
{
	struct scene *scene = *state;
	struct broker narrow;
	struct reader reader;
	char text[3000];

	snprintf(text, sizeof(text),
	         "{\"ok\":true,\"command\":\"recordings\",\"id\":\"7\",\"code\":\"ok\","
	         "\"data\":\"%02500d\"}",
	         0);
	broker_open(&narrow, "max_packet_size 2000\n");
	subscribe(&reader, &narrow, "camnode/n/+");
	node_start(&scene->node, narrow.port, "");
	expect_line(&reader, "camnode/n/status|");
	post(&scene->node, "reply", TOPIC_REPLY, text);
	expect_line(&reader, "{\"ok\":false,\"command\":\"recordings\",\"id\":\"7\","
	                     "\"code\":\"internal\",\"message\":\"the reply is larger");
	node_stop(&scene->node);
	reader_close(&reader);
	broker_close(&narrow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MQTT_TEST(example),
		MQTT_TEST(pictures_and_their_meta),
		MQTT_TEST(commands_are_answered),
		MQTT_TEST(a_live_retained_command_is_refused),
		MQTT_TEST(old_retained_commands_are_refused),
		MQTT_TEST(everything_is_published_again_after_a_restart),
		MQTT_TEST(events_wait_for_the_broker),
		MQTT_TEST(a_broker_that_stops_answering_is_left),
		MQTT_TEST(a_second_client_of_this_name_throws_it_out),
		MQTT_TEST(the_brokers_limits_are_heeded),
		MQTT_TEST(a_reply_that_is_too_large_becomes_a_refusal),
		MQTT_TEST(stops_at_once_without_a_broker),
	};

	if (access(MOSQUITTO, X_OK) < 0)
		return 77; /* skipped */
	block_signals();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
