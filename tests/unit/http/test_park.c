#include "http/park.h"

#include "base/clock.h"
#include "base/thread.h"
#include "http/listener.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"

/* A server that sends a dot to each client for every piece of news, and a comma when it was resumed
 * without any. */
struct rig {
	struct park *park;
	struct park_group group;
	struct MHD_Daemon *daemon;
	int port;
	int64_t wait_us;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int news;   /* guarded by mutex */
	int parked; /* how often something was parked; guarded by mutex */
	int ticks;  /* guarded by mutex */
};

struct client {
	struct rig *rig;
	struct MHD_Connection *connection;
	struct parked parked;
	int told; /* news */
	bool waited;
};

static void increase(struct rig *rig, int *counter)
{
	pthread_mutex_lock(&rig->mutex);
	++*counter;
	pthread_cond_broadcast(&rig->changed);
	pthread_mutex_unlock(&rig->mutex);
}

static int value(struct rig *rig, const int *counter)
{
	int count;

	pthread_mutex_lock(&rig->mutex);
	count = *counter;
	pthread_mutex_unlock(&rig->mutex);
	return count;
}

static void wait_for(struct rig *rig, const int *counter, int count)
{
	int64_t deadline_us = clock_mono_us() + 20 * USEC_PER_SEC;

	pthread_mutex_lock(&rig->mutex);
	while (*counter < count)
		assert_int_equal(cond_wait_until(&rig->changed, &rig->mutex, deadline_us), 0);
	pthread_mutex_unlock(&rig->mutex);
}

static void tick(void *user)
{
	struct rig *rig = user;

	increase(rig, &rig->ticks);
}

static void tell(struct rig *rig)
{
	increase(rig, &rig->news);
	park_wake(rig->park, &rig->group);
}

static ssize_t read_news(void *user, uint64_t position, char *ret_data, size_t size)
{
	struct client *client = user;
	struct rig *rig = client->rig;

	for (;;) {
		uint64_t generation = park_generation(rig->park, &rig->group);
		bool news = client->told < value(rig, &rig->news);

		if (park_is_closed(rig->park))
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (news || client->waited) {
			client->told += news;
			client->waited = false;
			*ret_data = news ? '.' : ',';
			return 1;
		}
		client->waited =
			park_suspend(rig->park, &client->parked, client->connection, &rig->group,
		                     generation, clock_mono_us() + rig->wait_us);
		if (client->waited) {
			increase(rig, &rig->parked);
			return 0;
		}
	}
}

static enum MHD_Result answer(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
	struct client *client = calloc(1, sizeof(*client));
	struct MHD_Response *response;
	enum MHD_Result result;

	client->rig = user;
	client->connection = connection;
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 64, read_news, client, free);
	MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	int fd = listener_open("127.0.0.1", 0);

	assert_true(fd >= 0);
	rig->port = client_port_of(fd);
	rig->wait_us = 60 * USEC_PER_SEC;
	pthread_mutex_init(&rig->mutex, NULL);
	cond_init(&rig->changed);
	rig->park = park_new(tick, rig);
	rig->daemon =
		MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
	                         NULL, answer, rig, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_END);
	assert_non_null(rig->park);
	assert_non_null(rig->daemon);
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	park_close(rig->park);
	MHD_stop_daemon(rig->daemon);
	park_free(rig->park);
	pthread_cond_destroy(&rig->changed);
	pthread_mutex_destroy(&rig->mutex);
	free(rig);
	return 0;
}

static void who_waits_is_woken(void **state)
{
	struct rig *rig = *state;
	int fd = client_connect(rig->port);

	client_skip_header(fd);
	wait_for(rig, &rig->parked, 1);
	tell(rig);
	assert_int_equal(client_read_byte(fd), '.');
	close(fd);
}

static void all_who_wait_for_a_group_are_woken(void **state)
{
	struct rig *rig = *state;
	int fds[20];

	for (int i = 0; i < 20; i++) {
		fds[i] = client_connect(rig->port);
		client_skip_header(fds[i]);
	}
	wait_for(rig, &rig->parked, 20);
	tell(rig);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(client_read_byte(fds[i]), '.');
		close(fds[i]);
	}
}

static void other_groups_stay_asleep(void **state)
{
	struct rig *rig = *state;
	struct park_group other = {0};
	int fd = client_connect(rig->port);
	int ticks;
	char dot;

	client_skip_header(fd);
	wait_for(rig, &rig->parked, 1);
	park_wake(rig->park, &other);
	ticks = value(rig, &rig->ticks);
	wait_for(rig, &rig->ticks, ticks + 2);
	assert_int_equal(recv(fd, &dot, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close(fd);
}

static void who_is_due_is_resumed(void **state)
{
	struct rig *rig = *state;
	int fd;

	rig->wait_us = 1000;
	fd = client_connect(rig->port);
	client_skip_header(fd);
	for (int i = 0; i < 3; i++)
		assert_int_equal(client_read_byte(fd), ',');
	close(fd);
}

static void a_wake_up_before_the_wait_is_not_lost(void **state)
{
	struct rig *rig = *state;
	struct parked parked = {0};
	uint64_t generation = park_generation(rig->park, &rig->group);

	park_wake(rig->park, &rig->group);
	/* Refused without touching the connection. */
	assert_false(park_suspend(rig->park, &parked, NULL, &rig->group, generation, INT64_MAX));
	assert_false(park_is_closed(rig->park));
}

static void no_news_is_lost_whenever_it_comes(void **state)
{
	struct rig *rig = *state;
	int fd = client_connect(rig->port);

	client_skip_header(fd);
	for (int i = 0; i < 2000; i++) {
		tell(rig);
		assert_int_equal(client_read_byte(fd), '.');
	}
	close(fd);
}

static void closing_resumes_everybody(void **state)
{
	struct rig *rig = *state;
	int fds[5];
	char byte;

	for (int i = 0; i < 5; i++) {
		fds[i] = client_connect(rig->port);
		client_skip_header(fds[i]);
	}
	wait_for(rig, &rig->parked, 5);
	tear_down(state);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(read(fds[i], &byte, 1), 0);
		close(fds[i]);
	}
	set_up(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
		TEST(who_waits_is_woken),
		TEST(all_who_wait_for_a_group_are_woken),
		TEST(other_groups_stay_asleep),
		TEST(who_is_due_is_resumed),
		TEST(a_wake_up_before_the_wait_is_not_lost),
		TEST(no_news_is_lost_whenever_it_comes),
		TEST(closing_resumes_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
