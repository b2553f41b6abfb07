/*
 * The open connections and their limits: how many in all and from one address, how long a request
 * header may take, and how slowly a peer may take what waits for it. libmicrohttpd's own time-out
 * takes any byte for life, so none of these can be left to it.
 *
 * Threads: opened, closed and changed on libmicrohttpd's thread; conns_tick() on the park's.
 */
#ifndef CAMNODE_HTTP_CONNS_H
#define CAMNODE_HTTP_CONNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "http/address.h"

#define CONNS_RATE_WINDOW_US (10 * INT64_C(1000000))

struct conns;
struct conn;

struct conns *conns_new(const struct config_http *config);
void conns_free(struct conns *conns); /* all closed; takes NULL */

/* A connection was accepted. Over a limit it is still taken, to be told so within a second:
 * conn_is_refused(). NULL: no memory. */
struct conn *conns_open(struct conns *conns, int fd, const struct sockaddr *peer);
void conns_close(struct conns *conns, struct conn *conn); /* before its fd is closed; takes NULL */

const struct address *conn_address(const struct conn *conn);
bool conn_is_refused(const struct conn *conn);

/* A whole request is there; it was answered, and the time for the next one begins. */
void conns_begin_request(struct conns *conns, struct conn *conn);
void conns_end_request(struct conns *conns, struct conn *conn);

/* Shuts down those that are past their deadline or too slow; libmicrohttpd then closes them. */
void conns_tick(struct conns *conns);

struct conns_stats {
	size_t open;
	uint64_t accepted, refused, late, slow; /* since start */
};
void conns_stats(struct conns *conns, struct conns_stats *ret_stats);

/*
 * The rate rule by itself: `unsent` and `acked` are the kernel's counts of bytes that wait and that
 * the peer has taken. True once less than `min_kbps` (kB/s) was taken over a whole window in which
 * data always waited.
 */
struct conn_rate {
	int64_t since_us; /* 0: the window has not begun */
	uint64_t acked;
};
bool conn_rate_too_slow(struct conn_rate *rate, uint64_t acked, uint64_t unsent, int64_t now_us,
                        int min_kbps);

#endif
