#include "record/recording.h"

#include "base/clock.h"
#include "base/log.h"
#include "record/feed.h"
#include "record/folder.h"
#include "record/limit.h"
#include "record/loss.h"
#include "record/name.h"
#include "record/outage.h"
#include "record/reel.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* Frames on their way through the encoder when the end comes are waited for this long. */
#define LATE_US INT64_C(500000)

/* Without a frame for this long the camera is away: the file ends, the recording waits. */
#define SILENCE_US INT64_C(3000000)

#define OVER 1 /* what run's steps return besides 0 (go on) and -errno */

enum phase { STARTING, ACTIVE, WAITING, FAILING };

struct recording {
	atomic_uint references;
	const struct recorder_options *recorder;
	const struct recording_observer *observer;
	char id[ID_SIZE];
	struct recorder_request request;
	int64_t begun_us;

	/* recording_run()'s own. It alone takes the feed away, so it reads it without the mutex. */
	enum phase phase;
	struct reel reel;
	struct loss loss;
	struct outage outage;
	int64_t last_pts_us;
	int64_t heard_us;    /* when the last frame came */
	bool encoder_failed; /* no disk is to blame for the error */

	struct limit limit;
	pthread_mutex_t mutex;
	struct feed *feed;             /* NULL once over; guarded by mutex */
	struct recorder_status status; /* guarded by mutex */
};

/* --- Life --- */

static int open_feed(struct recording *recording)
{
	const struct recorder_options *recorder = recording->recorder;
	const struct recorder_request *request = &recording->request;
	const struct feed_options options = {
		.jpeg = recorder->jpeg,
		.h264 = recorder->h264,
		.camera = recorder->camera,
		.format = request->format,
		.from_us = request->pre_roll_us > 0 ? recording->begun_us - request->pre_roll_us
	                                            : INT64_MAX,
		.fps = request->fps,
		.every_us = request->every_us,
	};

	return feed_new(&options, &recording->feed);
}

int recording_new(const struct recorder_options *recorder, const struct recorder_request *request,
                  struct recording **ret_recording)
{
	struct recording *recording = calloc(1, sizeof(*recording));
	int r;

	if (!recording)
		return -ENOMEM;
	atomic_init(&recording->references, 1);
	pthread_mutex_init(&recording->mutex, NULL);
	recording->recorder = recorder;
	recording->request = *request;
	recording->begun_us = clock_mono_us();
	recording->last_pts_us = INT64_MIN;
	recording->reel = (struct reel){
		.recorder = recorder, .request = &recording->request, .id = recording->id};
	limit_init(&recording->limit, request->duration_us);
	if (request->at_once)
		limit_count_from(&recording->limit, recording->begun_us);
	name_make_id(recording->id, recorder->camera_id,
	             recorder->wall_from_mono_us(recording->begun_us));
	r = open_feed(recording);
	if (r < 0) {
		recording_unref(recording);
		return r;
	}
	*ret_recording = recording;
	return 0;
}

struct recording *recording_ref(struct recording *recording)
{
	atomic_fetch_add(&recording->references, 1);
	return recording;
}

void recording_unref(struct recording *recording)
{
	if (!recording || atomic_fetch_sub(&recording->references, 1) != 1)
		return;
	feed_free(recording->feed);
	limit_finish(&recording->limit);
	pthread_mutex_destroy(&recording->mutex);
	free(recording);
}

/* --- From any thread --- */

const char *recording_id(const struct recording *recording)
{
	return recording->id;
}

static void wake(struct recording *recording)
{
	pthread_mutex_lock(&recording->mutex);
	if (recording->feed)
		feed_wake(recording->feed);
	pthread_mutex_unlock(&recording->mutex);
}

void recording_end(struct recording *recording, enum recorder_reason reason)
{
	limit_end_now(&recording->limit, reason);
	wake(recording);
}

int recording_extend(struct recording *recording, int64_t duration_us)
{
	int r = limit_move(&recording->limit, duration_us);

	if (r == 0)
		wake(recording);
	return r;
}

bool recording_is_over(struct recording *recording)
{
	return limit_is_closed(&recording->limit);
}

void recording_status(struct recording *recording, struct recorder_status *ret_status)
{
	int64_t ends_us = limit_us(&recording->limit);

	pthread_mutex_lock(&recording->mutex);
	*ret_status = recording->status;
	pthread_mutex_unlock(&recording->mutex);
	ret_status->ends_mono_us = ends_us == INT64_MAX ? 0 : ends_us;
	ret_status->stuck = outage_is_stuck(&recording->outage);
	ret_status->format = recording->request.format;
	memcpy(ret_status->id, recording->id, sizeof(ret_status->id));
	memcpy(ret_status->label, recording->request.label, sizeof(ret_status->label));
}

/* --- Events --- */

static struct recorder_event make_event(const struct recording *recording,
                                        enum recorder_event_type type)
{
	struct recorder_event event = {.type = type, .format = recording->request.format};

	memcpy(event.id, recording->id, sizeof(event.id));
	memcpy(event.label, recording->request.label, sizeof(event.label));
	return event;
}

static void report(struct recording *recording, const struct recorder_event *event)
{
	recording->observer->event(recording->observer->user, recording, event);
}

static void report_start(struct recording *recording)
{
	const struct segment_state *state = segment_state(recording->reel.segment);
	struct recorder_event event = make_event(recording, RECORDER_STARTED);

	memcpy(event.file, state->file, sizeof(event.file));
	event.started_wall_us = state->started_wall_us;
	report(recording, &event);
}

static void report_failure(struct recording *recording, int error, bool last)
{
	struct recorder_event event = make_event(recording, RECORDER_FAILED);

	event.error = error;
	event.reason = RECORDER_BY_ERROR;
	event.last = last;
	if (recording->encoder_failed)
		snprintf(event.text, sizeof(event.text), "cannot encode H.264: %s",
		         strerrordesc_np(-error));
	else
		folder_explain(recording->recorder->config, error, event.text);
	report(recording, &event);
}

/* Makes what the status shows true again. */
static void show(struct recording *recording)
{
	const struct reel *reel = &recording->reel;
	const struct segment_state *state = reel->segment ? segment_state(reel->segment) : NULL;
	struct recorder_status *status = &recording->status;

	pthread_mutex_lock(&recording->mutex);
	status->active = recording->phase == ACTIVE;
	status->bytes = reel_bytes(reel);
	status->frames = reel_frames(reel);
	status->dropped = recording->loss.frames;
	status->file_bytes = state ? state->bytes : 0;
	if (state)
		memcpy(status->file, state->file, sizeof(status->file));
	if (state && status->started_wall_us == 0)
		status->started_wall_us = state->started_wall_us;
	pthread_mutex_unlock(&recording->mutex);
}

/* --- Files --- */

/* Gives the closed file, if there is one, to be finished. */
static void hand_over(struct recording *recording, enum recorder_reason reason, bool last)
{
	struct recorder_event event = make_event(recording, RECORDER_FINISHED);

	event.reason = reason;
	event.last = last;
	if (recording->reel.segment)
		event.dropped = loss_take(&recording->loss);
	recording->observer->ended(recording->observer->user, recording,
	                           reel_take(&recording->reel), &event);
}

static int end_file(struct recording *recording, enum recorder_reason reason)
{
	struct segment *segment = recording->reel.segment;
	int r = segment ? segment_close(segment) : 0;

	if (segment)
		hand_over(recording, r < 0 ? RECORDER_BY_ERROR : reason, false);
	return r;
}

/* --- Frames --- */

/* A duration counts from the first frame; the pre-roll comes before that. */
static void set_end_from(struct recording *recording, int64_t first_pts_us)
{
	if (recording->request.at_once)
		return;
	if (recording->request.pre_roll_us > 0 && first_pts_us < recording->begun_us)
		first_pts_us = recording->begun_us;
	limit_count_from(&recording->limit, first_pts_us);
}

static int go_waiting(struct recording *recording)
{
	struct recorder_event event = make_event(recording, RECORDER_WAITING);

	if (recording->phase == WAITING)
		return 0;
	int r = end_file(recording, RECORDER_BY_CAMERA);
	recording->phase = WAITING;
	recording->loss.next_sequence = 0;
	show(recording);
	report(recording, &event);
	return r;
}

/* After a frame was written. */
static void go_active(struct recording *recording)
{
	bool was_active = recording->phase == ACTIVE;

	if (!recording->outage.error)
		recording->phase = ACTIVE;
	show(recording);
	if (!was_active && recording->phase == ACTIVE)
		report_start(recording);
}

/* An error is the disk's: what is written stays, and the recording tries again in a new file. */
static int endure(struct recording *recording, int error)
{
	if (error >= 0)
		return error;
	error = outage_cause(error, recording->recorder->config);
	if (recording->phase != WAITING)
		recording->phase = FAILING;
	show(recording);
	if (outage_begin(&recording->outage, error))
		report_failure(recording, error, false);
	end_file(recording, RECORDER_BY_ERROR);
	return 0;
}

/* Sees to it that a file is open: 0, -EAGAIN when none can begin with this frame, or -errno. */
static int need_file(struct recording *recording, const struct frame *frame)
{
	bool is_open = recording->reel.segment;
	int r = is_open ? 0 : outage_try(&recording->outage, recording->recorder->config);

	if (r < 0 || is_open)
		return r;
	if (!frame_info(frame)->key) {
		feed_request_key(recording->feed);
		return -EAGAIN;
	}
	return reel_open(&recording->reel, frame);
}

static int write_frame(struct recording *recording, const struct frame *frame)
{
	enum recorder_reason reason;
	bool flushed = false, wants_key = false;
	int r = 0;

	if (reel_is_over(&recording->reel, frame, &reason, &wants_key))
		r = end_file(recording, reason);
	if (wants_key)
		feed_request_key(recording->feed);
	if (r == 0)
		r = need_file(recording, frame);
	if (r == 0)
		r = segment_write(recording->reel.segment, frame, &flushed);
	if (r < 0) {
		if (r != -EAGAIN || recording->outage.error)
			loss_add(&recording->loss, 1);
		return r;
	}
	if (flushed)
		r = outage_prove(&recording->outage, recording->recorder->config);
	if (r < 0)
		return r;
	if (reel_frames(&recording->reel) == 1)
		set_end_from(recording, frame_info(frame)->pts_us);
	go_active(recording);
	return 0;
}

/* What is missing between the last frame that came and the end. */
static void count_to_end(struct recording *recording, const struct frame *after)
{
	const struct frame_info *info = after ? frame_info(after) : NULL;

	if (info && !info->placeholder && recording->request.every_us == 0)
		loss_end(&recording->loss, info->sequence, info->pts_us,
		         limit_us(&recording->limit));
}

static int take_frame(struct recording *recording, const struct frame *frame)
{
	const struct frame_info *info = frame_info(frame);

	if (limit_close(&recording->limit, info->pts_us)) {
		count_to_end(recording, frame);
		return OVER;
	}
	if (info->placeholder)
		return go_waiting(recording);
	recording->heard_us = clock_mono_us();
	if (recording->last_pts_us == INT64_MIN)
		set_end_from(recording, info->pts_us);
	if (recording->request.every_us == 0 &&
	    loss_see(&recording->loss, info->sequence, info->pts_us) > 0)
		recording->reel.torn = recording->outage.was_stuck;
	if (info->pts_us <= recording->last_pts_us) {
		loss_add(&recording->loss, 1);
		return 0;
	}
	recording->last_pts_us = info->pts_us;
	outage_enter(&recording->outage);
	int r = write_frame(recording, frame);
	outage_leave(&recording->outage);
	return r == -EAGAIN ? 0 : r;
}

/* --- Running --- */

/* When frames that were taken before the end have arrived. */
static int64_t last_arrival_us(struct recording *recording)
{
	int64_t ends_us = limit_us(&recording->limit);

	return recording->reel.segment && ends_us < INT64_MAX - LATE_US ? ends_us + LATE_US
	                                                                : ends_us;
}

static int64_t next_deadline_us(struct recording *recording)
{
	int64_t deadline_us = last_arrival_us(recording);
	int64_t silent_us = recording->heard_us + SILENCE_US;

	if (recording->request.every_us > 0)
		return deadline_us;
	return silent_us < deadline_us ? silent_us : deadline_us;
}

/* No frame comes: the camera is away, or gives pictures that cannot be encoded. */
static int fall_silent(struct recording *recording)
{
	int error = feed_error(recording->feed);

	recording->heard_us = clock_mono_us();
	if (error == 0)
		return endure(recording, go_waiting(recording));
	recording->encoder_failed = true;
	return error;
}

/* No frame came in time: for the end, or from the camera. */
static int wait_longer(struct recording *recording)
{
	int64_t now_us = clock_mono_us();

	if (now_us < last_arrival_us(recording))
		return fall_silent(recording);
	return limit_close(&recording->limit, now_us) ? OVER : 0;
}

/* The node ends, and the time for what is still in memory is over. */
static bool is_cut_off(struct recording *recording)
{
	if (clock_mono_us() < atomic_load(recording->recorder->cut_off_us))
		return false;
	_cleanup_(frame_unref_p) struct frame *last = feed_last(recording->feed);
	count_to_end(recording, last);
	log_warn("%s: no time left to write all that is in memory", recording->recorder->camera_id);
	return true;
}

static int step(struct recording *recording)
{
	_cleanup_(frame_unref_p) struct frame *frame = NULL;

	if (is_cut_off(recording))
		return OVER;
	heartbeat_beat(recording->recorder->heartbeat);
	int r = feed_wait(recording->feed, next_deadline_us(recording), &frame);
	heartbeat_rest(recording->recorder->heartbeat); /* the disk may take any time */

	switch (r) {
	case 0:
		return endure(recording, take_frame(recording, frame));
	case -EINTR: /* the end was moved */
		return 0;
	case -ETIMEDOUT:
		return wait_longer(recording);
	case -ESHUTDOWN:
		if (clock_mono_us() < limit_us(&recording->limit))
			recording_end(recording, RECORDER_BY_CAMERA);
		return OVER;
	default:
		recording->encoder_failed = true;
		return r;
	}
}

/* The recording asks for no more frames, though its status may be kept. */
static void drop_feed(struct recording *recording)
{
	struct feed *feed;

	pthread_mutex_lock(&recording->mutex);
	feed = move_ptr(recording->feed);
	pthread_mutex_unlock(&recording->mutex);
	feed_free(feed);
}

void recording_run(struct recording *recording, const struct recording_observer *observer)
{
	int r, closed;

	recording->observer = observer;
	recording->heard_us = clock_mono_us();
	do {
		r = step(recording);
	} while (r == 0);
	limit_close(&recording->limit, INT64_MAX);
	drop_feed(recording);

	closed = recording->reel.segment ? segment_close(recording->reel.segment) : 0;
	r = r == OVER ? closed : r;
	recording->phase = WAITING;
	show(recording);
	if (r < 0)
		report_failure(recording, r, true);
	hand_over(recording, r < 0 ? RECORDER_BY_ERROR : limit_reason(&recording->limit), true);
}
