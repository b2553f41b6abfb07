/*
 * Server-sent events: what the broker sees on this node's topics, every browser that listens sees
 * too, first the whole state, then each change. A client that is too slow for its queue is cut off:
 * it reconnects by itself and gets the whole state again.
 *
 * Threads: the control thread posts; streams are made, read and freed on libmicrohttpd's.
 */
#ifndef CAMNODE_HTTP_EVENTS_H
#define CAMNODE_HTTP_EVENTS_H

#include "control/board.h"
#include "http/park.h"

#define EVENTS_QUEUE 256              /* messages a client may be behind */
#define EVENTS_MAX_BYTES (256 * 1024) /* of one event */
#define EVENTS_KEEP_ALIVE_US (5 * INT64_C(1000000))

struct events;

/* Listens to the board until freed. NULL: no memory, or the board has too many listeners. */
struct events *events_new(struct board *board, struct park *park);
void events_free(struct events *events); /* all streams freed; takes NULL */

/* A response that never ends, with its headers; NULL: no memory. */
struct MHD_Response *events_response(struct events *events, struct MHD_Connection *connection);

#endif
