/*
 * The board's messages as JSON: `"<topic>": <payload>` of the state, `{"topic":…,"payload":…}` of
 * an event. JSON payloads go in as they are, words as strings, pictures not at all. Pure functions.
 */
#ifndef CAMNODE_HTTP_ENVELOPE_H
#define CAMNODE_HTTP_ENVELOPE_H

#include "base/buf.h"
#include "proto/message.h"

void envelope_string(struct buf *buf, const char *text); /* quoted and escaped */
void envelope_payload(struct buf *buf, const struct message *message);

/* A server-sent event: "id: 7\ndata: {…}\n\n". */
void envelope_event(struct buf *buf, const struct message *message, uint64_t id);

#endif
