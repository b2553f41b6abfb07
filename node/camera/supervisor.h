/*
 * The supervisor keeps a camera's source running: opens it, starts it, notices when it ends or
 * stalls, closes it and tries again with back-off. Makes every call to the source, since most may
 * block, on its own thread. A library may also never return from one: supervisor_stuck() tells, and
 * then only the end of the process helps.
 */
#ifndef CAMNODE_CAMERA_SUPERVISOR_H
#define CAMNODE_CAMERA_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/heartbeat.h"
#include "camera/profile.h"
#include "camera/tuning.h"
#include "capture/source.h"
#include "config/config.h"

#define SUPERVISOR_STALL_US 3000000  /* no image for so long: stalled */
#define SUPERVISOR_STUCK_US 15000000 /* in one call for so long: stuck */
#define SUPERVISOR_OFF "the camera is off"

struct supervisor;

/* Called on the supervisor's thread, but `image` and `wanted`: on the source's. */
struct supervisor_ops {
	void *user;
	void (*image)(void *user, struct image *image); /* borrowed */
	bool (*wanted)(void *user);                     /* somebody reads */
	void (*online)(void *user, const struct source_mode *mode);
	/* The camera was opened, or a control of it was set. */
	void (*controls)(void *user);
	/* Went offline, or still is (called about every second, to renew what viewers see). */
	void (*offline)(void *user, const char *why);
};

struct supervisor_stats {
	uint64_t captured, dropped_sensor, restarts;
};

/* NULL: no memory. `config`, `tuning` and `ops` are borrowed for life. */
struct supervisor *supervisor_new(const struct config_camera *config, struct tuning *tuning,
                                  const struct supervisor_ops *ops);
int supervisor_start(struct supervisor *supervisor);
/* Blocks until source and thread have ended: 0; or -ETIMEDOUT when stuck: then the thread is left
 * behind, and nothing that it uses may be freed. */
int supervisor_stop(struct supervisor *supervisor);
void supervisor_free(struct supervisor *supervisor); /* takes NULL */

/* Another size, or a higher rate than it was opened with: the source is closed and opened again,
 * without going offline. Any thread. */
void supervisor_set_profile(struct supervisor *supervisor, const struct profile *profile);

/* Demand changed: an on-demand source starts or stops; or something was wished. Any thread. */
void supervisor_wake(struct supervisor *supervisor);

/* Off: the source is closed, and offline with SUPERVISOR_OFF, until it is on again. It begins on.
 * Any thread. */
void supervisor_set_enabled(struct supervisor *supervisor, bool enabled);

/* The name of the call to the source that has not returned for SUPERVISOR_STUCK_US, or NULL. Any
 * thread. */
const char *supervisor_stuck(struct supervisor *supervisor);

/* Beats while the thread runs. */
struct heartbeat *supervisor_heartbeat(struct supervisor *supervisor);

/* Pictures from this time stamp on show what they should: exposure has settled; INT64_MAX: not yet.
 * Any thread. */
int64_t supervisor_settled_us(struct supervisor *supervisor);

void supervisor_stats(struct supervisor *supervisor, struct supervisor_stats *ret_stats);

#endif
