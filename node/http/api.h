/*
 * The API: the contract of proto/ by HTTP instead of MQTT.
 */
#ifndef CAMNODE_HTTP_API_H
#define CAMNODE_HTTP_API_H

#include "http/request.h"

/* GET /api/v1/state: the last message of every topic. */
void api_handle_state(struct request *request);

/* GET /api/v1/events: the same as a stream of events, and every change. */
void api_handle_events(struct request *request);

/* POST /api/v1/set/<topic below the node>: a command; its final "/set" may be left out. */
void api_handle_set(struct request *request);

#endif
