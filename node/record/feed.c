#include "record/feed.h"

#include "base/clock.h"
#include "record/preroll.h"
#include "record/sampler.h"
#include "record/transcoder.h"

#include <errno.h>
#include <stdlib.h>

struct feed {
	struct hub *hub;           /* of the shared frames */
	struct hub_reader *reader; /* of them; NULL for a timelapse */
	struct preroll *preroll;   /* of H.264, until it is over and all that it held is given */
	struct sampler *sampler;   /* of a timelapse, or NULL */
	struct transcoder *transcoder;
	int64_t begin_us; /* frames of before are pre-roll */
};

static int open_timelapse(struct feed *feed, const struct feed_options *options)
{
	feed->sampler = sampler_new(options->jpeg, options->every_us);
	feed->transcoder = transcoder_new(options->camera, options->camera->fps);
	return feed->sampler && feed->transcoder ? 0 : -ENOMEM;
}

/* The ring of JPEGs holds the pre-roll as it is; for H.264 it has to be encoded. */
static int open_shared(struct feed *feed, const struct feed_options *options)
{
	struct hub_reader_options from = {.mode = HUB_EVERY, .from_us = INT64_MAX};
	bool encoded = options->format == CONFIG_H264 && options->from_us != INT64_MAX;

	if (!encoded)
		from.from_us = options->from_us;
	feed->reader = hub_reader_new(feed->hub, &from);
	if (!feed->reader)
		return -ENOMEM;
	if (!encoded)
		return 0;
	const struct preroll_options preroll = {
		.jpeg = options->jpeg,
		.h264 = feed->hub,
		.shared = feed->reader,
		.camera = options->camera,
		.fps = options->fps,
		.from_us = options->from_us,
	};
	feed->preroll = preroll_new(&preroll);
	return feed->preroll ? 0 : -ENOMEM;
}

int feed_new(const struct feed_options *options, struct feed **ret_feed)
{
	struct hub *hub = options->format == CONFIG_MJPEG || options->every_us > 0 ? options->jpeg
	                                                                           : options->h264;
	struct feed *feed;
	int r;

	if (!hub)
		return -ENOSYS;
	feed = calloc(1, sizeof(*feed));
	if (!feed)
		return -ENOMEM;
	feed->hub = hub_ref(hub);
	feed->begin_us = clock_mono_us();
	r = options->every_us > 0 ? open_timelapse(feed, options) : open_shared(feed, options);
	if (r < 0) {
		feed_free(feed);
		return r;
	}
	*ret_feed = feed;
	return 0;
}

void feed_free(struct feed *feed)
{
	if (!feed)
		return;
	preroll_free(feed->preroll);
	hub_reader_free(feed->reader);
	sampler_free(feed->sampler);
	transcoder_free(feed->transcoder);
	hub_unref(feed->hub);
	free(feed);
}

static int wait_timelapse(struct feed *feed, int64_t deadline_us, struct frame **ret_frame)
{
	for (;;) {
		_cleanup_(frame_unref_p) struct frame *jpeg = NULL;
		int r = sampler_wait(feed->sampler, deadline_us, &jpeg);

		if (r == 0)
			r = transcoder_encode(feed->transcoder, jpeg, ret_frame);
		if (r != -EBADMSG)
			return r;
	}
}

/* What the camera did not give before the recording began is no reason to wait for it. */
static int wait_shared(struct feed *feed, int64_t deadline_us, struct frame **ret_frame)
{
	for (;;) {
		_cleanup_(frame_unref_p) struct frame *frame = NULL;
		int r = hub_reader_wait(feed->reader, deadline_us, &frame, NULL);

		if (r < 0)
			return r;
		if (frame_info(frame)->placeholder && frame_info(frame)->pts_us < feed->begin_us)
			continue;
		*ret_frame = move_ptr(frame);
		return 0;
	}
}

int feed_wait(struct feed *feed, int64_t deadline_us, struct frame **ret_frame)
{
	int r;

	if (feed->sampler)
		return wait_timelapse(feed, deadline_us, ret_frame);
	if (!feed->preroll)
		return wait_shared(feed, deadline_us, ret_frame);
	r = preroll_wait(feed->preroll, deadline_us, ret_frame);
	if (r != -ENODATA)
		return r;
	*ret_frame = preroll_take_shared(feed->preroll);
	if (*ret_frame)
		return 0;
	preroll_free(move_ptr(feed->preroll));
	return -EINTR;
}

void feed_wake(struct feed *feed)
{
	if (feed->sampler)
		sampler_wake(feed->sampler);
	else
		hub_reader_wake(feed->reader);
}

void feed_request_key(struct feed *feed)
{
	hub_request_key(feed->hub);
}

struct frame *feed_last(const struct feed *feed)
{
	return hub_last(feed->hub);
}

int feed_error(const struct feed *feed)
{
	return hub_error(feed->hub);
}
