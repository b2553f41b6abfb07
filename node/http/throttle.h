/*
 * Back-off after failed logins: a few tries are free, then each failure doubles the wait. Counted
 * for each user at an address, so that who tries invented names locks out nobody else there, and
 * for the address as a whole, with more of them free. Bounded tables; when one is full, who failed
 * longest ago is forgotten. Any thread.
 */
#ifndef CAMNODE_HTTP_THROTTLE_H
#define CAMNODE_HTTP_THROTTLE_H

#include "http/address.h"

#define THROTTLE_SIZE 256 /* users at addresses, and as many addresses */
#define THROTTLE_FREE_FAILURES 5
#define THROTTLE_FREE_FAILURES_OF_ADDRESS 30
#define THROTTLE_MAX_WAIT_S 60
#define THROTTLE_FORGET_US (10 * 60 * INT64_C(1000000))

struct throttle;

struct throttle *throttle_new(void);
void throttle_free(struct throttle *throttle); /* takes NULL */

/* Seconds to wait before the next try, rounded up; 0: go on. `user` is "" for a token. */
int throttle_wait_s(struct throttle *throttle, const struct address *address, const char *user,
                    int64_t now_us);

/* Counts for the address only while free for the user: a program with an old password, which tries
 * for ever, locks out nobody but itself. Returns the count, of the user once that is over. */
unsigned throttle_failed(struct throttle *throttle, const struct address *address, const char *user,
                         int64_t now_us);

/* Forgives the user, not the address: a right login does not make others' guesses free. */
void throttle_succeeded(struct throttle *throttle, const struct address *address, const char *user);

#endif
