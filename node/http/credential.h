/*
 * What a client shows to be let in, from an Authorization header: HTTP Basic, or a bearer token.
 * Pure functions.
 */
#ifndef CAMNODE_HTTP_CREDENTIAL_H
#define CAMNODE_HTTP_CREDENTIAL_H

#include <stdbool.h>

#define CREDENTIAL_USER_SIZE 65
#define CREDENTIAL_SECRET_SIZE 257

struct credential {
	bool bearer;                         /* a token, without a user */
	char user[CREDENTIAL_USER_SIZE];     /* "" for a token */
	char secret[CREDENTIAL_SECRET_SIZE]; /* password or token */
};

/* 0, -EINVAL (another scheme, not base64, no colon, control characters) or -ENAMETOOLONG. */
int credential_parse(const char *header, struct credential *ret_credential);

/* Overwrites it: secrets don't stay in memory. For _cleanup_(). */
void credential_wipe(struct credential *credential);

#endif
