/*
 * Entity tags: whether the version that a client holds is the one that is there. Pure functions.
 */
#ifndef CAMNODE_HTTP_ETAG_H
#define CAMNODE_HTTP_ETAG_H

#include <stdbool.h>

/* True if an If-None-Match header names that tag (or "*", any); NULL: no header. */
bool etag_is_listed(const char *header, const char *etag);

#endif
