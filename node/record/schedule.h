/*
 * The schedule of a camera: windows of local time, each from a time to a time on the days on which
 * it begins. A window begins at the first moment when the clock on the wall shows its `from` and
 * ends at the last one that shows its `to`; where a change to daylight-saving time leaves either
 * out, at the moment of the change. Pure functions of the time zone's rules; any thread.
 */
#ifndef CAMNODE_RECORD_SCHEDULE_H
#define CAMNODE_RECORD_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

#define SCHEDULE_OFF INT64_MIN

/* When the one of the windows that are on began that began last, in µs since 1970, or SCHEDULE_OFF.
 * Those that wait for a synchronised clock count once it is. */
int64_t schedule_since(const struct config_window *windows, size_t count, int64_t wall_us,
                       bool synced);

#endif
