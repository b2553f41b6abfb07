/*
 * The other end of a connection.
 */
#ifndef CAMNODE_HTTP_PEER_H
#define CAMNODE_HTTP_PEER_H

#include <microhttpd.h>
#include <stdbool.h>

int peer_fd(struct MHD_Connection *connection);

/* True when the peer has closed. libmicrohttpd with epoll does not look while it only sends, so who
 * waits for data asks now and then. */
bool peer_has_left(int fd);

#endif
