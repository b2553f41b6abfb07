/*
 * The probe of the server's thread, which is libmicrohttpd's: it is handed a connection that is
 * closed already, and beats by noticing it. No port, address or request is involved.
 */
#ifndef CAMNODE_HTTP_PROBE_H
#define CAMNODE_HTTP_PROBE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <sys/socket.h>

/* Any thread, while the daemon runs. -errno: it could not be sent, which says nothing. */
int probe_send(struct MHD_Daemon *daemon);

/* Whether the new connection is a probe, and no client's. */
bool probe_is(const struct sockaddr *peer);

#endif
