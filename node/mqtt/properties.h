/*
 * What goes along with a message over MQTT 5: content type, format, expiry, correlation data, and
 * the time of a picture as a user property. Pure functions, any thread.
 */
#ifndef CAMNODE_MQTT_PROPERTIES_H
#define CAMNODE_MQTT_PROPERTIES_H

#include <MQTTAsync.h>

#include "proto/message.h"

/* Adds to `properties`, which the caller frees with MQTTProperties_free(). */
void properties_add(MQTTProperties *properties, const struct message *message);

#endif
