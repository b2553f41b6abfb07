/*
 * Users and tokens: who a credential belongs to, by its crypt(5) hash. Checking a hash takes
 * milliseconds of CPU by design, so it is the worker's job, and what was found right is remembered
 * for a while: under a keyed digest, never in clear. Any thread.
 */
#ifndef CAMNODE_HTTP_AUTH_H
#define CAMNODE_HTTP_AUTH_H

#include <stdint.h>

#include "config/config.h"
#include "http/credential.h"

#define AUTH_CACHE_SIZE 64
#define AUTH_CACHE_AGE_US (10 * 60 * INT64_C(1000000))

struct auth;

/* `config` is borrowed. NULL: no memory or no random numbers. */
struct auth *auth_new(const struct config_http *config);
void auth_free(struct auth *auth); /* takes NULL */

/* False when everybody may do everything: nobody is configured, or `anonymous`. */
bool auth_is_required(const struct auth *auth);

/* Found right lately: 0, or -ENOENT when it has to be checked. Quick. */
int auth_recall(struct auth *auth, const struct credential *credential, int64_t now_us,
                enum config_role *ret_role);

/* Checks the hash: 0 (and remembers it), or -EACCES. Slow: worker only. */
int auth_check(struct auth *auth, const struct credential *credential, int64_t now_us,
               enum config_role *ret_role);

/* For `--hash-password`: a yescrypt hash, the caller's to free(), or NULL. Slow. */
char *http_hash_password(const char *password);

#endif
