/*
 * Answering a request: each function queues a response, with the headers that every answer has. A
 * request for which nothing could be queued (out of memory) loses its connection.
 */
#ifndef CAMNODE_HTTP_RESPOND_H
#define CAMNODE_HTTP_RESPOND_H

#include "http/request.h"

#define RESPOND_TEXT_SIZE 512

/* Takes over `response`; NULL: no memory. */
void respond(struct request *request, unsigned status, struct MHD_Response *response);

/* One line of plain text: errors, mostly. */
void respond_text(struct request *request, unsigned status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Takes over `body`, which is NULL when out of memory: then 500. */
void respond_body(struct request *request, unsigned status, const char *type, char *body);

/* As above with one more header. */
void respond_body_with(struct request *request, unsigned status, const char *type, char *body,
                       const char *header, const char *value);

/* Takes over the reference. */
void respond_frame(struct request *request, struct frame *frame);

void respond_no_memory(struct request *request);

/*
 * For what the disk has to be asked: `ask` is called once (0, -ENOMEM or another error), and the
 * answer returned when it is there. NULL: the request waits for it, or was told why there is none.
 */
const struct answer_result *respond_after(struct request *request,
                                          int (*ask)(struct request *request));

#endif
