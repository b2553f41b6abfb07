/*
 * The HTTP server: live MJPEG, snapshots, the API (same contract as MQTT), recordings, metrics.
 * libmicrohttpd with one epoll thread and suspended connections; files and password checks on a
 * worker.
 */
#ifndef CAMNODE_HTTP_HTTP_H
#define CAMNODE_HTTP_HTTP_H

#include "control/control.h"

struct http;

/* Binds and starts: 0, or -errno (logged: which address, why). -EADDRINUSE is retried by http
 * itself every few seconds; then 0 is returned and the server is up once the port is free. */
int http_start(struct control *control, struct http **ret_http);

/* Ends every stream and joins the threads. Takes NULL. */
void http_stop(struct http *http);

#endif
