#include "http/conns.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND USEC_PER_SEC

static const struct config_http config = {
	.max_connections = 5,
	.max_connections_per_address = 3,
	.header_timeout_s = 0, /* every deadline is past at once */
	.min_send_kbps = 0,
};

static struct sockaddr_storage peer_of(const char *text)
{
	struct sockaddr_storage storage = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&storage;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&storage;

	in->sin_family = AF_INET;
	if (inet_pton(AF_INET, text, &in->sin_addr) != 1) {
		in6->sin6_family = AF_INET6;
		assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
	}
	return storage;
}

static struct conn *open_conn(struct conns *conns, int fd, const char *address)
{
	struct sockaddr_storage peer = peer_of(address);
	struct conn *conn = conns_open(conns, fd, (const struct sockaddr *)&peer);

	assert_non_null(conn);
	return conn;
}

static void one_address_may_have_so_many_and_all_together_so_many(void **state)
{
	static const struct {
		const char *address;
		bool refused;
	} cases[] = {
		{"10.0.0.1", false}, {"10.0.0.1", false}, {"::ffff:10.0.0.1", false},
		{"10.0.0.1", true},  {"10.0.0.2", false}, {"10.0.0.3", false},
		{"10.0.0.4", true},
	};
	struct conns *conns = conns_new(&config);
	struct conn *open[7];
	struct conns_stats stats;

	for (int i = 0; i < 7; i++) {
		open[i] = open_conn(conns, -1, cases[i].address);
		assert_int_equal(conn_is_refused(open[i]), cases[i].refused);
	}
	conns_stats(conns, &stats);
	assert_int_equal(stats.open, 7);
	assert_int_equal(stats.refused, 2);
	for (int i = 0; i < 7; i++)
		conns_close(conns, open[i]);
	open[0] = open_conn(conns, -1, "10.0.0.1");
	assert_false(conn_is_refused(open[0]));
	conns_close(conns, open[0]);
	conns_free(conns);
}

static void a_subscribers_network_counts_as_one_address(void **state)
{
	struct sockaddr_storage a = peer_of("2001:db8:1:2::1"), b = peer_of("2001:db8:1:2:ffff::9");
	struct sockaddr_storage c = peer_of("2001:db8:1:3::1"), v4 = peer_of("10.0.0.1");
	struct address address = address_of((const struct sockaddr *)&a);
	struct address same = address_of((const struct sockaddr *)&b);
	struct address other = address_of((const struct sockaddr *)&c);
	struct address v4_address = address_of((const struct sockaddr *)&v4);

	assert_true(address_equal(&address, &same));
	assert_false(address_equal(&address, &other));
	assert_false(address_equal(&address, &v4_address));
}

static void addresses_are_written_for_people(void **state)
{
	static const struct {
		const char *peer, *text;
	} cases[] = {{"10.0.0.1", "10.0.0.1"},
	             {"::ffff:10.0.0.1", "10.0.0.1"},
	             {"2001:db8:1:2::1", "2001:db8:1:2::/64"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sockaddr_storage peer = peer_of(cases[i].peer);
		struct address address = address_of((const struct sockaddr *)&peer);
		char text[ADDRESS_TEXT_SIZE];

		address_format(&address, text);
		assert_string_equal(text, cases[i].text);
	}
}

static bool is_shut_down(int fd)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLRDHUP};

	return poll(&pollfd, 1, 0) == 1 && pollfd.revents & POLLRDHUP;
}

static void without_a_whole_request_in_time_it_is_shut_down(void **state)
{
	struct conns *conns = conns_new(&config);
	struct conns_stats stats;
	struct conn *late, *in_time;
	int a[2], b[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	late = open_conn(conns, a[0], "10.0.0.1");
	in_time = open_conn(conns, b[0], "10.0.0.1");
	conns_begin_request(conns, in_time);
	conns_tick(conns);
	conns_tick(conns);
	assert_true(is_shut_down(a[1]));
	assert_false(is_shut_down(b[1]));
	conns_end_request(conns, in_time);
	conns_tick(conns);
	assert_true(is_shut_down(b[1]));
	conns_stats(conns, &stats);
	assert_int_equal(stats.late, 2);
	conns_close(conns, late);
	conns_close(conns, in_time);
	conns_free(conns);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

static const struct config_http patient = {
	.max_connections = 5,
	.max_connections_per_address = 1,
	.header_timeout_s = 60,
};

/* Ticks until the peer sees the end: how long that took. */
static int64_t time_to_shut_down_us(struct conns *conns, int peer_fd, int64_t begun_us)
{
	struct pollfd pollfd = {.fd = peer_fd, .events = POLLRDHUP};

	while (poll(&pollfd, 1, 10) == 0 && clock_mono_us() - begun_us < 30 * SECOND)
		conns_tick(conns);
	return clock_mono_us() - begun_us;
}

static void who_is_refused_has_no_time_to_waste(void **state)
{
	struct conns *conns = conns_new(&patient);
	struct conn *idle, *refused;
	int a[2], b[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	idle = open_conn(conns, a[0], "10.0.0.1");
	int64_t begun_us = clock_mono_us();
	refused = open_conn(conns, b[0], "10.0.0.1");
	assert_true(conn_is_refused(refused));
	assert_in_range(time_to_shut_down_us(conns, b[1], begun_us), SECOND, 20 * SECOND);
	assert_false(is_shut_down(a[1]));
	conns_close(conns, idle);
	conns_close(conns, refused);
	conns_free(conns);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

#define MIN_KBPS 16
#define LEAST (MIN_KBPS * 1000 * 10) /* bytes in a window */

static void too_little_over_a_window_is_too_slow(void **state)
{
	struct conn_rate rate = {0};

	assert_false(conn_rate_too_slow(&rate, 0, 100, 1, MIN_KBPS));
	for (int i = 1; i < 10; i++)
		assert_false(conn_rate_too_slow(&rate, 0, 100, 1 + i * SECOND, MIN_KBPS));
	assert_true(conn_rate_too_slow(&rate, LEAST - 1, 100, 1 + 10 * SECOND, MIN_KBPS));
}

static void just_enough_begins_a_new_window(void **state)
{
	struct conn_rate rate = {0};

	assert_false(conn_rate_too_slow(&rate, 0, 100, 1, MIN_KBPS));
	assert_false(conn_rate_too_slow(&rate, LEAST, 100, 1 + 10 * SECOND, MIN_KBPS));
	assert_false(conn_rate_too_slow(&rate, LEAST, 100, 1 + 19 * SECOND, MIN_KBPS));
	assert_true(conn_rate_too_slow(&rate, LEAST, 100, 1 + 20 * SECOND, MIN_KBPS));
}

static void who_has_nothing_to_take_is_not_slow(void **state)
{
	struct conn_rate rate = {0};

	assert_false(conn_rate_too_slow(&rate, 0, 100, 1, MIN_KBPS));
	assert_false(conn_rate_too_slow(&rate, 0, 0, 1 + 9 * SECOND, MIN_KBPS));
	assert_false(conn_rate_too_slow(&rate, 0, 100, 1 + 18 * SECOND, MIN_KBPS));
	assert_true(conn_rate_too_slow(&rate, 0, 100, 1 + 19 * SECOND, MIN_KBPS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_address_may_have_so_many_and_all_together_so_many),
		cmocka_unit_test(a_subscribers_network_counts_as_one_address),
		cmocka_unit_test(addresses_are_written_for_people),
		cmocka_unit_test(without_a_whole_request_in_time_it_is_shut_down),
		cmocka_unit_test(who_is_refused_has_no_time_to_waste),
		cmocka_unit_test(too_little_over_a_window_is_too_slow),
		cmocka_unit_test(just_enough_begins_a_new_window),
		cmocka_unit_test(who_has_nothing_to_take_is_not_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
