/*
 * The watchdog's feeder: tells systemd that the node lives as long as no heartbeat is late, and
 * logs the name of the one that is, before systemd ends the process. One thread of its own, so that
 * it can say so of every other.
 */
#ifndef CAMNODE_BASE_WATCHDOG_H
#define CAMNODE_BASE_WATCHDOG_H

#include "base/heartbeat.h"

struct watchdog;

/* Starts feeding, if the environment asks for it (WatchdogSec= of the service): 0, and NULL when it
 * does not; or -errno. `heartbeats` is borrowed until the end. */
int watchdog_start(struct heartbeats *heartbeats, struct watchdog **ret_watchdog);
void watchdog_stop(struct watchdog *watchdog); /* takes NULL */

#endif
