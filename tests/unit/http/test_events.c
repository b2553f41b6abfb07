#include "http/events.h"

#include "base/clock.h"
#include "http/listener.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"

/* A server that answers each request with the board's events. */
struct rig {
	struct board *board;
	struct park *park;
	struct events *events;
	struct MHD_Daemon *daemon;
	int port;
};

static void tick(void *user)
{
}

static enum MHD_Result answer(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
	struct rig *rig = user;
	struct MHD_Response *response = events_response(rig->events, connection);
	enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);

	MHD_destroy_response(response);
	return result;
}

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	int fd = listener_open("127.0.0.1", 0);

	assert_true(fd >= 0);
	rig->port = client_port_of(fd);
	rig->board = board_new();
	rig->park = park_new(tick, rig);
	rig->events = events_new(rig->board, rig->park);
	rig->daemon =
		MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
	                         NULL, answer, rig, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_END);
	assert_non_null(rig->events);
	assert_non_null(rig->daemon);
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	park_close(rig->park);
	MHD_stop_daemon(rig->daemon);
	events_free(rig->events);
	park_free(rig->park);
	board_free(rig->board);
	free(rig);
	return 0;
}

static void post(struct rig *rig, const char *topic, enum topic_kind kind, const char *payload)
{
	board_post(rig->board, message_new(topic, kind, payload, strlen(payload)));
}

/* A stream behind its header and opening. */
static int listen_to(const struct rig *rig)
{
	int fd = client_connect(rig->port);
	char line[256];

	client_skip_header(fd);
	client_read_line(fd, line, sizeof(line));
	assert_string_equal(line, "retry: 2000");
	client_read_line(fd, line, sizeof(line));
	return fd;
}

static void expect_event(int fd, const char *id, const char *data)
{
	char line[256];

	client_read_line(fd, line, sizeof(line));
	assert_string_equal(line, id);
	client_read_line(fd, line, sizeof(line));
	assert_string_equal(line, data);
	client_read_line(fd, line, sizeof(line));
	assert_string_equal(line, "");
}

static void the_state_comes_first_then_each_change(void **state)
{
	struct rig *rig = *state;
	int fd;

	post(rig, "camnode/a/status", TOPIC_STATUS, "online");
	post(rig, "camnode/a/cam/c/record", TOPIC_CAM_RECORD, "{\"state\":\"OFF\"}");
	fd = listen_to(rig);
	expect_event(fd, "id: 0", "data: {\"topic\":\"camnode/a/status\",\"payload\":\"online\"}");
	expect_event(
		fd, "id: 1",
		"data: {\"topic\":\"camnode/a/cam/c/record\",\"payload\":{\"state\":\"OFF\"}}");
	post(rig, "camnode/a/cam/c/record", TOPIC_CAM_RECORD, "{\"state\":\"ON\"}");
	expect_event(fd, "id: 2",
	             "data: {\"topic\":\"camnode/a/cam/c/record\",\"payload\":{\"state\":\"ON\"}}");
	close(fd);
}

static void pictures_are_left_out(void **state)
{
	struct rig *rig = *state;
	int fd;

	post(rig, "camnode/a/cam/c/snapshot", TOPIC_CAM_SNAPSHOT, "JPEG");
	fd = listen_to(rig);
	post(rig, "camnode/a/cam/c/snapshot", TOPIC_CAM_SNAPSHOT, "JPEG");
	post(rig, "camnode/a/status", TOPIC_STATUS, "online");
	expect_event(fd, "id: 0", "data: {\"topic\":\"camnode/a/status\",\"payload\":\"online\"}");
	close(fd);
}

static void silence_is_broken_by_a_sign_of_life(void **state)
{
	struct rig *rig = *state;
	int64_t begun_us = clock_mono_us();
	int fd = listen_to(rig);
	char line[256];

	client_read_line(fd, line, sizeof(line));
	assert_string_equal(line, ":");
	assert_true(clock_mono_us() - begun_us >= EVENTS_KEEP_ALIVE_US);
	close(fd);
}

/* Reads to the end of the stream: true if it ended. */
static bool runs_dry(int fd)
{
	static char data[65536];
	ssize_t n;

	while ((n = read(fd, data, sizeof(data))) > 0)
		;
	return n == 0 || errno == ECONNRESET;
}

#define LONG_PAYLOAD (64 * 1024)
#define MANY 800 /* more than the network's buffers hold, and then more than the queue */

/* Reads the event with that id and a long payload. */
static void read_long_event(int fd, int id)
{
	static char event[LONG_PAYLOAD + 256];
	size_t length = (size_t)snprintf(event, sizeof(event),
	                                 "id: %d\ndata: {\"topic\":\"camnode/a/status\","
	                                 "\"payload\":\"\"}\n\n",
	                                 id) +
	                LONG_PAYLOAD;

	assert_int_equal(recv(fd, event, length, MSG_WAITALL), length);
	assert_memory_equal(event + length - 2, "\n\n", 2);
}

static void who_is_too_slow_is_cut_off_and_others_go_on(void **state)
{
	struct rig *rig = *state;
	int slow = listen_to(rig), quick = listen_to(rig);
	static char payload[LONG_PAYLOAD + 1];

	memset(payload, 'x', LONG_PAYLOAD);
	for (int i = 0; i < MANY; i++) {
		post(rig, "camnode/a/status", TOPIC_STATUS, payload);
		read_long_event(quick, i);
	}
	assert_true(runs_dry(slow));
	post(rig, "camnode/a/status", TOPIC_STATUS, payload);
	read_long_event(quick, MANY);
	close(slow);
	close(quick);
}

static unsigned connections(const struct rig *rig)
{
	return MHD_get_daemon_info(rig->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
	        ->num_connections;
}

static void who_never_reads_is_cut_off(void **state)
{
	struct rig *rig = *state;
	int64_t deadline_us = clock_mono_us() + CLIENT_LIMIT_S * USEC_PER_SEC;
	int deaf = listen_to(rig);
	static char payload[LONG_PAYLOAD + 1];

	memset(payload, 'x', LONG_PAYLOAD);
	for (int i = 0; i < 2 * MANY; i++)
		post(rig, "camnode/a/status", TOPIC_STATUS, payload);
	while (connections(rig) > 0 && clock_mono_us() < deadline_us)
		poll(NULL, 0, 10);
	assert_int_equal(connections(rig), 0);
	close(deaf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
		TEST(the_state_comes_first_then_each_change),      TEST(pictures_are_left_out),
		TEST(silence_is_broken_by_a_sign_of_life),         TEST(who_never_reads_is_cut_off),
		TEST(who_is_too_slow_is_cut_off_and_others_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
