/*
 * When and how to connect next: the waiting time (full jitter) and the protocol version. Pure but
 * for the random numbers; one thread.
 */
#ifndef CAMNODE_MQTT_DIALER_H
#define CAMNODE_MQTT_DIALER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/backoff.h"
#include "config/config.h"

#define DIALER_FIRST_RETRY_MS 1000             /* after a good connection: within this time */
#define DIALER_GOOD_US (10 * INT64_C(1000000)) /* a connection that has lasted so long */
#define DIALER_TAKEN_OVER_MS (60 * 1000)       /* doubles each time, up to */
#define DIALER_MAX_TAKEN_OVER_MS (64 * 60 * 1000)
#define DIALER_UNCONTESTED_US (2 * DIALER_MAX_TAKEN_OVER_MS * INT64_C(1000)) /* forgets that */
#define DIALER_MANY_SHORT 3 /* connections in a row that were not good */

struct dialer {
	struct backoff backoff;
	bool may_fall_back;    /* the version is `auto` */
	bool knows_5;          /* MQTT 5 has worked, or the broker has said that it doesn't */
	bool guessed;          /* 3.1.1 is a guess */
	int version;           /* of the next attempt: 5 or 3 (3.1.1) */
	int64_t up_us;         /* when the last connection came up */
	int short_count;       /* connections in a row that were lost before they were good */
	int64_t taken_over_ms; /* what to wait when it happens again */
	int64_t good_again_us; /* how long one has to last after many short ones */
};

void dialer_init(struct dialer *dialer, const struct config_mqtt *config);

void dialer_up(struct dialer *dialer, int64_t now_us);

/* An attempt failed: the broker's reason (0: none came), and whether it was reached but hung up
 * without an answer. Returns how long to wait, in ms, and sets the next attempt's version. */
int64_t dialer_failed(struct dialer *dialer, int reason, bool hung_up);

/* A connection was lost: how long to wait, in ms. */
int64_t dialer_lost(struct dialer *dialer, int reason, int64_t now_us);

/* Whether connections come up and are soon lost, DIALER_MANY_SHORT times in a row or more. */
bool dialer_is_thrown_out(const struct dialer *dialer);

#endif
