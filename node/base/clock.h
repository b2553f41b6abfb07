/*
 * Time. Stamps and deadlines are CLOCK_MONOTONIC in microseconds (`_us`); wall time is only a
 * label.
 */
#ifndef CAMNODE_BASE_CLOCK_H
#define CAMNODE_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USEC_PER_SEC INT64_C(1000000)
#define USEC_PER_MSEC INT64_C(1000)

int64_t clock_mono_us(void);
int64_t clock_wall_us(void); /* CLOCK_REALTIME, µs since 1970 */
int64_t clock_boot_us(void); /* CLOCK_BOOTTIME: nobody sets it, and it counts sleep too */

/* A wall time before this (2020) is that of a clock which nobody has set yet. */
#define CLOCK_SET_US (INT64_C(1577836800) * USEC_PER_SEC)

/* A CLOCK_BOOTTIME stamp in ns (libcamera's SensorTimestamp) on the monotonic clock, in µs. */
int64_t clock_mono_from_boot_ns(int64_t boot_ns);

/* The wall time of a monotonic stamp, by today's offset between the clocks. */
int64_t clock_wall_from_mono_us(int64_t mono_us);

/* "2026-11-23T14:04:50.123Z"; at least CLOCK_ISO_SIZE bytes. */
#define CLOCK_ISO_SIZE 32
void clock_format_iso(int64_t wall_us, char ret_text[CLOCK_ISO_SIZE]);

/* Reads exactly what clock_format_iso() writes: 0 or -EINVAL. */
int clock_parse_iso(const char *text, int64_t *ret_wall_us);

/* True once the kernel says that the clock is disciplined (adjtimex has no STA_UNSYNC). Where it
 * may not be asked: once systemd-timesyncd has set the clock since the boot. */
bool clock_is_synced(void);

#endif
