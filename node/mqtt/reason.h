/*
 * Why a broker refuses or disconnects: the codes of MQTT 3.1.1's CONNACK (1..5) and MQTT 5's reason
 * codes (from 0x80). They don't overlap. Pure functions, any thread.
 */
#ifndef CAMNODE_MQTT_REASON_H
#define CAMNODE_MQTT_REASON_H

#include <stdbool.h>

#define REASON_SERVER_SHUTTING_DOWN 0x8b
#define REASON_SESSION_TAKEN_OVER 0x8e
#define REASON_FAILURE 0x80 /* from here on MQTT 5's codes are failures */

const char *reason_text(int reason); /* for the log; "reason unknown" */

bool reason_is_version(int reason);     /* the protocol version is not supported */
bool reason_is_credentials(int reason); /* user name, password or certificate are refused */

#endif
