/*
 * The feed: the frames of one recording in their order, wherever they come from. These are the
 * camera's shared frames, each of them; before them, with a pre-roll, those of the last seconds; or
 * for a timelapse one picture every so often.
 *
 * One thread waits; any thread wakes it.
 */
#ifndef CAMNODE_RECORD_FEED_H
#define CAMNODE_RECORD_FEED_H

#include "config/config.h"
#include "media/hub.h"

struct feed;

struct feed_options {
	struct hub *jpeg, *h264;            /* borrowed; h264 may be NULL */
	const struct config_camera *camera; /* borrowed for life; needed when frames are encoded
	                                     * for this feed alone */
	enum config_record_format format;
	double fps;       /* of a pre-roll: what the shared encoder is made for */
	int64_t from_us;  /* the pre-roll's first picture; INT64_MAX: without */
	int64_t every_us; /* of a timelapse, always H.264; 0: all frames */
};

/* Frames are wanted from now on. 0, -ENOSYS when the camera has no such format, -ENOMEM. */
int feed_new(const struct feed_options *options, struct feed **ret_feed);
void feed_free(struct feed *feed); /* takes NULL */

/* The next frame: 0, -ETIMEDOUT, -EINTR after a wake and now and then, -ESHUTDOWN when no more will
 * come, or -errno when frames cannot be encoded. */
int feed_wait(struct feed *feed, int64_t deadline_us, struct frame **ret_frame);
void feed_wake(struct feed *feed);

/* The next frame shall be a key frame. */
void feed_request_key(struct feed *feed);

/* The newest shared frame, whether it was given or not: a new reference, or NULL. */
struct frame *feed_last(const struct feed *feed);

/* Why no frames come although the camera gives pictures: -errno of the shared encoder, or 0. */
int feed_error(const struct feed *feed);

#endif
