/*
 * Home Assistant's device discovery: one retained message that describes the node and its cameras
 * as entities, so that they appear there by themselves. It is made from what the node says in
 * `info`, so that the two never differ. Pure functions, any thread.
 */
#ifndef CAMNODE_MQTT_DISCOVERY_H
#define CAMNODE_MQTT_DISCOVERY_H

#include <jansson.h>
#include <stddef.h>

#include "config/config.h"
#include "proto/topic.h"

#define DISCOVERY_BIRTH "online" /* Home Assistant's word, on discovery_birth_topic() */

struct discovery_options { /* all borrowed */
	const struct config *config;
	const json_t *info; /* the payload of `info` */
	const json_t
		*gone;  /* ids of cameras that have left: their entities are taken back; or NULL */
	int interval_s; /* of telemetry */
	size_t max_bytes; /* 0: no limit */
};

/* The message's topic. 0 or -ENAMETOOLONG. */
int discovery_topic(const struct config *config, char ret_topic[static TOPIC_SIZE]);

/* Where Home Assistant says that it has started. 0 or -ENAMETOOLONG. */
int discovery_birth_topic(const struct config *config, char ret_topic[static TOPIC_SIZE]);

/* The message's payload, the caller's to free(). Entities that are not essential are left out when
 * it would be longer than `max_bytes`. 0, -EMSGSIZE (too long even so) or -ENOMEM. */
int discovery_payload(const struct discovery_options *options, char **ret_payload);

#endif
