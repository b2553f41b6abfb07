#include "record/recording.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "record/folder.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Frames on their way through the encoder when the end comes are waited for this long. */
#define LATE_US INT64_C(500000)

/* Without a frame for this long the camera is away: the file ends, the recording waits. */
#define SILENCE_US INT64_C(3000000)

#define CAMERA_IN_ID 43 /* ID_SIZE less "-YYYYMMDDTHHMMSS-ffff" */

/* What run's steps return besides 0 (go on) and -errno. */
#define OVER 1

enum phase { STARTING, ACTIVE, WAITING };

struct recording {
	atomic_uint references;
	const struct recorder_options *recorder;
	const struct recording_observer *observer;
	char id[ID_SIZE];
	enum config_record_format format;
	struct hub *hub;

	/* recording_run()'s own. It alone takes the reader away, so it reads it without the mutex.
	 */
	enum phase phase;
	struct segment *segment; /* NULL: none open */
	uint64_t segment_dropped;
	bool key_asked; /* so that the segment can end */
	int64_t last_pts_us;
	uint64_t next_sequence; /* 0: not known */
	int64_t heard_us;       /* when the last frame came */
	uint64_t earlier_bytes, earlier_frames, dropped;

	pthread_mutex_t mutex;
	struct hub_reader *reader;     /* NULL once over; guarded by mutex */
	int64_t ends_us;               /* guarded by mutex */
	int64_t duration_us;           /* 0: open end; guarded by mutex */
	enum recorder_reason reason;   /* of the end; guarded by mutex */
	struct recorder_status status; /* guarded by mutex */
};

/* --- Life --- */

static void make_id(char ret_id[static ID_SIZE], const char *camera_id)
{
	time_t seconds = clock_wall_us() / USEC_PER_SEC;
	char stamp[sizeof("YYYYMMDDTHHMMSS")];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &tm);
	snprintf(ret_id, ID_SIZE, "%.*s-%s-%04x", CAMERA_IN_ID, camera_id, stamp,
	         (unsigned)backoff_random(0x10000));
}

static int64_t end_from_now(int64_t duration_us)
{
	return duration_us > 0 ? clock_mono_us() + duration_us : INT64_MAX;
}

int recording_new(const struct recorder_options *recorder, const struct recorder_request *request,
                  struct recording **ret_recording)
{
	static const struct hub_reader_options from_now = {HUB_EVERY, false, INT64_MAX};
	struct hub *hub = request->format == CONFIG_H264 ? recorder->h264 : recorder->jpeg;
	struct recording *recording;

	if (!hub)
		return -ENOSYS;
	recording = calloc(1, sizeof(*recording));
	if (!recording)
		return -ENOMEM;
	atomic_init(&recording->references, 1);
	pthread_mutex_init(&recording->mutex, NULL);
	recording->recorder = recorder;
	recording->format = request->format;
	recording->hub = hub;
	recording->last_pts_us = INT64_MIN;
	recording->ends_us = end_from_now(request->duration_us);
	recording->duration_us = request->duration_us;
	recording->reason = RECORDER_BY_DURATION;
	make_id(recording->id, recorder->camera_id);
	recording->reader = hub_reader_new(hub, &from_now);
	if (!recording->reader) {
		recording_unref(recording);
		return -ENOMEM;
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
	hub_reader_free(recording->reader);
	pthread_mutex_destroy(&recording->mutex);
	free(recording);
}

/* --- From any thread --- */

const char *recording_id(const struct recording *recording)
{
	return recording->id;
}

static void move_end(struct recording *recording, int64_t ends_us, int64_t duration_us,
                     enum recorder_reason reason)
{
	pthread_mutex_lock(&recording->mutex);
	recording->ends_us = ends_us;
	recording->duration_us = duration_us;
	recording->reason = reason;
	if (recording->reader)
		hub_reader_wake(recording->reader);
	pthread_mutex_unlock(&recording->mutex);
}

void recording_end(struct recording *recording, enum recorder_reason reason)
{
	move_end(recording, clock_mono_us(), 0, reason);
}

void recording_extend(struct recording *recording, int64_t duration_us)
{
	move_end(recording, end_from_now(duration_us), duration_us, RECORDER_BY_DURATION);
}

void recording_status(struct recording *recording, struct recorder_status *ret_status)
{
	struct recorder_status status;

	pthread_mutex_lock(&recording->mutex);
	status = recording->status;
	status.ends_mono_us = recording->ends_us == INT64_MAX ? 0 : recording->ends_us;
	pthread_mutex_unlock(&recording->mutex);
	status.format = recording->format;
	memcpy(status.id, recording->id, sizeof(status.id));
	*ret_status = status;
}

/* --- Events --- */

static struct recorder_event make_event(const struct recording *recording,
                                        enum recorder_event_type type)
{
	struct recorder_event event = {.type = type, .format = recording->format};

	memcpy(event.id, recording->id, sizeof(event.id));
	return event;
}

static void report(struct recording *recording, const struct recorder_event *event)
{
	recording->observer->event(recording->observer->user, recording, event);
}

static void report_start(struct recording *recording)
{
	const struct segment_state *state = segment_state(recording->segment);
	struct recorder_event event = make_event(recording, RECORDER_STARTED);

	memcpy(event.file, state->file, sizeof(event.file));
	event.started_wall_us = state->started_wall_us;
	report(recording, &event);
}

static void report_failure(struct recording *recording, int error)
{
	const struct config_record *config = recording->recorder->config;
	struct recorder_event event = make_event(recording, RECORDER_FAILED);

	event.error = error;
	event.reason = RECORDER_BY_ERROR;
	if (error == -ENOSPC && config->min_free_mb > 0)
		snprintf(event.text, sizeof(event.text), "less than %d MB free in %s",
		         config->min_free_mb, config->dir);
	else
		snprintf(event.text, sizeof(event.text), "cannot write to %s: %s", config->dir,
		         strerrordesc_np(-error));
	report(recording, &event);
}

/* Makes what the status shows true again. */
static void show(struct recording *recording)
{
	const struct segment_state *state =
		recording->segment ? segment_state(recording->segment) : NULL;
	struct recorder_status *status = &recording->status;

	pthread_mutex_lock(&recording->mutex);
	status->active = recording->phase == ACTIVE;
	status->bytes = recording->earlier_bytes + (state ? state->bytes : 0);
	status->frames = recording->earlier_frames + (state ? state->frames : 0);
	status->dropped = recording->dropped;
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
	if (recording->segment) {
		const struct segment_state *state = segment_state(recording->segment);

		event.dropped = recording->segment_dropped;
		recording->segment_dropped = 0;
		recording->earlier_bytes += state->bytes;
		recording->earlier_frames += state->frames;
	}
	recording->observer->ended(recording->observer->user, recording,
	                           move_ptr(recording->segment), &event);
}

static int end_file(struct recording *recording, enum recorder_reason reason)
{
	int r;

	if (!recording->segment)
		return 0;
	r = segment_close(recording->segment);
	hand_over(recording, r < 0 ? RECORDER_BY_ERROR : reason, false);
	return r;
}

/* True when the frame belongs into a new file. */
static bool file_is_over(struct recording *recording, const struct frame *frame,
                         enum recorder_reason *ret_reason)
{
	const struct frame_info *info = frame_info(frame);
	int64_t length_us = recording->recorder->config->segment_s * USEC_PER_SEC;

	if (!recording->segment)
		return false;
	if (!segment_fits(recording->segment, frame)) {
		*ret_reason = RECORDER_BY_CAMERA;
		return true;
	}
	if (info->pts_us - segment_state(recording->segment)->first_pts_us < length_us)
		return false;
	if (!info->key) {
		if (!recording->key_asked)
			hub_request_key(recording->hub);
		recording->key_asked = true;
		return false;
	}
	*ret_reason = RECORDER_BY_SEGMENT;
	return true;
}

static int open_file(struct recording *recording, const struct frame *first)
{
	const struct segment_options options = {
		.folder = recording->recorder->config->dir,
		.camera_id = recording->recorder->camera_id,
		.syncer = recording->recorder->syncer,
	};

	recording->key_asked = false;
	return segment_open(&options, first, &recording->segment);
}

/* --- Frames --- */

static void count_dropped(struct recording *recording, uint64_t frames)
{
	recording->dropped += frames;
	recording->segment_dropped += frames;
}

/* Frames that the camera took and that did not get here, wherever they were lost. */
static void count_missing(struct recording *recording, uint64_t sequence)
{
	if (recording->next_sequence > 0 && sequence > recording->next_sequence)
		count_dropped(recording, sequence - recording->next_sequence);
	recording->next_sequence = sequence + 1;
}

/* A duration counts from the first frame. */
static void set_end_from(struct recording *recording, int64_t first_pts_us)
{
	pthread_mutex_lock(&recording->mutex);
	if (recording->duration_us > 0)
		recording->ends_us = first_pts_us + recording->duration_us;
	pthread_mutex_unlock(&recording->mutex);
}

static int go_waiting(struct recording *recording)
{
	struct recorder_event event = make_event(recording, RECORDER_WAITING);
	int r;

	if (recording->phase == WAITING)
		return 0;
	r = end_file(recording, RECORDER_BY_CAMERA);
	recording->phase = WAITING;
	recording->next_sequence = 0;
	show(recording);
	report(recording, &event);
	return r;
}

/* After a frame was written. */
static void go_active(struct recording *recording)
{
	bool was_active = recording->phase == ACTIVE;

	recording->phase = ACTIVE;
	show(recording);
	if (!was_active)
		report_start(recording);
}

static int write_frame(struct recording *recording, const struct frame *frame)
{
	const struct frame_info *info = frame_info(frame);
	enum recorder_reason reason;
	bool flushed = false;
	int r = 0;

	if (file_is_over(recording, frame, &reason))
		r = end_file(recording, reason);
	if (r == 0 && !recording->segment) {
		if (!info->key) {
			hub_request_key(recording->hub);
			return 0;
		}
		r = open_file(recording, frame);
	}
	if (r == 0)
		r = segment_write(recording->segment, frame, &flushed);
	if (r < 0)
		return r;
	if (recording->earlier_frames == 0 && segment_state(recording->segment)->frames == 1)
		set_end_from(recording, info->pts_us);
	go_active(recording);
	return flushed ? folder_check(recording->recorder->config) : 0;
}

static int64_t end_us(struct recording *recording)
{
	int64_t ends_us;

	pthread_mutex_lock(&recording->mutex);
	ends_us = recording->ends_us;
	pthread_mutex_unlock(&recording->mutex);
	return ends_us;
}

static int take_frame(struct recording *recording, const struct frame *frame)
{
	const struct frame_info *info = frame_info(frame);

	if (info->pts_us >= end_us(recording))
		return OVER;
	if (info->placeholder)
		return go_waiting(recording);
	recording->heard_us = clock_mono_us();
	count_missing(recording, info->sequence);
	if (info->pts_us <= recording->last_pts_us) {
		count_dropped(recording, 1);
		return 0;
	}
	recording->last_pts_us = info->pts_us;
	return write_frame(recording, frame);
}

/* --- Running --- */

/* When frames that were taken before the end have arrived. */
static int64_t last_arrival_us(struct recording *recording)
{
	int64_t ends_us = end_us(recording);

	return recording->segment && ends_us < INT64_MAX - LATE_US ? ends_us + LATE_US : ends_us;
}

static int64_t next_deadline_us(struct recording *recording)
{
	int64_t deadline_us = last_arrival_us(recording);
	int64_t silent_us = recording->heard_us + SILENCE_US;

	return recording->phase != WAITING && silent_us < deadline_us ? silent_us : deadline_us;
}

static int step(struct recording *recording)
{
	_cleanup_(frame_unref_p) struct frame *frame = NULL;
	int r = hub_reader_wait(recording->reader, next_deadline_us(recording), &frame, NULL);

	switch (r) {
	case 0:
		return take_frame(recording, frame);
	case -EINTR: /* the end was moved */
		return 0;
	case -ETIMEDOUT:
		return clock_mono_us() >= last_arrival_us(recording) ? OVER : go_waiting(recording);
	case -ESHUTDOWN:
		if (clock_mono_us() < end_us(recording))
			recording_end(recording, RECORDER_BY_CAMERA);
		return OVER;
	default:
		return r;
	}
}

static enum recorder_reason end_reason(struct recording *recording)
{
	enum recorder_reason reason;

	pthread_mutex_lock(&recording->mutex);
	reason = recording->reason;
	pthread_mutex_unlock(&recording->mutex);
	return reason;
}

/* The recording asks for no more frames, though its status may be kept. */
static void drop_reader(struct recording *recording)
{
	struct hub_reader *reader;

	pthread_mutex_lock(&recording->mutex);
	reader = move_ptr(recording->reader);
	pthread_mutex_unlock(&recording->mutex);
	hub_reader_free(reader);
}

void recording_run(struct recording *recording, const struct recording_observer *observer)
{
	int closed = 0;
	int r;

	recording->observer = observer;
	recording->heard_us = clock_mono_us();
	do {
		r = step(recording);
	} while (r == 0);
	drop_reader(recording);

	if (recording->segment)
		closed = segment_close(recording->segment);
	if (r == OVER)
		r = closed;
	recording->phase = WAITING;
	show(recording);
	if (r < 0)
		report_failure(recording, r);
	hand_over(recording, r < 0 ? RECORDER_BY_ERROR : end_reason(recording), true);
}
