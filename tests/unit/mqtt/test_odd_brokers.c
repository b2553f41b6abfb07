/* Against brokers that this test plays: what mosquitto does not do. */
#include "logged.h"
#include "node.h"

#include "mqtt/connection.h"
#include "mqtt/dialer.h"
#include "mqtt/outbox.h"

#define CONNECT_TYPE 0x10
#define PUBLISH_TYPE 0x30 /* the lower bits are flags */
#define SUBSCRIBE_TYPE 0x82
#define DISCONNECT_TYPE 0xe0
#define MAX_PACKET 65536

struct packet {
	unsigned char type;
	size_t length;
	unsigned char body[MAX_PACKET]; /* without the fixed header */
};

struct scene {
	int listener;
	int port;
	struct node node;
};

static int set_up(void **state)
{
	static struct scene scene;

	scene.listener = listen_on(0, &scene.port);
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	close(scene->listener);
	return 0;
}

static void wait_readable(int fd)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&pollfd, 1, DEADLINE_US / USEC_PER_MSEC), 1);
}

static void read_all(int fd, void *buffer, size_t length)
{
	for (size_t done = 0; done < length;) {
		wait_readable(fd);
		ssize_t n = read(fd, (char *)buffer + done, length - done);
		assert_true(n > 0);
		done += (size_t)n;
	}
}

static void read_packet(int fd, struct packet *packet)
{
	unsigned char byte;
	unsigned shift = 0;

	packet->length = 0;
	read_all(fd, &packet->type, 1);
	do {
		read_all(fd, &byte, 1);
		packet->length |= (size_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	assert_true(packet->length <= MAX_PACKET);
	read_all(fd, packet->body, packet->length);
}

static int take_connection(struct scene *scene, struct packet *connect)
{
	wait_readable(scene->listener);
	int fd = accept4(scene->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	read_packet(fd, connect);
	assert_int_equal(connect->type, CONNECT_TYPE);
	return fd;
}

/* The protocol level behind "MQTT": 5, or 4 for 3.1.1. */
static int level(const struct packet *connect)
{
	assert_memory_equal(connect->body, "\0\4MQTT", 6);
	return connect->body[6];
}

/* Takes a connection, which must ask for this level, and sends an answer. */
static int answer(struct scene *scene, int expected_level, const char *bytes, size_t length)
{
	struct packet connect;
	int fd = take_connection(scene, &connect);

	assert_int_equal(level(&connect), expected_level);
	assert_int_equal(write(fd, bytes, length), length);
	return fd;
}

static void refuse(struct scene *scene, int expected_level, const char *bytes, size_t length)
{
	close(answer(scene, expected_level, bytes, length));
}

/* Yes, with QoS 1, to each filter: a SUBACK. */
static void grant(int fd, const struct packet *subscribe, bool is_5)
{
	unsigned char suback[2 + 3 + CONNECTION_MAX_FILTERS] = {0x90};
	size_t length = 2, at = 2;

	assert_int_equal(subscribe->type, SUBSCRIBE_TYPE);
	memcpy(suback + length, subscribe->body, 2); /* the packet's identifier */
	length += 2;
	if (is_5) { /* without properties */
		suback[length++] = 0;
		at += 1 + subscribe->body[at];
	}
	while (at < subscribe->length) {
		assert_true(length < sizeof(suback));
		suback[length++] = 1;
		at += 2 + ((size_t)subscribe->body[at] << 8 | subscribe->body[at + 1]) + 1;
	}
	suback[1] = (unsigned char)(length - 2);
	assert_int_equal(write(fd, suback, length), length);
}

/* Takes a connection and says yes to it and its subscriptions. On a slow machine the library may
 * first send a message of the connection before, which a broker does not mind. */
static int say_yes(struct scene *scene, int expected_level)
{
	bool is_5 = expected_level == 5;
	int fd = is_5 ? answer(scene, 5, "\x20\x03\0\0\0", 5) : answer(scene, 4, "\x20\x02\0\0", 4);
	static struct packet subscribe;

	do {
		read_packet(fd, &subscribe);
	} while ((subscribe.type & 0xf0) == PUBLISH_TYPE);
	grant(fd, &subscribe, is_5);
	return fd;
}

/* The same, and the node knows it. */
static int welcome(struct scene *scene, int expected_level)
{
	int fd = say_yes(scene, expected_level);

	assert_becomes(node_is_connected(&scene->node));
	return fd;
}

static void example(void **state)
{
	struct scene *scene = *state;
	struct packet connect;

	node_start(&scene->node, scene->port, ", username: me, password: secret");
	int fd = take_connection(scene, &connect);
	assert_int_equal(level(&connect), 5);
	/* User name, password, will: retained with QoS 1; clean start. */
	assert_int_equal(connect.body[7], 0x80 | 0x40 | 0x20 | 0x08 | 0x04 | 0x02);
	assert_non_null(memmem(connect.body, connect.length, "camnode-n", 9));
	assert_non_null(memmem(connect.body, connect.length, "offline", 7));
	close(fd);
	node_stop(&scene->node);
}

static void a_broker_that_refuses_mqtt_5(void **state)
{
	struct scene *scene = *state;

	node_start(&scene->node, scene->port, "");
	refuse(scene, 5, "\x20\x02\0\1", 4); /* as brokers without MQTT 5 do */
	close(welcome(scene, 4));
	assert_becomes(!node_is_connected(&scene->node));
	close(welcome(scene, 4)); /* remembered */
	node_stop(&scene->node);
}

static void a_broker_that_refuses_mqtt_5_in_its_words(void **state)
{
	struct scene *scene = *state;

	node_start(&scene->node, scene->port, "");
	refuse(scene, 5, "\x20\x03\0\x84\0", 5);
	close(welcome(scene, 4));
	node_stop(&scene->node);
}

static void a_broker_that_hangs_up(void **state)
{
	struct scene *scene = *state;

	node_start(&scene->node, scene->port, "");
	refuse(scene, 5, "", 0);
	close(welcome(scene, 4));
	assert_becomes(!node_is_connected(&scene->node));
	close(welcome(scene, 5)); /* it was a guess: MQTT 5 gets another chance */
	node_stop(&scene->node);
}

static void a_configured_version_stays(void **state)
{
	struct scene *scene = *state;

	node_start(&scene->node, scene->port, ", version: 5");
	refuse(scene, 5, "\x20\x03\0\x84\0", 5);
	refuse(scene, 5, "", 0);
	refuse(scene, 5, "\x20\x03\0\x87\0", 5);
	close(welcome(scene, 5));
	node_stop(&scene->node);
}

/* Else two nodes of one name would throw each other out every second. */
static void a_session_taken_over_is_not_fought_for(void **state)
{
	struct scene *scene = *state;
	struct pollfd pollfd = {.fd = scene->listener, .events = POLLIN};

	node_start(&scene->node, scene->port, "");
	int fd = welcome(scene, 5);
	assert_int_equal(write(fd, "\xe0\x01\x8e", 3), 3);
	close(fd);
	assert_becomes(!node_is_connected(&scene->node));
	assert_int_equal(poll(&pollfd, 1, 3000), 0); /* by far more than reconnect_max_s */
	node_stop(&scene->node);
}

/* As mosquitto 2.0 does for a second client of one name: it gives no reason. Lets the node in, and
 * throws it out once it knows that it is in: before, its answer may be lost with the connection. */
static void throw_out(struct scene *scene, struct reader *log)
{
	int fd = welcome(scene, 5);

	expect_line(log, "connected (MQTT 5)");
	close(fd);
}

static void being_thrown_out_again_and_again_is_explained(void **state)
{
	struct scene *scene = *state;
	struct logged logged;
	char expected[64];

	snprintf(expected, sizeof(expected), "broker 127.0.0.1:%d: the connection is lost",
	         scene->port);
	logged_open(&logged);
	node_start(&scene->node, scene->port, "");
	for (int i = 1; i < DIALER_MANY_SHORT; i++) {
		throw_out(scene, &logged.reader);
		expect_line(&logged.reader, expected);
	}
	throw_out(scene, &logged.reader);
	expect_line(&logged.reader, "is there another client \"camnode-n\"?");
	node_stop(&scene->node);
	logged_close(&logged);
}

/* While the node sends all that it has to tell: a message that cannot be sent hears of it first. */
static void a_loss_in_the_midst_of_messages_is_told_too(void **state)
{
	struct scene *scene = *state;
	struct logged logged;
	char topic[32];

	logged_open(&logged);
	node_start(&scene->node, scene->port, "");
	for (int i = 0; i < OUTBOX_MAX_IN_FLIGHT; i++) {
		snprintf(topic, sizeof(topic), "cam/c%d/record", i);
		post(&scene->node, topic, TOPIC_CAM_RECORD, "{}");
	}
	int fd = say_yes(scene, 5);
	int64_t deadline_us = clock_mono_us() + 10 * USEC_PER_SEC;

	while (!node_is_connected(&scene->node)) /* without a pause: it is to be in the midst */
		assert_true(clock_mono_us() < deadline_us);
	close(fd);
	expect_line(&logged.reader, ": the connection is lost");
	node_stop(&scene->node);
	logged_close(&logged);
}

static void a_broker_that_shuts_down(void **state)
{
	struct scene *scene = *state;

	node_start(&scene->node, scene->port, "");
	int fd = welcome(scene, 5);
	assert_int_equal(write(fd, "\xe0\x01\x8b", 3), 3);
	close(fd);
	assert_becomes(!node_is_connected(&scene->node));
	close(welcome(scene, 5));
	node_stop(&scene->node);
}

static void a_broker_that_never_answers_does_not_hold_up_the_end(void **state)
{
	struct scene *scene = *state;
	struct packet connect;

	node_start(&scene->node, scene->port, "");
	int fd = take_connection(scene, &connect);
	int64_t begin_us = clock_mono_us();
	node_stop(&scene->node);
	assert_true(clock_mono_us() - begin_us < 5 * USEC_PER_SEC);
	close(fd);
}

/* It welcomes, but acknowledges nothing: `offline` is in vain, and the goodbye comes all the same.
 */
static void a_broker_that_acknowledges_nothing_is_left_in_time(void **state)
{
	struct scene *scene = *state;
	static struct packet packet;

	node_start(&scene->node, scene->port, "");
	int fd = welcome(scene, 5);
	int64_t begin_us = clock_mono_us();
	node_stop(&scene->node);
	/* Of itself it waits for nothing longer than PUBLISHER_DRAIN_US. */
	assert_true(clock_mono_us() - begin_us < 10 * USEC_PER_SEC);
	do {
		read_packet(fd, &packet);
	} while (packet.type != DISCONNECT_TYPE);
	close(fd);
}

#define ODD_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ODD_TEST(example),
		ODD_TEST(a_broker_that_refuses_mqtt_5),
		ODD_TEST(a_broker_that_refuses_mqtt_5_in_its_words),
		ODD_TEST(a_broker_that_hangs_up),
		ODD_TEST(a_configured_version_stays),
		ODD_TEST(a_session_taken_over_is_not_fought_for),
		ODD_TEST(being_thrown_out_again_and_again_is_explained),
		ODD_TEST(a_loss_in_the_midst_of_messages_is_told_too),
		ODD_TEST(a_broker_that_shuts_down),
		ODD_TEST(a_broker_that_never_answers_does_not_hold_up_the_end),
		ODD_TEST(a_broker_that_acknowledges_nothing_is_left_in_time),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
