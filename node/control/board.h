/*
 * The board: the last message of every topic of this node, and who hears of new ones. What is
 * retained at the broker is kept here too, so that the MQTT client can publish it afresh after a
 * reconnect and HTTP can answer with the whole state. The control thread posts; any thread reads.
 */
#ifndef CAMNODE_CONTROL_BOARD_H
#define CAMNODE_CONTROL_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/message.h"

#define BOARD_MAX_TOPICS 256
#define BOARD_MAX_EVENTS 50 /* the latest, for those who come later */
#define BOARD_MAX_LISTENERS 8

struct board;

struct board *board_new(void);
void board_free(struct board *board); /* takes NULL */

/* Keeps the message as its topic's last, an event among the latest (replies are not kept), and
 * calls every listener, in order, on this thread. Listeners only copy (message_ref) and enqueue.
 * Takes over the caller's reference. */
void board_post(struct board *board, struct message *message);

/* 0 or -ENOSPC. Removing waits for a running call. */
int board_add_listener(struct board *board, void (*posted)(void *user, struct message *message),
                       void *user);
void board_remove_listener(struct board *board, void (*posted)(void *user, struct message *message),
                           void *user);

/* Calls `each` for a snapshot of all kept messages, in the order of their topics' first post. No
 * lock is held meanwhile. */
void board_each(struct board *board, void (*each)(void *user, struct message *message), void *user);

/* The same for the latest events, oldest first. */
void board_each_event(struct board *board, void (*each)(void *user, struct message *message),
                      void *user);

/* The last message of a topic, a new reference, or NULL. */
struct message *board_get(struct board *board, const char *topic);

#endif
