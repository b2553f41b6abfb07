/*
 * One HTTP request, from its header to the answer. Lives on libmicrohttpd's thread; a handler that
 * has to wait suspends the connection and is called again.
 */
#ifndef CAMNODE_HTTP_REQUEST_H
#define CAMNODE_HTTP_REQUEST_H

#include <microhttpd.h>

#include "base/buf.h"
#include "http/answer.h"
#include "http/method.h"
#include "http/server.h"

#define REQUEST_PATH_SIZE 512
#define REQUEST_MAX_BODY (64 * 1024)              /* received; more ends the connection */
#define REQUEST_TIMEOUT_US (5 * INT64_C(1000000)) /* for an answer by another thread */

struct route;

struct request {
	struct server *server;
	struct conn *conn;
	struct MHD_Connection *connection;
	enum method method;
	const struct route *route;
	struct server_camera *camera; /* of the path, or NULL */
	char path[REQUEST_PATH_SIZE];
	const char *rest;     /* what the path ends in, where the route says so; in `path` */
	struct buf body;      /* kept up to COMMAND_MAX_PAYLOAD + 1 bytes */
	size_t body_received; /* bytes */
	bool granted;         /* access was granted, for `role` */
	enum config_role role;
	struct answer *answer; /* awaited, or NULL */
	int64_t give_up_us;
	struct parked parked;
	bool responded;                  /* a response was queued */
	bool suspended;                  /* by the last call of the handler */
	void *state;                     /* the handler's own between its calls */
	void (*free_state)(void *state); /* at the end of the request, if not NULL */
};

struct request *request_new(struct server *server, struct MHD_Connection *connection,
                            struct conn *conn);
void request_free(struct request *request); /* takes NULL */

/* The answer to wait for, made at the first call, with the time limit; NULL: no memory. Who will
 * answer needs a reference of its own. */
struct answer *request_ask(struct request *request);

/* True: suspended, return and be called again. False: the result is there, or NULL after the time
 * limit. */
bool request_awaits(struct request *request, const struct answer_result **ret_result);
void request_forget_answer(struct request *request);

/* A header or query argument; NULL when absent. */
const char *request_header(const struct request *request, const char *name);
const char *request_query(const struct request *request, const char *name);

#endif
