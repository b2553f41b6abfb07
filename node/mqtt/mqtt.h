/*
 * The MQTT client: carries the board's messages to the broker and its commands to control. Paho
 * MQTTAsync with a connection loop of our own (full jitter, state published afresh at each
 * connect).
 *
 * Life: from control_start() to before control_free(). It stops after control_stop(), so that what
 * the end changes is still published, and no reply comes any more.
 *
 * Threads: one publisher (connects, subscribes, publishes); Paho's own call back into it, which
 * only copy and enqueue.
 */
#ifndef CAMNODE_MQTT_MQTT_H
#define CAMNODE_MQTT_MQTT_H

#include "control/control.h"

struct mqtt;

/* Starts connecting: 0 or -errno. An absent broker is no error. */
int mqtt_start(struct control *control, struct mqtt **ret_mqtt);

/* Publishes what is queued and status `offline` (2 s at most), disconnects, joins: 5 s at most,
 * then what still hangs in a look-up of names is left to the end of the process. Takes NULL. */
void mqtt_stop(struct mqtt *mqtt);

#endif
