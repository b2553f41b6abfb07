#include "http/conns.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>

#define RATE_CHECK_US USEC_PER_SEC
/* To be told that it is refused: the place is one of the few beyond the limit. */
#define REFUSED_TIMEOUT_US USEC_PER_SEC

struct conn {
	struct conn *next, *previous; /* guarded by the mutex of conns */
	struct address address;
	int fd;                /* -1: shut down already; guarded as above */
	int64_t deadline_us;   /* for a whole request; INT64_MAX: it is there; guarded as above */
	bool refused;          /* set once */
	struct conn_rate rate; /* of the thread that ticks */
};

struct conns {
	pthread_mutex_t mutex;
	struct conn open;         /* ring with this as its head; guarded by mutex */
	struct conns_stats stats; /* guarded by mutex */
	size_t admitted;          /* of the open ones, not refused; guarded by mutex */
	int64_t next_rate_check_us;
	size_t max, max_per_address;
	int64_t header_timeout_us;
	int min_send_kbps;
};

struct conns *conns_new(const struct config_http *config)
{
	struct conns *conns = calloc(1, sizeof(*conns));

	if (!conns)
		return NULL;
	pthread_mutex_init(&conns->mutex, NULL);
	conns->open.next = conns->open.previous = &conns->open;
	conns->max = (size_t)config->max_connections;
	conns->max_per_address = (size_t)config->max_connections_per_address;
	conns->header_timeout_us = config->header_timeout_s * USEC_PER_SEC;
	conns->min_send_kbps = config->min_send_kbps;
	return conns;
}

void conns_free(struct conns *conns)
{
	if (!conns)
		return;
	pthread_mutex_destroy(&conns->mutex);
	free(conns);
}

static size_t count_of_address(const struct conns *conns, const struct address *address)
{
	size_t count = 0;

	for (const struct conn *conn = conns->open.next; conn != &conns->open; conn = conn->next)
		count += !conn->refused && address_equal(&conn->address, address);
	return count;
}

/* For a whole request. */
static int64_t timeout_us(const struct conns *conns, const struct conn *conn)
{
	if (conn->refused && conns->header_timeout_us > REFUSED_TIMEOUT_US)
		return REFUSED_TIMEOUT_US;
	return conns->header_timeout_us;
}

static void enter_locked(struct conns *conns, struct conn *conn)
{
	conn->refused = conns->admitted >= conns->max ||
	                count_of_address(conns, &conn->address) >= conns->max_per_address;
	conn->deadline_us = clock_mono_us() + timeout_us(conns, conn);
	conn->next = &conns->open;
	conn->previous = conns->open.previous;
	conns->open.previous->next = conn;
	conns->open.previous = conn;
	conns->admitted += !conn->refused;
	conns->stats.open++;
	conns->stats.accepted++;
	conns->stats.refused += conn->refused;
}

struct conn *conns_open(struct conns *conns, int fd, const struct sockaddr *peer)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->fd = fd;
	conn->address = address_of(peer);
	pthread_mutex_lock(&conns->mutex);
	enter_locked(conns, conn);
	pthread_mutex_unlock(&conns->mutex);
	return conn;
}

void conns_close(struct conns *conns, struct conn *conn)
{
	if (!conn)
		return;
	pthread_mutex_lock(&conns->mutex);
	conn->previous->next = conn->next;
	conn->next->previous = conn->previous;
	conns->admitted -= !conn->refused;
	conns->stats.open--;
	pthread_mutex_unlock(&conns->mutex);
	free(conn);
}

const struct address *conn_address(const struct conn *conn)
{
	return &conn->address;
}

bool conn_is_refused(const struct conn *conn)
{
	return conn->refused;
}

static void set_deadline(struct conns *conns, struct conn *conn, int64_t deadline_us)
{
	pthread_mutex_lock(&conns->mutex);
	conn->deadline_us = deadline_us;
	pthread_mutex_unlock(&conns->mutex);
}

void conns_begin_request(struct conns *conns, struct conn *conn)
{
	set_deadline(conns, conn, INT64_MAX);
}

void conns_end_request(struct conns *conns, struct conn *conn)
{
	set_deadline(conns, conn, clock_mono_us() + timeout_us(conns, conn));
}

bool conn_rate_too_slow(struct conn_rate *rate, uint64_t acked, uint64_t unsent, int64_t now_us,
                        int min_kbps)
{
	uint64_t least = (uint64_t)min_kbps * 1000 * (CONNS_RATE_WINDOW_US / USEC_PER_SEC);

	if (rate->since_us != 0 && unsent > 0) {
		if (now_us - rate->since_us < CONNS_RATE_WINDOW_US)
			return false;
		if (acked - rate->acked < least)
			return true;
	}
	*rate = (struct conn_rate){now_us, acked};
	return false;
}

static bool is_too_slow(const struct conns *conns, struct conn *conn, int64_t now_us)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);

	if (getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
		return false;
	return conn_rate_too_slow(&conn->rate, info.tcpi_bytes_acked, info.tcpi_notsent_bytes,
	                          now_us, conns->min_send_kbps);
}

static void shut_down(struct conn *conn, uint64_t *counter)
{
	++*counter;
	shutdown(conn->fd, SHUT_RDWR);
	conn->deadline_us = INT64_MAX;
	conn->fd = -1; /* once is enough */
}

void conns_tick(struct conns *conns)
{
	int64_t now_us = clock_mono_us();
	bool check_rates = conns->min_send_kbps > 0 && now_us >= conns->next_rate_check_us;

	if (check_rates)
		conns->next_rate_check_us = now_us + RATE_CHECK_US;
	/* Two quick system calls a connection under the lock: it keeps the descriptor from being
	 * closed and given to somebody else meanwhile. */
	pthread_mutex_lock(&conns->mutex);
	for (struct conn *conn = conns->open.next; conn != &conns->open; conn = conn->next) {
		if (now_us >= conn->deadline_us)
			shut_down(conn, &conns->stats.late);
		else if (check_rates && is_too_slow(conns, conn, now_us))
			shut_down(conn, &conns->stats.slow);
	}
	pthread_mutex_unlock(&conns->mutex);
}

void conns_stats(struct conns *conns, struct conns_stats *ret_stats)
{
	pthread_mutex_lock(&conns->mutex);
	*ret_stats = conns->stats;
	pthread_mutex_unlock(&conns->mutex);
}
