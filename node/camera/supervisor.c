#include "camera/supervisor.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "camera/ending.h"
#include "camera/feed.h"
#include "camera/patience.h"
#include "camera/pulse.h"

#define TICK_US (USEC_PER_SEC / 2)
#define OVERSLEPT_US USEC_PER_SEC
/* Three calls may follow each other without a wait, and each be nearly stuck. */
#define HEARTBEAT_LIMIT_US (INT64_C(4) * SUPERVISOR_STUCK_US)
#define RENEW_US USEC_PER_SEC        /* how often `offline` is repeated */
#define LINGER_US (5 * USEC_PER_SEC) /* of an on-demand source after its last reader */

struct supervisor {
	const struct config_camera *config; /* but size and rate, which are the profile's */
	struct tuning *tuning;
	const struct supervisor_ops *ops;
	pthread_t thread;

	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct config_camera wish; /* what to open next; guarded by mutex */
	bool stopping;             /* guarded by mutex */
	bool ended;                /* guarded by mutex: the thread makes no call any more */
	bool enabled;              /* guarded by mutex */
	bool interrupted;          /* guarded by mutex: was off since the source was opened */
	bool woken;                /* guarded by mutex: supervisor_wake() was called */

	struct ending ending; /* of the source by itself */
	struct pulse pulse;
	struct heartbeat heartbeat;

	struct feed feed;
	atomic_uint_fast64_t restarts;

	/* supervisor's thread only */
	struct config_camera opened; /* what the source was opened with */
	struct patience patience;
	struct log_repeat log;
	char described[256]; /* what was logged about the camera */
	int64_t online_us;   /* since when it gives pictures in this run; 0: it gave none yet */
	bool stable;         /* it has done so for long */
};

static void on_image(void *user, struct image *image)
{
	struct supervisor *supervisor = user;

	pulse_image(&supervisor->pulse, image);
}

static bool on_wanted(void *user)
{
	struct supervisor *supervisor = user;

	return pulse_wanted(&supervisor->pulse);
}

static void on_first(void *user)
{
	supervisor_wake(user);
}

static void on_gone(void *user, const char *why)
{
	struct supervisor *supervisor = user;

	ending_tell(&supervisor->ending, why);
	supervisor_wake(supervisor);
}

static bool is_stopping(struct supervisor *supervisor)
{
	pthread_mutex_lock(&supervisor->mutex);
	bool stopping = supervisor->stopping;
	pthread_mutex_unlock(&supervisor->mutex);
	return stopping;
}

/* True when the source has to be closed: stopping, or the camera was switched off. */
static bool is_over(struct supervisor *supervisor)
{
	pthread_mutex_lock(&supervisor->mutex);
	bool over = supervisor->stopping || !supervisor->enabled;
	pthread_mutex_unlock(&supervisor->mutex);
	return over;
}

/* The same, also when it is on again already, and when the profile asks for what the open source
 * was not opened for. Fewer pictures than it gives are made of it without opening it again. */
static bool must_close(struct supervisor *supervisor)
{
	const struct config_camera *wish = &supervisor->wish, *opened = &supervisor->opened;

	pthread_mutex_lock(&supervisor->mutex);
	bool differs = wish->width != opened->width || wish->height != opened->height ||
	               wish->fps > opened->fps || supervisor->interrupted;
	pthread_mutex_unlock(&supervisor->mutex);
	return differs || is_over(supervisor);
}

static void take_wish(struct supervisor *supervisor)
{
	pthread_mutex_lock(&supervisor->mutex);
	supervisor->opened = supervisor->wish;
	supervisor->interrupted = false;
	pthread_mutex_unlock(&supervisor->mutex);
}

/* Waits until something changed or the deadline, or a heartbeat is due. */
static void wait_until(struct supervisor *supervisor, int64_t deadline_us)
{
	int64_t next_beat_us = clock_mono_us() + HEARTBEAT_PERIOD_US;

	heartbeat_beat(&supervisor->heartbeat);
	if (deadline_us > next_beat_us)
		deadline_us = next_beat_us;
	pthread_mutex_lock(&supervisor->mutex);
	if (!supervisor->stopping && !supervisor->woken)
		cond_wait_until(&supervisor->changed, &supervisor->mutex, deadline_us);
	supervisor->woken = false;
	pthread_mutex_unlock(&supervisor->mutex);
}

static void report_offline(struct supervisor *supervisor, const char *why)
{
	supervisor->ops->offline(supervisor->ops->user, why);
}

/* Logs which camera it is, unless it is the same one again. */
static void describe(struct supervisor *supervisor, const struct source_mode *mode)
{
	const struct source_flip flip = source_flip(supervisor->config);
	char text[sizeof supervisor->described];

	snprintf(text, sizeof text, "%s, %dx%d %s at %g fps%s", mode->model, mode->width,
	         mode->height, image_format_name(mode->format), mode->fps,
	         mode->has_small ? ", preview from a second stream" : "");
	if (strcmp(text, supervisor->described) == 0)
		return;
	memcpy(supervisor->described, text, sizeof text);
	log_info("%s: %s", supervisor->config->id, text);
	if (flip.h != mode->flip.h || flip.v != mode->flip.v)
		log_warn("%s: the camera cannot flip its picture as configured",
		         supervisor->config->id);
}

static void report_online(struct supervisor *supervisor)
{
	struct source_mode mode;

	supervisor->feed.source->ops->mode(supervisor->feed.source, &mode);
	supervisor->online_us = clock_mono_us();
	describe(supervisor, &mode);
	supervisor->ops->online(supervisor->ops->user, &mode);
}

/* The camera hasn't come for a moment only: what was before is over. */
static void report_stable(struct supervisor *supervisor)
{
	supervisor->stable = true;
	patience_restore(&supervisor->patience);
	log_repeat_clear(&supervisor->log, "%s: camera is back", supervisor->config->id);
}

/* Why the running source has to be stopped: 0 go on, else -errno and `ret_why`. */
static int check_running(struct supervisor *supervisor, char ret_why[static SOURCE_TEXT_SIZE])
{
	int error = ending_check(&supervisor->ending, ret_why);

	if (error < 0)
		return error;

	int64_t limit = (int64_t)(5 * 1e6 / supervisor->opened.fps);
	if (limit < SUPERVISOR_STALL_US)
		limit = SUPERVISOR_STALL_US;
	if (pulse_silence_us(&supervisor->pulse) < limit)
		return 0;
	snprintf(ret_why, SOURCE_TEXT_SIZE, "no picture for %d s", (int)(limit / USEC_PER_SEC));
	return -ETIMEDOUT;
}

static bool is_unwanted(struct supervisor *supervisor, int64_t *last_wanted_us)
{
	int64_t now = clock_mono_us();

	if (supervisor->config->capture == CONFIG_CAPTURE_ALWAYS)
		return false;
	if (supervisor->ops->wanted(supervisor->ops->user))
		*last_wanted_us = now;
	return now - *last_wanted_us > LINGER_US;
}

/* Waits for a change, at most a tick. If it took far longer, the whole process was stopped, and
 * what that kept from coming doesn't count as the source's silence. */
static void wait_tick(struct supervisor *supervisor)
{
	int64_t deadline_us = clock_mono_us() + TICK_US;

	wait_until(supervisor, deadline_us);
	if (clock_mono_us() > deadline_us + OVERSLEPT_US)
		pulse_forgive(&supervisor->pulse);
}

/* Carries what was wished meanwhile to the open source. */
static void apply_tuning(struct supervisor *supervisor)
{
	if (tuning_apply(supervisor->tuning, supervisor->feed.source))
		supervisor->ops->controls(supervisor->ops->user);
}

/* Tells what the first picture since the start, and a long time with pictures, mean. */
static void note_pictures(struct supervisor *supervisor, uint64_t captured_before)
{
	if (supervisor->online_us == 0) {
		if (atomic_load(&supervisor->pulse.captured) != captured_before)
			report_online(supervisor);
	} else if (!supervisor->stable &&
	           clock_mono_us() - supervisor->online_us >= PATIENCE_STABLE_US) {
		report_stable(supervisor);
	}
}

static int start_source(struct supervisor *supervisor, char ret_why[static SOURCE_TEXT_SIZE])
{
	const struct source_sink sink = {
		.user = supervisor,
		.image = on_image,
		.wanted = on_wanted,
		.gone = on_gone,
	};

	ending_forget(&supervisor->ending);
	pulse_begin(&supervisor->pulse);
	supervisor->online_us = 0;
	supervisor->stable = false;
	return feed_start(&supervisor->feed, &sink, ret_why);
}

/* Runs the open source until it fails (-errno, why), or (0) nobody wants it or it must be closed.
 */
static int run_source(struct supervisor *supervisor, char ret_why[static SOURCE_TEXT_SIZE])
{
	int64_t last_wanted_us = clock_mono_us();
	uint64_t captured = atomic_load(&supervisor->pulse.captured);
	int error = start_source(supervisor, ret_why);

	if (error < 0)
		return error;
	while (error == 0 && !is_unwanted(supervisor, &last_wanted_us)) {
		wait_tick(supervisor);
		if (must_close(supervisor))
			break;
		apply_tuning(supervisor);
		note_pictures(supervisor, captured);
		error = check_running(supervisor, ret_why);
	}
	if (error < 0) /* first: the source may never return from stop() */
		report_offline(supervisor, ret_why);
	feed_stop(&supervisor->feed);
	if (error == 0 && supervisor->online_us != 0 && !supervisor->stable)
		report_stable(supervisor);
	return error;
}

/* Offline for `delay_ms`, with the picture renewed. */
static void wait_offline(struct supervisor *supervisor, const char *why, int64_t delay_ms)
{
	int64_t end_us = clock_mono_us() + delay_ms * USEC_PER_MSEC;

	while (!is_over(supervisor) && clock_mono_us() < end_us) {
		int64_t next_us = clock_mono_us() + RENEW_US;
		report_offline(supervisor, why);
		wait_until(supervisor, next_us < end_us ? next_us : end_us);
	}
}

/* Offline as long as the camera is switched off. */
static void wait_enabled(struct supervisor *supervisor)
{
	log_info("%s: %s", supervisor->config->id, SUPERVISOR_OFF);
	while (is_over(supervisor) && !is_stopping(supervisor)) {
		report_offline(supervisor, SUPERVISOR_OFF);
		wait_until(supervisor, clock_mono_us() + RENEW_US);
	}
	patience_restore(&supervisor->patience);
}

static int open_source(struct supervisor *supervisor, char ret_why[static SOURCE_TEXT_SIZE])
{
	take_wish(supervisor);
	int error = feed_open(&supervisor->feed, &supervisor->opened, ret_why);
	if (error < 0)
		return error;
	tuning_open(supervisor->tuning, supervisor->feed.source);
	supervisor->ops->controls(supervisor->ops->user);
	return 0;
}

/* One life of the source: open, run while wanted, close. 0 when it ended on purpose. */
static int run_once(struct supervisor *supervisor, char ret_why[static SOURCE_TEXT_SIZE])
{
	supervisor->online_us = 0;
	int error = open_source(supervisor, ret_why);

	if (error < 0)
		return error;
	while (error == 0 && !must_close(supervisor)) {
		error = run_source(supervisor, ret_why);
		while (error == 0 && !must_close(supervisor) &&
		       !supervisor->ops->wanted(supervisor->ops->user)) {
			wait_until(supervisor, INT64_MAX);
			apply_tuning(supervisor);
			error = ending_check(&supervisor->ending, ret_why);
		}
	}
	feed_close(&supervisor->feed);
	ending_forget(&supervisor->ending);
	return error;
}

/* The camera is away: says so, and waits before the next try. */
static void endure(struct supervisor *supervisor, const char *why)
{
	bool was_online = supervisor->online_us != 0;

	atomic_fetch_add_explicit(&supervisor->restarts, 1, memory_order_relaxed);
	log_repeat(&supervisor->log, LOG_LEVEL_WARN, "%s: camera is away: %s",
	           supervisor->config->id, why);
	wait_offline(supervisor, why, patience_next_ms(&supervisor->patience, was_online));
}

static void *supervisor_run(void *arg)
{
	struct supervisor *supervisor = arg;
	char why[SOURCE_TEXT_SIZE] = "";

	while (!is_stopping(supervisor)) {
		if (is_over(supervisor))
			wait_enabled(supervisor);
		else if (run_once(supervisor, why) < 0)
			endure(supervisor, why);
	}
	heartbeat_rest(&supervisor->heartbeat);
	pthread_mutex_lock(&supervisor->mutex);
	supervisor->ended = true;
	pthread_cond_broadcast(&supervisor->changed);
	pthread_mutex_unlock(&supervisor->mutex);
	return NULL;
}

struct supervisor *supervisor_new(const struct config_camera *config, struct tuning *tuning,
                                  const struct supervisor_ops *ops)
{
	struct supervisor *supervisor = calloc(1, sizeof *supervisor);

	if (!supervisor)
		return NULL;
	supervisor->config = config;
	supervisor->wish = *config;
	supervisor->tuning = tuning;
	supervisor->ops = ops;
	supervisor->enabled = true;
	supervisor->pulse = (struct pulse){
		.user = ops->user,
		.image = ops->image,
		.wanted = ops->wanted,
		.owner = supervisor,
		.first = on_first,
	};
	pthread_mutex_init(&supervisor->mutex, NULL);
	cond_init(&supervisor->changed);
	ending_init(&supervisor->ending);
	patience_init(&supervisor->patience);
	heartbeat_init(&supervisor->heartbeat, HEARTBEAT_LIMIT_US, "%s's supervisor", config->id);
	return supervisor;
}

int supervisor_start(struct supervisor *supervisor)
{
	char name[16];

	snprintf(name, sizeof name, "cam-%.11s", supervisor->config->id);
	return thread_start(&supervisor->thread, name, supervisor_run, supervisor);
}

int supervisor_stop(struct supervisor *supervisor)
{
	pthread_mutex_lock(&supervisor->mutex);
	supervisor->stopping = true;
	pthread_cond_broadcast(&supervisor->changed);
	while (!supervisor->ended && !supervisor_stuck(supervisor))
		cond_wait_until(&supervisor->changed, &supervisor->mutex,
		                clock_mono_us() + TICK_US);
	bool ended = supervisor->ended;
	pthread_mutex_unlock(&supervisor->mutex);
	if (!ended)
		return -ETIMEDOUT;
	pthread_join(supervisor->thread, NULL);
	return 0;
}

void supervisor_free(struct supervisor *supervisor)
{
	if (!supervisor)
		return;
	ending_finish(&supervisor->ending);
	pthread_cond_destroy(&supervisor->changed);
	pthread_mutex_destroy(&supervisor->mutex);
	free(supervisor);
}

void supervisor_set_profile(struct supervisor *supervisor, const struct profile *profile)
{
	pthread_mutex_lock(&supervisor->mutex);
	supervisor->wish.width = profile->width;
	supervisor->wish.height = profile->height;
	supervisor->wish.fps = profile->fps;
	/* What node.yaml says of the camera itself is meant; a profile is meant for many. */
	supervisor->wish.any_size = strcmp(profile->name, CONFIG_PROFILE_CUSTOM) != 0;
	supervisor->woken = true;
	pthread_cond_broadcast(&supervisor->changed);
	pthread_mutex_unlock(&supervisor->mutex);
}

void supervisor_wake(struct supervisor *supervisor)
{
	pthread_mutex_lock(&supervisor->mutex);
	supervisor->woken = true;
	pthread_cond_broadcast(&supervisor->changed);
	pthread_mutex_unlock(&supervisor->mutex);
}

void supervisor_set_enabled(struct supervisor *supervisor, bool enabled)
{
	pthread_mutex_lock(&supervisor->mutex);
	supervisor->enabled = enabled;
	supervisor->interrupted = supervisor->interrupted || !enabled;
	supervisor->woken = true;
	pthread_cond_broadcast(&supervisor->changed);
	pthread_mutex_unlock(&supervisor->mutex);
}

const char *supervisor_stuck(struct supervisor *supervisor)
{
	return call_overdue(&supervisor->feed.call, SUPERVISOR_STUCK_US);
}

struct heartbeat *supervisor_heartbeat(struct supervisor *supervisor)
{
	return &supervisor->heartbeat;
}

int64_t supervisor_settled_us(struct supervisor *supervisor)
{
	return settle_since_us(&supervisor->pulse.settle);
}

void supervisor_stats(struct supervisor *supervisor, struct supervisor_stats *ret_stats)
{
	*ret_stats = (struct supervisor_stats){
		.captured = atomic_load_explicit(&supervisor->pulse.captured, memory_order_relaxed),
		.dropped_sensor = atomic_load_explicit(&supervisor->pulse.dropped_sensor,
	                                               memory_order_relaxed),
		.restarts = atomic_load_explicit(&supervisor->restarts, memory_order_relaxed),
	};
}
