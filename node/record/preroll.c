#include "record/preroll.h"

#include "base/clock.h"
#include "record/transcoder.h"

#include <errno.h>
#include <stdlib.h>

/* Both hubs are looked at this often. */
#define LOOK_US (50 * USEC_PER_MSEC)

/* The JPEGs before the first shared frame are on their way for this long at most. */
#define LATE_US (500 * USEC_PER_MSEC)

struct preroll {
	struct hub *h264;
	struct hub_reader *jpegs, *shared;
	struct transcoder *transcoder;
	int64_t last_us;     /* pts of the last frame of the burst */
	struct frame *first; /* the shared one that follows; NULL: not there yet */
	int64_t first_seen_us;
	int64_t hold_until_us; /* the burst stands still for a shared frame to overtake it */
};

struct preroll *preroll_new(const struct preroll_options *options)
{
	const struct hub_reader_options from = {.mode = HUB_EVERY, .from_us = options->from_us};
	struct preroll *preroll = calloc(1, sizeof(*preroll));

	if (!preroll)
		return NULL;
	preroll->h264 = options->h264;
	preroll->shared = options->shared;
	preroll->last_us = INT64_MIN;
	preroll->jpegs = hub_reader_new(options->jpeg, &from);
	preroll->transcoder = transcoder_new(options->camera, options->fps);
	if (!preroll->jpegs || !preroll->transcoder) {
		preroll_free(preroll);
		return NULL;
	}
	return preroll;
}

void preroll_free(struct preroll *preroll)
{
	if (!preroll)
		return;
	hub_reader_free(preroll->jpegs);
	transcoder_free(preroll->transcoder);
	frame_unref(preroll->first);
	free(preroll);
}

/* The first shared frame follows if it is an IDR of a picture that the burst does not have. The
 * burst may have been faster: then it waits for another one. */
static void consider(struct preroll *preroll, struct frame *shared)
{
	const struct frame_info *info = frame_info(shared);

	if (info->key && info->pts_us > preroll->last_us) {
		preroll->first = frame_ref(shared);
		preroll->first_seen_us = clock_mono_us();
		preroll->hold_until_us = 0;
	} else if (preroll->hold_until_us == 0) {
		hub_request_key(preroll->h264);
		preroll->hold_until_us = clock_mono_us() + LATE_US;
	}
}

static void look_for_shared(struct preroll *preroll)
{
	struct frame *shared;

	while (!preroll->first && hub_reader_next(preroll->shared, &shared, NULL) == 0) {
		consider(preroll, shared);
		frame_unref(shared);
	}
}

static bool is_held(const struct preroll *preroll)
{
	return !preroll->first && clock_mono_us() < preroll->hold_until_us;
}

/* Until a shared frame comes, or the time is over. */
static int wait_for_shared(struct preroll *preroll)
{
	struct frame *shared;
	int r = hub_reader_wait(preroll->shared, preroll->hold_until_us, &shared, NULL);

	if (r < 0)
		return r;
	consider(preroll, shared);
	frame_unref(shared);
	return 0;
}

/* No JPEG has come for a moment: 0 to go on waiting. */
static int idle(const struct preroll *preroll, int64_t deadline_us)
{
	int64_t now_us = clock_mono_us();

	if (preroll->first && now_us >= preroll->first_seen_us + LATE_US)
		return -ENODATA;
	return now_us >= deadline_us ? -ETIMEDOUT : -EINTR;
}

/* Both encoders have it from the same picture of the camera, so the times are the same. */
static bool is_followed_by_shared(const struct preroll *preroll, const struct frame *jpeg)
{
	return preroll->first && frame_info(jpeg)->pts_us >= frame_info(preroll->first)->pts_us;
}

int preroll_wait(struct preroll *preroll, int64_t deadline_us, struct frame **ret_frame)
{
	for (;;) {
		_cleanup_(frame_unref_p) struct frame *jpeg = NULL;
		int r;

		look_for_shared(preroll);
		while (is_held(preroll)) {
			r = wait_for_shared(preroll);
			if (r < 0 && r != -ETIMEDOUT)
				return r == -ESHUTDOWN ? -ENODATA : r;
		}
		r = hub_reader_wait(preroll->jpegs, clock_mono_us() + LOOK_US, &jpeg, NULL);
		if (r == -ESHUTDOWN)
			return -ENODATA;
		if (r < 0)
			return idle(preroll, deadline_us);
		look_for_shared(preroll);
		if (is_followed_by_shared(preroll, jpeg))
			return -ENODATA;
		if (frame_info(jpeg)->placeholder)
			continue;
		preroll->last_us = frame_info(jpeg)->pts_us;
		r = transcoder_encode(preroll->transcoder, jpeg, ret_frame);
		if (r != -EBADMSG) /* a broken picture is a missing one */
			return r;
	}
}

struct frame *preroll_take_shared(struct preroll *preroll)
{
	return move_ptr(preroll->first);
}
