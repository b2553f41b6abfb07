#include "record/recorder.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "base/thread.h"
#include "record/folder.h"
#include "record/recording.h"
#include "record/segment.h"

#include <errno.h>
#include <string.h>

/* Recordings started while the writer still closes earlier ones. */
#define MAX_STARTS 4

/* One in so many parts of a shutdown's time is for writing frames, the rest for whole files. */
#define CUT_OFF_SHARE 4

/* For a frame, or to notice that none comes; encoding a pre-roll may take its time. */
#define HEARTBEAT_LIMIT_US (60 * USEC_PER_SEC)

struct recorder {
	struct recorder_options options;
	char camera_id[ID_SIZE];
	struct queue *starts;     /* of struct recording, for the writer */
	struct hub_reader *ahead; /* keeps the last seconds in the ring; NULL without a pre-roll */
	pthread_t writer;
	struct heartbeat heartbeat;
	atomic_int_least64_t cut_off_us; /* INT64_MAX until the shutdown */

	pthread_mutex_t mutex;
	pthread_cond_t worked;    /* `work` became less */
	struct recording *newest; /* NULL before the first; guarded by mutex */
	bool running;             /* newest is between start and stop; guarded by mutex */
	unsigned unsettled;       /* recordings that have not told their last; guarded by mutex */
	unsigned work;            /* recordings and files some thread has; guarded by mutex */
	bool hurried;             /* files are kept, not finished; guarded by mutex */
};

/* A closed file on its way to the finisher. */
struct ending {
	struct recorder *recorder;
	struct segment *segment; /* NULL: only the event */
	struct recorder_event event;
};

const char *recorder_reason_name(enum recorder_reason reason)
{
	static const char *const names[] = {
		[RECORDER_BY_COMMAND] = "command",   [RECORDER_BY_DURATION] = "duration",
		[RECORDER_BY_SCHEDULE] = "schedule", [RECORDER_BY_SEGMENT] = "segment",
		[RECORDER_BY_CAMERA] = "camera",     [RECORDER_BY_SHUTDOWN] = "shutdown",
		[RECORDER_BY_ERROR] = "error",       [RECORDER_BY_RECOVERY] = "recovery",
	};

	return names[reason];
}

/* --- The ends of files --- */

static void add_work(struct recorder *recorder)
{
	pthread_mutex_lock(&recorder->mutex);
	recorder->work++;
	pthread_mutex_unlock(&recorder->mutex);
}

static void take_work_off(struct recorder *recorder)
{
	pthread_mutex_lock(&recorder->mutex);
	recorder->work--;
	pthread_cond_broadcast(&recorder->worked);
	pthread_mutex_unlock(&recorder->mutex);
}

static bool is_hurried(struct recorder *recorder)
{
	bool hurried;

	pthread_mutex_lock(&recorder->mutex);
	hurried = recorder->hurried;
	pthread_mutex_unlock(&recorder->mutex);
	return hurried;
}

static void fill_in(struct recorder_event *event, const struct segment_state *state)
{
	memcpy(event->file, state->file, sizeof(event->file));
	event->bytes = state->bytes;
	event->frames = state->frames;
	event->started_wall_us = state->started_wall_us;
	event->duration_s = (double)state->duration_us / USEC_PER_SEC;
}

static const char *explain(int error)
{
	switch (error) {
	case -ENOENT:
		return "the file is gone";
	case -ENODATA:
		return "nothing was written";
	case -EBADMSG:
		return "it cannot be read";
	case -ECANCELED:
		return "no time is left";
	default:
		return strerrordesc_np(-error);
	}
}

static int keep_segment(struct recorder *recorder, struct segment *segment)
{
	const struct segment_state *state = segment_state(segment);
	int r = segment_keep(segment);

	if (r < 0 && r != -ENOENT)
		log_error("%s: cannot sync %s: %s", recorder->camera_id, state->file,
		          strerrordesc_np(-r));
	return r;
}

/* Makes the file whole, or sees to it that its part lasts: 0, or why there is no file at all. */
static int finish_segment(struct recorder *recorder, struct segment *segment,
                          struct recorder_event *event)
{
	int r = is_hurried(recorder) ? -ECANCELED : segment_finish(segment);

	if (r == -ENOENT || r == -ENODATA)
		return r;
	if (r < 0) {
		if (keep_segment(recorder, segment) == -ENOENT)
			return -ENOENT;
		event->error = r;
		snprintf(event->text, sizeof(event->text), "kept unfinished: %s", explain(r));
		log_warn("%s: %s is %s", recorder->camera_id, segment_state(segment)->file,
		         event->text);
	}
	fill_in(event, segment_state(segment));
	return 0;
}

static void tell(struct recorder *recorder, const struct recorder_event *event)
{
	recorder->options.event(recorder->options.user, recorder->camera_id, event);
}

/* There is no file to tell of. When writing it failed, the writer tells. */
static void report_loss(struct ending *ending, int error)
{
	struct recorder_event failed = ending->event;

	if (failed.reason == RECORDER_BY_ERROR && (error == -ENODATA || error == -ENOENT))
		return;
	failed.type = RECORDER_FAILED;
	failed.reason = ending->event.reason = RECORDER_BY_ERROR;
	failed.last = false;
	failed.error = error;
	snprintf(failed.text, sizeof(failed.text), "%s", explain(error));
	tell(ending->recorder, &failed);
}

static void complete(struct ending *ending)
{
	struct recorder *recorder = ending->recorder;
	bool last = ending->event.last;
	int lost = 0;

	if (ending->segment) {
		lost = finish_segment(recorder, ending->segment, &ending->event);
		segment_free(ending->segment);
	}
	if (lost < 0)
		report_loss(ending, lost);
	/* Whoever gets the event finds a status that agrees with it. */
	if (last) {
		pthread_mutex_lock(&recorder->mutex);
		recorder->unsettled--;
		pthread_mutex_unlock(&recorder->mutex);
	}
	if (last || lost == 0)
		tell(recorder, &ending->event);
	take_work_off(recorder);
}

static void complete_and_free(void *arg)
{
	complete(arg);
	free(arg);
}

/* --- The writer's thread --- */

/* Newly started ones are not touched. */
static void no_longer_running(struct recorder *recorder, const struct recording *recording)
{
	pthread_mutex_lock(&recorder->mutex);
	if (recorder->newest == recording)
		recorder->running = false;
	pthread_mutex_unlock(&recorder->mutex);
}

static void on_event(void *user, struct recording *recording, const struct recorder_event *event)
{
	struct recorder *recorder = user;

	if (event->type == RECORDER_FAILED && event->last)
		no_longer_running(recorder, recording);
	tell(recorder, event);
}

/* Better late than lost: what the finisher cannot take is completed here. */
static void on_ended(void *user, struct recording *recording, struct segment *segment,
                     const struct recorder_event *event)
{
	struct recorder *recorder = user;
	struct ending ending = {recorder, segment, *event};
	struct ending *copy = malloc(sizeof(*copy));

	if (event->last)
		no_longer_running(recorder, recording);
	add_work(recorder);
	if (copy) {
		*copy = ending;
		if (worker_submit(recorder->options.finisher, complete_and_free, copy) == 0)
			return;
		free(copy);
	}
	complete(&ending);
}

static void *write_recordings(void *arg)
{
	struct recorder *recorder = arg;
	const struct recording_observer observer = {recorder, on_event, on_ended};
	void *recording;

	while (queue_pop(recorder->starts, INT64_MAX, &recording) == 0) {
		recording_run(recording, &observer);
		recording_unref(recording);
		take_work_off(recorder);
	}
	return NULL;
}

/* --- Life --- */

static void free_parts(struct recorder *recorder)
{
	recording_unref(recorder->newest);
	hub_reader_free(recorder->ahead);
	queue_free(recorder->starts);
	pthread_cond_destroy(&recorder->worked);
	pthread_mutex_destroy(&recorder->mutex);
	free(recorder);
}

/* Nothing is read by it; that it is there makes the JPEGs come and stay. */
static int read_ahead(struct recorder *recorder)
{
	static const struct hub_reader_options every = {HUB_EVERY, false, INT64_MAX};
	const struct config_camera *camera = recorder->options.camera;

	if (!camera || camera->pre_roll_s <= 0)
		return 0;
	recorder->ahead = hub_reader_new(recorder->options.jpeg, &every);
	return recorder->ahead ? 0 : -ENOMEM;
}

struct recorder *recorder_new(const struct recorder_options *options)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));

	if (!recorder)
		return NULL;
	pthread_mutex_init(&recorder->mutex, NULL);
	cond_init(&recorder->worked);
	recorder->options = *options;
	recorder->options.camera_id = recorder->camera_id;
	recorder->options.heartbeat = &recorder->heartbeat;
	atomic_init(&recorder->cut_off_us, INT64_MAX);
	recorder->options.cut_off_us = &recorder->cut_off_us;
	heartbeat_init(&recorder->heartbeat, HEARTBEAT_LIMIT_US, "%s's writer", options->camera_id);
	if (!recorder->options.wall_from_mono_us)
		recorder->options.wall_from_mono_us = clock_wall_from_mono_us;
	recorder->starts = queue_new(MAX_STARTS, NULL);
	if (!recorder->starts || read_ahead(recorder) < 0 ||
	    str_copy(recorder->camera_id, ID_SIZE, options->camera_id) < 0 ||
	    thread_start(&recorder->writer, "writer", write_recordings, recorder) < 0) {
		free_parts(recorder);
		return NULL;
	}
	return recorder;
}

/* Until no thread has work of this recorder: 0 or -ETIMEDOUT. */
static int wait_for_work(struct recorder *recorder, int64_t deadline_us)
{
	int r = 0;

	pthread_mutex_lock(&recorder->mutex);
	while (recorder->work > 0 && r == 0)
		r = cond_wait_until(&recorder->worked, &recorder->mutex, deadline_us);
	r = recorder->work > 0 ? -ETIMEDOUT : 0;
	recorder->hurried = r < 0;
	pthread_mutex_unlock(&recorder->mutex);
	return r;
}

void recorder_begin_shutdown(struct recorder *recorder, int64_t timeout_us)
{
	int64_t none = INT64_MAX;

	atomic_compare_exchange_strong(&recorder->cut_off_us, &none,
	                               clock_mono_us() + timeout_us / CUT_OFF_SHARE);
	queue_close(recorder->starts);
	recorder_stop(recorder, RECORDER_BY_SHUTDOWN);
}

int recorder_shutdown(struct recorder *recorder, int64_t timeout_us)
{
	int64_t deadline_us = clock_mono_us() + timeout_us;

	bool was_hurried = is_hurried(recorder);
	int r;

	recorder_begin_shutdown(recorder, timeout_us);
	r = wait_for_work(recorder, deadline_us);
	if (r < 0 && !was_hurried)
		log_warn("%s: no time left to finish the recording's file", recorder->camera_id);
	return r;
}

void recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return;
	recorder_begin_shutdown(recorder, 0);
	wait_for_work(recorder, INT64_MAX);
	pthread_join(recorder->writer, NULL);
	free_parts(recorder);
}

/* --- Control --- */

/* While one that has ended by itself closes its file, the next may begin. With the mutex held. */
static bool runs(const struct recorder *recorder)
{
	return recorder->running && !recording_is_over(recorder->newest);
}

static bool is_running(struct recorder *recorder)
{
	bool running;

	pthread_mutex_lock(&recorder->mutex);
	running = runs(recorder);
	pthread_mutex_unlock(&recorder->mutex);
	return running;
}

/* Takes the recording over: makes it the newest and gives the writer a reference of its own. */
static int submit(struct recorder *recorder, struct recording *recording)
{
	struct recording *replaced = recording;
	int r;

	pthread_mutex_lock(&recorder->mutex);
	r = queue_push(recorder->starts, recording_ref(recording));
	if (r == 0) {
		replaced = recorder->newest;
		recorder->newest = recording;
		recorder->running = true;
		recorder->unsettled++;
		recorder->work++;
	}
	pthread_mutex_unlock(&recorder->mutex);
	if (r < 0)
		recording_unref(recording);
	recording_unref(replaced);
	return r == -ENOSPC ? -EBUSY : r;
}

int recorder_start(struct recorder *recorder, const struct recorder_request *request,
                   char ret_id[static ID_SIZE])
{
	struct recording *recording;
	char id[ID_SIZE];
	int r;

	if (is_running(recorder))
		return -EALREADY;
	r = folder_check(recorder->options.config);
	if (r == 0)
		r = folder_check_camera(recorder->options.config, recorder->camera_id);
	if (r < 0)
		return r;
	r = recording_new(&recorder->options, request, &recording);
	if (r < 0)
		return r;
	memcpy(id, recording_id(recording), sizeof(id));
	r = submit(recorder, recording);
	if (r == 0)
		memcpy(ret_id, id, sizeof(id));
	return r;
}

/* The running recording, a new reference, or NULL; with `stop` it is none any more. */
static struct recording *take_running(struct recorder *recorder, bool stop)
{
	struct recording *recording = NULL;

	pthread_mutex_lock(&recorder->mutex);
	if (runs(recorder))
		recording = recording_ref(recorder->newest);
	recorder->running = recorder->running && !stop;
	pthread_mutex_unlock(&recorder->mutex);
	return recording;
}

int recorder_extend(struct recorder *recorder, int64_t duration_us)
{
	struct recording *recording = take_running(recorder, false);

	if (!recording)
		return -ESRCH;
	int r = recording_extend(recording, duration_us);
	recording_unref(recording);
	return r;
}

int recorder_stop(struct recorder *recorder, enum recorder_reason reason)
{
	struct recording *recording = take_running(recorder, true);

	if (!recording)
		return -ESRCH;
	recording_end(recording, reason);
	recording_unref(recording);
	return 0;
}

struct heartbeat *recorder_heartbeat(struct recorder *recorder)
{
	return &recorder->heartbeat;
}

void recorder_status(struct recorder *recorder, struct recorder_status *ret_status)
{
	struct recorder_status status = {0};
	struct recording *newest = NULL;

	pthread_mutex_lock(&recorder->mutex);
	if (recorder->newest)
		newest = recording_ref(recorder->newest);
	pthread_mutex_unlock(&recorder->mutex);

	if (newest)
		recording_status(newest, &status);
	recording_unref(newest);

	pthread_mutex_lock(&recorder->mutex);
	status.running = runs(recorder);
	status.stuck = status.stuck && status.running;
	status.active = status.active && status.running && !status.stuck;
	status.finishing = recorder->unsettled > (status.running ? 1U : 0U);
	pthread_mutex_unlock(&recorder->mutex);
	*ret_status = status;
}
