/*
 * The pre-roll of an H.264 recording: the last seconds from the ring of JPEGs, encoded in a burst
 * on the reader's thread, up to the first frame of the shared encoder. That one, an IDR, follows
 * without a gap. What is in the ring at preroll_new() is held, and so is what comes meanwhile (as
 * many bytes again as the pre-roll may have, and of H.264 as many): the burst takes what time it
 * needs. One thread at a time, which borrows the reader of the shared frames meanwhile.
 */
#ifndef CAMNODE_RECORD_PREROLL_H
#define CAMNODE_RECORD_PREROLL_H

#include "config/config.h"
#include "media/hub.h"

struct preroll;

struct preroll_options {
	struct hub *jpeg, *h264;            /* borrowed for life */
	struct hub_reader *shared;          /* of H.264 frames, from now on; borrowed for life */
	const struct config_camera *camera; /* borrowed for life */
	double fps;                         /* that the shared encoder is made for */
	int64_t from_us;                    /* of the first picture */
};

/* NULL: no memory. */
struct preroll *preroll_new(const struct preroll_options *options);
void preroll_free(struct preroll *preroll); /* takes NULL */

/*
 * The next frame of the burst: 0; -ENODATA when it is over, then preroll_take_shared() has those
 * that follow; -ETIMEDOUT; -EINTR now and then, so that the caller sees what has changed; -errno
 * when it cannot encode.
 */
int preroll_wait(struct preroll *preroll, int64_t deadline_us, struct frame **ret_frame);

/* The next shared frame that was held, the caller's now; NULL: the reader has the rest. */
struct frame *preroll_take_shared(struct preroll *preroll);

#endif
