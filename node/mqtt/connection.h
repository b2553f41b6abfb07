/*
 * A connection to the broker: a client of the Paho library whose own reconnecting stays off. One
 * thread calls these functions; nothing blocks except connection_free() and, while the library
 * looks up a host name, connection_renew(). What comes of a call arrives as an event.
 *
 * Threads: `event` and `arrived` are called on Paho's threads, under its lock: they only copy and
 * enqueue, and call nothing of this header.
 */
#ifndef CAMNODE_MQTT_CONNECTION_H
#define CAMNODE_MQTT_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "mqtt/arrival.h"
#include "proto/message.h"

#define CONNECTION_MAX_FILTERS 16
#define CONNECTION_TEXT_SIZE 160
#define CONNECTION_CONNECT_TIMEOUT_S 10

enum connection_event_kind {
	CONNECTION_UP,
	CONNECTION_FAILED, /* to come up */
	CONNECTION_SUBSCRIBED,
	CONNECTION_ANSWERED, /* a message with QoS 1 was taken or refused */
	CONNECTION_LOST,
	CONNECTION_CLOSED, /* by connection_close() */
	CONNECTION_BIRTH,  /* Home Assistant has started: no event of a connection, but it comes the
	                      same way */
};

struct connection_event {
	enum connection_event_kind kind;
	int reason;              /* the broker's, see reason.h; 0: none, or success */
	bool hung_up;            /* FAILED: the broker was reached and hung up without an answer */
	size_t max_packet_bytes; /* UP: the broker's limit, 0: unknown */
	int keep_alive_s;        /* UP: what the broker asks for, 0: nothing */
	int token;               /* ANSWERED */
	unsigned char granted[CONNECTION_MAX_FILTERS]; /* SUBSCRIBED: QoS or reason, by filter */
	char text[CONNECTION_TEXT_SIZE];               /* FAILED: in words, without a reason */
};

struct connection_options {
	const struct config_mqtt *config; /* this and the strings are borrowed */
	const char *client_id;
	const char *status_topic; /* of the last will, `offline`; NULL: no will */
	void (*event)(void *user, const struct connection_event *event);
	void (*arrived)(void *user, const struct arrival *arrival);
	void *user;
};

struct connection;

struct connection *connection_new(const struct connection_options *options);

/* Hangs up and waits for the library's threads, up to some seconds. Takes NULL. */
void connection_free(struct connection *connection);

/* Begins to connect by MQTT 5 (5) or 3.1.1 (3); UP or FAILED follows. 0 or -errno. */
int connection_open(struct connection *connection, int version, int keep_alive_s);

/* SUBSCRIBED follows. From 2 to CONNECTION_MAX_FILTERS. 0 or -errno. */
int connection_subscribe(struct connection *connection, const char *const filters[], size_t count);

/* Copies the message; ANSWERED with the token follows for QoS 1. 0 or -errno. */
int connection_publish(struct connection *connection, const struct message *message,
                       int *ret_token);

/* Says goodbye; CLOSED follows. -ENOTCONN: nothing will. */
int connection_close(struct connection *connection);

/* Drops a client of the library that does not answer; events may still come until it returns. 0 or
 * -errno. */
int connection_renew(struct connection *connection);

#endif
