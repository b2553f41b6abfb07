/*
 * The supervisor keeps a camera's source running: opens it, starts it, notices when it ends or
 * stalls, closes it and tries again with back-off. Makes every blocking call to the source, on its
 * own thread.
 */
#ifndef CAMNODE_CAMERA_SUPERVISOR_H
#define CAMNODE_CAMERA_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "camera/profile.h"
#include "capture/source.h"
#include "config/config.h"

#define SUPERVISOR_STALL_US 3000000 /* no image for so long: stalled */

struct supervisor;

/* Called on the supervisor's thread, but `image` and `wanted`: on the source's. */
struct supervisor_ops {
	void *user;
	void (*image)(void *user, struct image *image); /* borrowed */
	bool (*wanted)(void *user);                     /* somebody reads */
	void (*online)(void *user, const struct source_mode *mode);
	/* Went offline, or still is (called about every second, to renew what viewers see). */
	void (*offline)(void *user, const char *why, bool changed);
};

struct supervisor_stats {
	uint64_t captured, dropped_sensor, restarts;
};

/* NULL: no memory. `config` and `ops` are borrowed for life. */
struct supervisor *supervisor_new(const struct config_camera *config,
                                  const struct supervisor_ops *ops);
int supervisor_start(struct supervisor *supervisor);
void supervisor_stop(struct supervisor *supervisor); /* blocks until source and thread have ended */
void supervisor_free(struct supervisor *supervisor); /* takes NULL */

/* Another size, or a higher rate than it was opened with: the source is closed and opened again,
 * without going offline. Any thread. */
void supervisor_set_profile(struct supervisor *supervisor, const struct profile *profile);

/* Demand changed: an on-demand source starts or stops. Any thread. */
void supervisor_wake(struct supervisor *supervisor);

void supervisor_stats(struct supervisor *supervisor, struct supervisor_stats *ret_stats);

#endif
