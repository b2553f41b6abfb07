/*
 * What systemd is told of the service: a datagram of "NAME=value" lines to the socket that the
 * environment names (sd_notify(3)). Without one nobody asked, and nothing happens. Stateless; any
 * thread; waits a second at most.
 */
#ifndef CAMNODE_BASE_NOTIFY_H
#define CAMNODE_BASE_NOTIFY_H

#include <stdbool.h>

#define NOTIFY_MAX_BYTES 1024

bool notify_is_wanted(void);

/* "READY=1", "STATUS=2 cameras", …: 0 also when nobody asked, or -errno; -EMSGSIZE if it is longer
 * than NOTIFY_MAX_BYTES. */
int notify_send(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
