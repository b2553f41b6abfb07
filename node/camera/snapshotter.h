/*
 * The snapshotter takes single pictures from a camera's JPEG hubs: waits for a frame newer than the
 * request, after a start also until exposure has settled, fits it to the wishes and hands it over.
 * One thread, requests in order.
 */
#ifndef CAMNODE_CAMERA_SNAPSHOTTER_H
#define CAMNODE_CAMERA_SNAPSHOTTER_H

#include <stdint.h>

#include "camera/picture.h"
#include "media/hub.h"

struct snapshotter;

struct snapshotter_request {
	struct hub *hub; /* of JPEGs; outlives the snapshotter */
	struct picture_wish wish;
	int64_t timeout_us;
	/* On the snapshotter's thread: 0 and a borrowed frame, or -ETIMEDOUT, -ENODEV (the camera
	 * is away), -ESHUTDOWN, -EFBIG, -EBADMSG, -ENOMEM. */
	void (*done)(void *user, int error, struct frame *frame);
	void *user;
};

struct snapshotter_options {
	const char *camera_id;
	size_t capacity; /* requests that wait */
	/* Pictures before this time stamp are not yet as they should be. Any thread. */
	int64_t (*settled_us)(void *user);
	void *user;
};

/* Starts the thread. NULL on failure. */
struct snapshotter *snapshotter_new(const struct snapshotter_options *options);

/* Answers what waits with -ESHUTDOWN and joins; later requests get it too. Once. */
void snapshotter_stop(struct snapshotter *snapshotter);

/* After snapshotter_stop(). Takes NULL. */
void snapshotter_free(struct snapshotter *snapshotter);

/* 0; -ENOSPC, -ENOMEM or -ESHUTDOWN, and then `done` isn't called. Any thread. */
int snapshotter_take(struct snapshotter *snapshotter, const struct snapshotter_request *request);

#endif
