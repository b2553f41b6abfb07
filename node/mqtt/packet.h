/*
 * What a message is as a packet, and what is said instead of a reply that a broker's limit keeps
 * from going out. Pure functions, any thread.
 */
#ifndef CAMNODE_MQTT_PACKET_H
#define CAMNODE_MQTT_PACKET_H

#include "proto/message.h"

/* Bytes of its PUBLISH, at most. */
size_t packet_max_size(const struct message *message);

/*
 * The refusal `internal` for the same requester, with the same id. A new reference; NULL when
 * `message` is no reply, or without memory.
 */
struct message *packet_short_reply(const struct message *message);

#endif
