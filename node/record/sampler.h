/*
 * The sampler: one picture of a camera every so often, for a timelapse. Between them it reads
 * nothing, so that nothing is encoded for it. One thread waits; any wakes.
 */
#ifndef CAMNODE_RECORD_SAMPLER_H
#define CAMNODE_RECORD_SAMPLER_H

#include "media/hub.h"

struct sampler;

/* The first picture is due at once. NULL: no memory. */
struct sampler *sampler_new(struct hub *jpeg, int64_t every_us);
void sampler_free(struct sampler *sampler); /* takes NULL */

/* The next JPEG of the camera: 0, -ETIMEDOUT, -EINTR after a wake, -ESHUTDOWN. While the camera is
 * away, or slow to begin, pictures are left out. */
int sampler_wait(struct sampler *sampler, int64_t deadline_us, struct frame **ret_jpeg);
void sampler_wake(struct sampler *sampler);

#endif
