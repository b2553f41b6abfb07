#include "record/reel.h"

#include "base/clock.h"
#include "record/name.h"

#include <string.h>

/* A timelapse has a file a day. */
static bool is_long_enough(const struct reel *reel, int64_t pts_us)
{
	const struct recorder_options *recorder = reel->recorder;
	const struct segment_state *state = segment_state(reel->segment);

	if (reel->request->every_us > 0)
		return !name_is_same_day(recorder->wall_from_mono_us(pts_us),
		                         state->started_wall_us);
	return pts_us - state->first_pts_us >= recorder->config->segment_s * USEC_PER_SEC;
}

bool reel_is_over(struct reel *reel, const struct frame *frame, enum recorder_reason *ret_reason,
                  bool *ret_wants_key)
{
	const struct frame_info *info = frame_info(frame);

	if (!reel->segment)
		return false;
	if (reel->torn || !segment_fits(reel->segment, frame)) {
		*ret_reason = reel->torn ? RECORDER_BY_ERROR : RECORDER_BY_CAMERA;
		return true;
	}
	if (!is_long_enough(reel, info->pts_us))
		return false;
	if (!info->key) {
		*ret_wants_key = !reel->key_asked;
		reel->key_asked = true;
		return false;
	}
	*ret_reason = RECORDER_BY_SEGMENT;
	return true;
}

int reel_open(struct reel *reel, const struct frame *first)
{
	struct segment_options options = {
		.folder = reel->recorder->config->dir,
		.camera_id = reel->recorder->camera_id,
		.syncer = reel->recorder->syncer,
		.wall_from_mono_us = reel->recorder->wall_from_mono_us,
		.frame_us = reel->request->frame_us,
	};

	memcpy(options.tags.label, reel->request->label, sizeof(options.tags.label));
	memcpy(options.tags.id, reel->id, sizeof(options.tags.id));
	reel->key_asked = reel->torn = false;
	return segment_open(&options, first, &reel->segment);
}

struct segment *reel_take(struct reel *reel)
{
	reel->earlier_bytes = reel_bytes(reel);
	reel->earlier_frames = reel_frames(reel);
	return move_ptr(reel->segment);
}

uint64_t reel_bytes(const struct reel *reel)
{
	return reel->earlier_bytes + (reel->segment ? segment_state(reel->segment)->bytes : 0);
}

uint64_t reel_frames(const struct reel *reel)
{
	return reel->earlier_frames + (reel->segment ? segment_state(reel->segment)->frames : 0);
}
