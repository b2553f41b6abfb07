/*
 * Commands from the broker on their way to control, and their replies on the way back. A reply goes
 * to the topic that the requester named, with its correlation data, else to this node's `reply`.
 *
 * Threads: inbox_take() on Paho's, replies on control's.
 */
#ifndef CAMNODE_MQTT_INBOX_H
#define CAMNODE_MQTT_INBOX_H

#include "base/queue.h"
#include "control/control.h"
#include "mqtt/arrival.h"

#define INBOX_MAX_REQUESTERS 1024  /* commands without an answer yet */
#define INBOX_MAX_CORRELATION 1024 /* bytes; with more a command is refused */

struct inbox;

/* `posts` takes messages for the publisher. Both are borrowed. NULL: out of memory. */
struct inbox *inbox_new(struct control *control, struct queue *posts);

/* Once neither messages nor replies come any more. Takes NULL. */
void inbox_free(struct inbox *inbox);

/* Hands a command to control, which only parses and enqueues it, or answers that it is busy. An
 * empty retained message is none: it clears a topic. */
void inbox_take(struct inbox *inbox, const struct arrival *arrival);

#endif
