/*
 * Patience: how long the supervisor waits before it tries a source again. A camera that is away is
 * looked for often, so that it is back soon after it is plugged in. One that keeps coming for a
 * moment (a bad cable, a stream that ends at once) is tried less and less often, because each time
 * everybody is told. One thread.
 */
#ifndef CAMNODE_CAMERA_PATIENCE_H
#define CAMNODE_CAMERA_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/backoff.h"

#define PATIENCE_RETRY_MIN_MS 250
#define PATIENCE_RETRY_MAX_MS 2000  /* while the camera is away */
#define PATIENCE_FLAP_MAX_MS 30000  /* after it came for a moment, again and again */
#define PATIENCE_FREE_LIVES 5       /* short ones that don't count: somebody moves the plug */
#define PATIENCE_STABLE_US 10000000 /* online for so long: a life that wasn't short */

struct patience {
	struct backoff retry, flap;
	unsigned short_lives;
};

void patience_init(struct patience *patience);

/* The source was online for PATIENCE_STABLE_US, or ended on purpose. */
void patience_restore(struct patience *patience);

/* How long to wait after a life that failed, and whether the camera was online in it. */
int64_t patience_next_ms(struct patience *patience, bool was_online);

#endif
