/*
 * A request: one command on its way to a reply. Answers of several cameras are gathered; whoever
 * sent the same command with the same id meanwhile, or within five minutes, gets the same reply.
 * Control thread only.
 */
#ifndef CAMNODE_CONTROL_REQUEST_H
#define CAMNODE_CONTROL_REQUEST_H

#include <jansson.h>

#include "control/control.h"

#define REQUEST_MAX_ORIGINS 8
#define REQUEST_MAX_LOGGED 20 /* refusals logged a minute */
#define REQUEST_REMEMBERED 64
#define REQUEST_REMEMBERED_US (5 * 60 * INT64_C(1000000))

struct request;
struct request_memory; /* the last requests with an id */

struct request_memory *request_memory_new(void);
void request_memory_free(struct request_memory *memory); /* takes NULL */

/*
 * True when this id was seen for the same kind and camera, and so is dealt with: the reply went out
 * already, or will when the first one is answered. Other content under a used id is refused.
 */
bool request_repeat(struct request_memory *memory, const struct command *command,
                    const struct control_origin *origin);

/* A new request (the caller's reference); NULL without memory (answered `internal`). */
struct request *request_begin(struct request_memory *memory, const struct command *command,
                              const struct control_origin *origin);

const struct command *request_command(const struct request *request);

/* One more answer has to come before the reply goes out. */
void request_expect(struct request *request);

/* An answer of `camera` (NULL: of the node, for a command of its own); steals `data` (NULL ok). The
 * first failure's code and text stay; texts of successes are joined. */
void request_answer(struct request *request, const char *camera, enum code code, const char *text,
                    json_t *data);

/* Gives the maker's reference back: the reply goes out when nothing more is expected. */
void request_end(struct request *request);

/* A reply without any of this, for what could not become a request; logged. */
void request_refuse(struct request_memory *memory, const struct command *command,
                    const struct control_origin *origin, enum code code, const char *text);

#endif
