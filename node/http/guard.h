/*
 * Which requests a browser may have been tricked into sending. A page of another site can point its
 * own name at this node's address (DNS rebinding) or post to it (cross-site request forgery): so a
 * Host header must be an address or a name of this node, and a command's Origin the node itself or
 * one that the configuration lists. Immutable after guard_new(): any thread.
 */
#ifndef CAMNODE_HTTP_GUARD_H
#define CAMNODE_HTTP_GUARD_H

#include "config/config.h"

struct guard;

/* `config` is borrowed; `host_name` is the machine's, copied. NULL: no memory. */
struct guard *guard_new(const struct config *config, const char *host_name);
void guard_free(struct guard *guard); /* takes NULL */

/* True for literal addresses (they cannot be rebound) and the node's names; any port. */
bool guard_host_is_ours(const struct guard *guard, const char *host);

/* Of http.allowed_origins. */
bool guard_origin_is_listed(const struct guard *guard, const char *origin);

/* Whether a request that changes something may come: headers are NULL when absent. */
bool guard_allows_change(const struct guard *guard, const char *host, const char *origin,
                         const char *fetch_site);

#endif
