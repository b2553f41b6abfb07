/*
 * ISO 8601 times as people and programs write them: "2026-11-23T14:04:50.123+01:00". A zone is
 * demanded: a local time would mean something else on the sender's machine. Pure, any thread.
 */
#ifndef CAMNODE_PROTO_ISO_TIME_H
#define CAMNODE_PROTO_ISO_TIME_H

#include <stdint.h>

/*
 * YYYY-MM-DD, 'T' or a blank, hh:mm:ss, an optional fraction, then 'Z', +hh:mm or +hhmm. 0 and the
 * µs since 1970 (digits behind them are cut off), or -EINVAL.
 */
int iso_time_parse(const char *text, int64_t *ret_wall_us);

#endif
