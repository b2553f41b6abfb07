/*
 * The intake: what of a source's images goes on to the encoders. Thins a source that is faster than
 * its profile, and numbers what is left: what was left out on purpose is no gap, and a source that
 * was opened again goes on where it was. The source's thread; the rate may be set by any.
 */
#ifndef CAMNODE_CAMERA_INTAKE_H
#define CAMNODE_CAMERA_INTAKE_H

#include <stdatomic.h>

#include "media/image.h"
#include "media/pace.h"

struct intake {
	atomic_int_fast64_t interval_us; /* of the profile */

	/* the source's thread */
	struct pace pace;
	int64_t last_us;   /* of the last image that came; 0: none yet */
	int64_t source_us; /* from one image to the next, on average */
	uint64_t offset;   /* from the source's numbers to ours, modulo 2^64 */
	uint64_t next;     /* the source's next number */
};

void intake_init(struct intake *intake, double fps);
void intake_set_fps(struct intake *intake, double fps); /* any thread */

/* The image to go on with, a new reference; NULL: it is left out, or no memory. */
struct image *intake_take(struct intake *intake, struct image *image);

#endif
