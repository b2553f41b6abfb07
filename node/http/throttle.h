/*
 * Back-off after failed logins, per address: a few tries are free, then each failure doubles the
 * wait. A bounded table; when it is full, who failed longest ago is forgotten. Any thread.
 */
#ifndef CAMNODE_HTTP_THROTTLE_H
#define CAMNODE_HTTP_THROTTLE_H

#include "http/address.h"

#define THROTTLE_SIZE 256
#define THROTTLE_FREE_FAILURES 5
#define THROTTLE_MAX_WAIT_S 60
#define THROTTLE_FORGET_US (10 * 60 * INT64_C(1000000))

struct throttle;

struct throttle *throttle_new(void);
void throttle_free(struct throttle *throttle); /* takes NULL */

/* Seconds to wait before the next try, rounded up; 0: go on. */
int throttle_wait_s(struct throttle *throttle, const struct address *address, int64_t now_us);

void throttle_failed(struct throttle *throttle, const struct address *address, int64_t now_us);
void throttle_succeeded(struct throttle *throttle, const struct address *address);

#endif
