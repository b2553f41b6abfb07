#include "record/preroll.h"

#include "base/clock.h"
#include "media/hold.h"
#include "record/transcoder.h"

#include <errno.h>
#include <stdlib.h>

/* Both hubs are looked at this often. */
#define LOOK_US (50 * USEC_PER_MSEC)

/* The JPEGs before the first shared frame are on their way for this long at most. */
#define LATE_US (500 * USEC_PER_MSEC)

/* Held of either kind at most, on top of pre_roll_mb: more than a ring has on top of that. */
#define HOLD_BYTES ((size_t)32 * 1024 * 1024)

/* Encoding may be slower than the camera: what would be taken off the rings meanwhile is held. */
struct preroll {
	struct hub *h264;
	struct hub_reader *jpegs, *shared;
	struct transcoder *transcoder;
	struct hold waiting;   /* JPEGs, to be encoded */
	struct hold following; /* shared frames */
	int64_t last_us;       /* pts of the last frame of the burst */
	int64_t first_us;      /* of the first shared frame that follows; INT64_MAX: not there */
	int64_t first_seen_us;
	int64_t hold_until_us; /* the burst stands still for a shared frame to overtake it */
	bool over;             /* all of the burst was given */
};

static bool is_followed(const struct preroll *preroll)
{
	return preroll->first_us != INT64_MAX;
}

/* Both encoders have it from the same picture of the camera, so the times are the same. */
static bool is_of_burst(const struct preroll *preroll, const struct frame *jpeg)
{
	return frame_info(jpeg)->pts_us < preroll->first_us;
}

static void collect_jpegs(struct preroll *preroll)
{
	struct frame *jpeg;

	while (hold_has_room(&preroll->waiting) &&
	       hub_reader_next(preroll->jpegs, &jpeg, NULL) == 0)
		hold_push(&preroll->waiting, jpeg);
}

struct preroll *preroll_new(const struct preroll_options *options)
{
	const struct hub_reader_options from = {.mode = HUB_EVERY, .from_us = options->from_us};
	size_t limit = config_pre_roll_bytes(options->camera) + HOLD_BYTES;
	struct preroll *preroll = calloc(1, sizeof(*preroll));

	if (!preroll)
		return NULL;
	preroll->h264 = options->h264;
	preroll->shared = options->shared;
	preroll->last_us = INT64_MIN;
	preroll->first_us = INT64_MAX;
	preroll->waiting.limit = preroll->following.limit = limit;
	preroll->jpegs = hub_reader_new(options->jpeg, &from);
	preroll->transcoder = transcoder_new(options->camera, options->fps);
	if (!preroll->jpegs || !preroll->transcoder) {
		preroll_free(preroll);
		return NULL;
	}
	collect_jpegs(preroll);
	return preroll;
}

void preroll_free(struct preroll *preroll)
{
	if (!preroll)
		return;
	hub_reader_free(preroll->jpegs);
	transcoder_free(preroll->transcoder);
	hold_clear(&preroll->waiting);
	hold_clear(&preroll->following);
	free(preroll);
}

/* The first shared frame follows if it is an IDR of a picture that the burst does not have. The
 * burst may have been faster: then it waits for another one. Takes the frame over. */
static void take_shared(struct preroll *preroll, struct frame *shared)
{
	const struct frame_info *info = frame_info(shared);

	if (!is_followed(preroll) && info->key && info->pts_us > preroll->last_us) {
		preroll->first_us = info->pts_us;
		preroll->first_seen_us = clock_mono_us();
		preroll->hold_until_us = 0;
	}
	if (is_followed(preroll)) {
		hold_push(&preroll->following, shared);
		return;
	}
	frame_unref(shared);
	if (preroll->hold_until_us == 0) {
		hub_request_key(preroll->h264);
		preroll->hold_until_us = clock_mono_us() + LATE_US;
	}
}

static void collect_shared(struct preroll *preroll)
{
	struct frame *shared;

	while (hold_has_room(&preroll->following) &&
	       hub_reader_next(preroll->shared, &shared, NULL) == 0)
		take_shared(preroll, shared);
}

static bool is_held(const struct preroll *preroll)
{
	return !is_followed(preroll) && clock_mono_us() < preroll->hold_until_us;
}

/* Until a shared frame comes, or the time is over. */
static int wait_for_shared(struct preroll *preroll)
{
	struct frame *shared;
	int r;

	if (!hold_has_room(&preroll->following))
		return -ENOMEM;
	r = hub_reader_wait(preroll->shared, preroll->hold_until_us, &shared, NULL);
	if (r == 0)
		take_shared(preroll, shared);
	if (r == -ESHUTDOWN) /* what is held is still to be encoded */
		preroll->hold_until_us = 0;
	return r == -ETIMEDOUT || r == -ESHUTDOWN ? 0 : r;
}

/* No JPEG has come for a moment: 0 to go on waiting. */
static int idle(const struct preroll *preroll, int64_t deadline_us)
{
	int64_t now_us = clock_mono_us();

	if (is_followed(preroll) && now_us >= preroll->first_seen_us + LATE_US)
		return -ENODATA;
	return now_us >= deadline_us ? -ETIMEDOUT : -EINTR;
}

/* The next JPEG of the burst: 0, or what preroll_wait() says. */
static int next_jpeg(struct preroll *preroll, int64_t deadline_us, struct frame **ret_jpeg)
{
	int r = 0;

	collect_jpegs(preroll);
	collect_shared(preroll);
	while (r == 0 && is_held(preroll))
		r = wait_for_shared(preroll);
	if (r < 0)
		return r;
	*ret_jpeg = hold_pop(&preroll->waiting);
	if (*ret_jpeg)
		return 0;
	r = hub_reader_wait(preroll->jpegs, clock_mono_us() + LOOK_US, ret_jpeg, NULL);
	if (r == -ESHUTDOWN)
		return -ENODATA;
	if (r < 0)
		return idle(preroll, deadline_us);
	collect_shared(preroll);
	return 0;
}

int preroll_wait(struct preroll *preroll, int64_t deadline_us, struct frame **ret_frame)
{
	int r = -ENODATA;

	while (!preroll->over) {
		_cleanup_(frame_unref_p) struct frame *jpeg = NULL;

		r = next_jpeg(preroll, deadline_us, &jpeg);
		if (r == -ENODATA || (r == 0 && !is_of_burst(preroll, jpeg)))
			break;
		if (r < 0)
			return r;
		if (frame_info(jpeg)->placeholder)
			continue;
		preroll->last_us = frame_info(jpeg)->pts_us;
		r = transcoder_encode(preroll->transcoder, jpeg, ret_frame);
		if (r != -EBADMSG) /* a broken picture is a missing one */
			return r;
	}
	preroll->over = true;
	hold_clear(&preroll->waiting);
	return -ENODATA;
}

struct frame *preroll_take_shared(struct preroll *preroll)
{
	if (is_followed(preroll))
		collect_shared(preroll);
	return hold_pop(&preroll->following);
}
