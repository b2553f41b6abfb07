/*
 * The description of the HTTP side (OpenAPI 3.1): proto/openapi.json, held in the program.
 */
#ifndef CAMNODE_HTTP_OPENAPI_H
#define CAMNODE_HTTP_OPENAPI_H

#include "http/request.h"

/* The text, NUL-terminated. */
const char *openapi_text(void);

void openapi_handle(struct request *request);

#endif
