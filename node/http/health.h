/*
 * GET /healthz: {"status": "ok" or "degraded", "reasons": […]}. Degraded is still 200: the node
 * works, something that it needs is away: a camera, the broker, room on the disk.
 */
#ifndef CAMNODE_HTTP_HEALTH_H
#define CAMNODE_HTTP_HEALTH_H

#include "http/request.h"

void health_handle(struct request *request);

#endif
