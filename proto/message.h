/*
 * A message: whole topic, payload, QoS and retain. Counted and immutable after message_new(), so
 * that one message is shared by the state board, the MQTT publisher and every event stream. Any
 * thread.
 */
#ifndef CAMNODE_PROTO_MESSAGE_H
#define CAMNODE_PROTO_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "proto/topic.h"

struct message;

/* What may come along with MQTT 5. All optional; copied. */
struct message_extra {
	const void *correlation; /* correlation data to echo */
	size_t correlation_length;
};

/* Copies `payload`. `kind` gives QoS and retain. NULL: out of memory. */
struct message *message_new(const char *topic, enum topic_kind kind, const void *payload,
                            size_t length);

/*
 * Borrows `payload` until the last unref, which calls release(owner): for shared pictures. NULL
 * when out of memory: then nothing is borrowed and release is not called.
 */
struct message *message_new_shared(const char *topic, enum topic_kind kind, const void *payload,
                                   size_t length, void (*release)(void *owner), void *owner);

/* A reply to a requester's own topic: QoS 1, not retained. */
struct message *message_new_reply(const char *topic, const void *payload, size_t length,
                                  const struct message_extra *extra);

/* A message outside of this node's own topics, such as another program's: QoS 1, retained; `kind`
 * is TOPIC_KIND_COUNT. */
struct message *message_new_retained(const char *topic, const void *payload, size_t length);

/* Another retain flag than the topic's (`snapshot.retain: false`); only before the message is
 * shared. */
void message_set_retain(struct message *message, bool retain);

/* When what it shows was so, as ISO 8601: a user property `ts` of MQTT 5, for payloads that cannot
 * say it themselves. Only before the message is shared. */
void message_set_time(struct message *message, int64_t wall_us);

struct message *message_ref(struct message *message);
void message_unref(struct message *message); /* takes NULL */
DEFINE_CLEANUP(struct message *, message_unref);

const char *message_topic(const struct message *message);
enum topic_kind message_kind(const struct message *message);
const void *message_payload(const struct message *message); /* NUL-terminated unless shared */
size_t message_length(const struct message *message);
int message_qos(const struct message *message);
bool message_retain(const struct message *message);
int64_t message_time_us(const struct message *message); /* 0: none was set */
bool message_is_binary(const struct message *message);  /* the picture of a snapshot */
bool message_is_json(const struct message *message);
const void *message_correlation(const struct message *message, size_t *ret_length);

#endif
