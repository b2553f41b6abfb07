/*
 * Values in a request's query, checked and answered for.
 */
#ifndef CAMNODE_HTTP_QUERY_H
#define CAMNODE_HTTP_QUERY_H

#include "http/request.h"

/* A number of the query: 0 (`ret_value` untouched when absent), or -EINVAL: answered with 400. */
int query_i64(struct request *request, const char *name, int64_t min, int64_t max,
              int64_t *ret_value);
int query_double(struct request *request, const char *name, double min, double max,
                 double *ret_value);

/* A text that fits `size`, "" when absent: 0, or -EINVAL: answered with 400. */
int query_text(struct request *request, const char *name, char *ret_text, size_t size);

/* `rendition=` by name: likewise. */
int query_rendition(struct request *request, enum rendition_kind *ret_kind);

#endif
