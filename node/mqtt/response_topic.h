/*
 * The response topic that an MQTT 5 requester names: others choose it and this node publishes to
 * it, so it is checked. Pure, any thread.
 */
#ifndef CAMNODE_MQTT_RESPONSE_TOPIC_H
#define CAMNODE_MQTT_RESPONSE_TOPIC_H

#include <stdbool.h>
#include <stddef.h>

#define RESPONSE_TOPIC_MAX_LEVELS 100 /* mosquitto takes 200, and ends the connection beyond */

/*
 * True for a topic that can be published to (UTF-8, no wildcards or control characters, shorter
 * than TOPIC_SIZE, not too many levels, not the broker's `$…`) and where a reply cannot pass for
 * something else: below this node's own topics only `reply` is allowed.
 */
bool response_topic_is_allowed(const char *topic, size_t length, const char *prefix,
                               const char *node);

#endif
