/*
 * Sessions of browsers: a random cookie stands for a role until it expires. The server keeps only
 * digests of the cookies. Bounded; the session that ends first gives way. Any thread.
 */
#ifndef CAMNODE_HTTP_SESSION_H
#define CAMNODE_HTTP_SESSION_H

#include <stdint.h>

#include "config/config.h"

#define SESSION_COOKIE "camnode_session"
#define SESSION_MAX 64
#define SESSION_TOKEN_SIZE 65 /* 256 bits in hexadecimal */

struct sessions;

struct sessions *sessions_new(void);
void sessions_free(struct sessions *sessions); /* takes NULL */

/* Opens a session: 0, or -EIO without random numbers. */
int sessions_open(struct sessions *sessions, enum config_role role, int64_t until_us,
                  char ret_token[static SESSION_TOKEN_SIZE]);

/* 0, or -ENOENT when unknown or expired. */
int sessions_find(struct sessions *sessions, const char *token, int64_t now_us,
                  enum config_role *ret_role);
void sessions_close(struct sessions *sessions, const char *token);

#endif
