/*
 * What waits to be published, and what the broker has not acknowledged yet. State (every topic but
 * events and replies) is kept once per topic, newest wins; events and replies are a bounded queue.
 * While offline only events are kept: state is published afresh from the board. One thread.
 */
#ifndef CAMNODE_MQTT_OUTBOX_H
#define CAMNODE_MQTT_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/message.h"

#define OUTBOX_MAX_TOPICS 256        /* that have a message waiting */
#define OUTBOX_MAX_EVENTS 256        /* events and replies; the oldest reply goes first */
#define OUTBOX_MAX_OFFLINE_EVENTS 64 /* the same while offline */
#define OUTBOX_MAX_IN_FLIGHT 16      /* handed to the library and not acknowledged */

struct outbox;

struct outbox *outbox_new(void); /* offline; NULL: out of memory */
void outbox_free(struct outbox *outbox);

/* Takes a reference of its own, unless this very message is in flight already. */
void outbox_put(struct outbox *outbox, struct message *message);

/*
 * The next message to send, which is in flight now (borrowed until it is settled); NULL when there
 * is none or too much is in flight. Only one picture a camera is in flight, and what describes a
 * picture comes after it.
 */
const struct message *outbox_take(struct outbox *outbox);

/* What became of a message from outbox_take(): sent under this token, or done with. */
void outbox_sent(struct outbox *outbox, const struct message *message, int token, int64_t now_us);
void outbox_settle(struct outbox *outbox, const struct message *message);

/* The broker has answered: the message (borrowed until it is settled), or NULL if unknown. */
const struct message *outbox_find(const struct outbox *outbox, int token);

/* When the oldest message in flight was sent, INT64_MAX if there is none; bytes in flight. */
int64_t outbox_oldest_us(const struct outbox *outbox, size_t *ret_bytes);

void outbox_go_online(struct outbox *outbox);

/* Forgets all but events; those that were in flight will be sent again. */
void outbox_go_offline(struct outbox *outbox);

bool outbox_is_empty(const struct outbox *outbox); /* and nothing in flight */

/* How many messages were dropped for want of room since the last call. */
size_t outbox_take_dropped(struct outbox *outbox);

#endif
