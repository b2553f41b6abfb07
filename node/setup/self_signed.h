/*
 * A certificate for HTTPS that the node vouches for itself: browsers ask whether to trust it, and
 * show its fingerprint.
 */
#ifndef CAMNODE_SETUP_SELF_SIGNED_H
#define CAMNODE_SETUP_SELF_SIGNED_H

#include <stddef.h>

#define SELF_SIGNED_YEARS 10
#define SELF_SIGNED_FINGERPRINT_SIZE 96 /* SHA-256 as AB:CD:… */

struct self_signed {
	char *certificate, *key; /* PEM */
	char fingerprint[SELF_SIGNED_FINGERPRINT_SIZE];
};

/* For a host name, the same with ".local", and an address ("" for none). 0 or -EIO. */
int self_signed_make(const char *host, const char *address, struct self_signed *ret_made);
void self_signed_finish(struct self_signed *made); /* wipes the key */

#endif
