/*
 * The announcer: what the broker is told besides the board. That is Home Assistant's discovery,
 * again whenever it changes and when Home Assistant starts; and that what this node once left
 * retained is gone, after its id, prefix or cameras were changed. For that it remembers, over
 * restarts (control_state()), what was told last.
 *
 * Threads: all functions on the publisher's.
 */
#ifndef CAMNODE_MQTT_ANNOUNCER_H
#define CAMNODE_MQTT_ANNOUNCER_H

#include <stdint.h>

#include "control/control.h"
#include "mqtt/outbox.h"

#define ANNOUNCER_JITTER_MS 10000 /* after Home Assistant's start: not all nodes at once */

struct announcer;

/* Both are borrowed. NULL: out of memory. */
struct announcer *announcer_new(struct control *control, struct outbox *outbox);
void announcer_free(struct announcer *announcer); /* takes NULL */

/* The outbox has gone online: puts everything. `max_packet_bytes` is the broker's, 0: none. */
void announcer_begin(struct announcer *announcer, size_t max_packet_bytes);

/* While online: puts what has changed in the node's description. */
void announcer_refresh(struct announcer *announcer);

/* While online: puts the description again though nothing has changed. */
void announcer_repeat(struct announcer *announcer);

/* The broker has taken a message, or refused it. */
void announcer_answered(struct announcer *announcer, const struct message *message);

#endif
