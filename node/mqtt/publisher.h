/*
 * The publisher: keeps the connection up and sends what is posted. It connects, subscribes to the
 * command topics, publishes the whole board, then each post; when the connection breaks it waits
 * and begins again.
 *
 * Threads: one runs it, and alone calls the MQTT library; it takes connection events and posts from
 * queues.
 */
#ifndef CAMNODE_MQTT_PUBLISHER_H
#define CAMNODE_MQTT_PUBLISHER_H

#include <stdatomic.h>

#include "base/queue.h"
#include "control/control.h"
#include "mqtt/connection.h"

#define PUBLISHER_DRAIN_US (2 * INT64_C(1000000)) /* for what is queued when it stops */

struct publisher_options { /* all borrowed */
	struct control *control;
	struct connection *connection;
	const char *client_id;
	struct queue *posts;     /* of struct message; closed: publish what is queued and end */
	struct queue *events;    /* of struct connection_event */
	atomic_bool *overflowed; /* `posts` has been full: publish the board again */
};

struct publisher;

struct publisher *publisher_new(const struct publisher_options *options); /* NULL: no memory */
void publisher_free(struct publisher *publisher);                         /* takes NULL */

/* Returns when `posts` is closed, after PUBLISHER_DRAIN_US and some at most. */
void publisher_run(struct publisher *publisher);

#endif
