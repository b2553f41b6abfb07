/*
 * A message from the broker, as the connection hands it over: everything is borrowed for the call.
 */
#ifndef CAMNODE_MQTT_ARRIVAL_H
#define CAMNODE_MQTT_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>

struct arrival {
	const char *topic;
	const void *payload;
	size_t length;
	bool retained;
	bool expired; /* its message expiry has run out on the way */

	/* MQTT 5; NULL if not given. Neither ends with a NUL. */
	const char *response_topic;
	size_t response_topic_length;
	const void *correlation;
	size_t correlation_length;
};

#endif
