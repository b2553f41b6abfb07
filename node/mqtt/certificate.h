/*
 * Why TLS with the broker fails, in words: the MQTT library tells hardly more than that it does. So
 * this connects once more, only to look at the broker's certificate.
 */
#ifndef CAMNODE_MQTT_CERTIFICATE_H
#define CAMNODE_MQTT_CERTIFICATE_H

#include <stddef.h>

#include "config/config.h"

#define CERTIFICATE_TIMEOUT_MS 1500 /* for each of connection and handshake */

/* Blocks. 0, or -EAGAIN if nothing was found out: then the text is untouched. */
int certificate_judge(const struct config_mqtt *config, char *ret_text, size_t size);

#endif
