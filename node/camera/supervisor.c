#include "camera/supervisor.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "camera/patience.h"

#define TICK_US (USEC_PER_SEC / 2)
#define OVERSLEPT_US USEC_PER_SEC
#define RENEW_US USEC_PER_SEC        /* how often `offline` is repeated */
#define LINGER_US (5 * USEC_PER_SEC) /* of an on-demand source after its last reader */

struct supervisor {
	const struct config_camera *config; /* but size and rate, which are the profile's */
	const struct supervisor_ops *ops;
	pthread_t thread;

	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct config_camera wish;  /* what to open next; guarded by mutex */
	bool stopping;              /* guarded by mutex */
	bool woken;                 /* guarded by mutex: supervisor_wake() was called */
	bool gone;                  /* guarded by mutex: the source has ended by itself */
	char why[SOURCE_TEXT_SIZE]; /* guarded by mutex: of gone */

	/* written by the source's thread */
	atomic_int_fast64_t last_image_us;
	atomic_uint_fast64_t captured, dropped_sensor;
	uint64_t next_sequence; /* source's thread only, while it runs */
	bool sequence_known;
	bool alive; /* the same: it has given something since its start */

	/* supervisor's thread only */
	struct config_camera opened; /* what the source was opened with */
	struct source *source;
	struct patience patience;
	struct log_repeat log;
	char described[256]; /* what was logged about the camera */
	int64_t online_us;   /* since when it gives pictures in this run; 0: it gave none yet */
	bool stable;         /* it has done so for long */
	char offline_why[SOURCE_TEXT_SIZE];
	bool offline;
	atomic_uint_fast64_t restarts;
};

/* A picture came, or could have come: the first one since the start makes the camera online. */
static void count_picture(struct supervisor *supervisor)
{
	atomic_store_explicit(&supervisor->last_image_us, clock_mono_us(), memory_order_relaxed);
	atomic_fetch_add_explicit(&supervisor->captured, 1, memory_order_relaxed);
	if (!supervisor->alive)
		supervisor_wake(supervisor);
	supervisor->alive = true;
}

static void on_image(void *user, struct image *image)
{
	struct supervisor *supervisor = user;
	uint64_t sequence = image_info(image)->sequence;

	count_picture(supervisor);
	if (supervisor->sequence_known && sequence > supervisor->next_sequence)
		atomic_fetch_add_explicit(&supervisor->dropped_sensor,
		                          sequence - supervisor->next_sequence,
		                          memory_order_relaxed);
	supervisor->next_sequence = sequence + 1;
	supervisor->sequence_known = true;
	supervisor->ops->image(supervisor->ops->user, image);
	image_unref(image);
}

static bool on_wanted(void *user)
{
	struct supervisor *supervisor = user;

	if (supervisor->ops->wanted(supervisor->ops->user))
		return true;
	/* A picture that need not be made counts as captured, and its gap is no loss. */
	count_picture(supervisor);
	supervisor->sequence_known = false;
	return false;
}

static void on_gone(void *user, const char *why)
{
	struct supervisor *supervisor = user;

	pthread_mutex_lock(&supervisor->mutex);
	supervisor->gone = true;
	snprintf(supervisor->why, sizeof supervisor->why, "%s", why);
	pthread_cond_signal(&supervisor->changed);
	pthread_mutex_unlock(&supervisor->mutex);
}

static bool is_stopping(struct supervisor *supervisor)
{
	pthread_mutex_lock(&supervisor->mutex);
	bool stopping = supervisor->stopping;
	pthread_mutex_unlock(&supervisor->mutex);
	return stopping;
}

/* True when the profile asks for what the open source was not opened for. Fewer pictures than it
 * gives are made of it without opening it again. */
static bool must_reopen(struct supervisor *supervisor)
{
	const struct config_camera *wish = &supervisor->wish, *opened = &supervisor->opened;

	pthread_mutex_lock(&supervisor->mutex);
	bool differs = wish->width != opened->width || wish->height != opened->height ||
	               wish->fps > opened->fps;
	pthread_mutex_unlock(&supervisor->mutex);
	return differs;
}

static void take_wish(struct supervisor *supervisor)
{
	pthread_mutex_lock(&supervisor->mutex);
	supervisor->opened = supervisor->wish;
	pthread_mutex_unlock(&supervisor->mutex);
}

/* Waits until something changed or the deadline; true when stopping. */
static bool wait_until(struct supervisor *supervisor, int64_t deadline_us)
{
	pthread_mutex_lock(&supervisor->mutex);
	if (!supervisor->stopping && !supervisor->gone && !supervisor->woken)
		cond_wait_until(&supervisor->changed, &supervisor->mutex, deadline_us);
	supervisor->woken = false;
	bool stopping = supervisor->stopping;
	pthread_mutex_unlock(&supervisor->mutex);
	return stopping;
}

static void forget_gone(struct supervisor *supervisor)
{
	pthread_mutex_lock(&supervisor->mutex);
	supervisor->gone = false;
	pthread_mutex_unlock(&supervisor->mutex);
}

static void report_offline(struct supervisor *supervisor, const char *why)
{
	bool changed = !supervisor->offline || strcmp(supervisor->offline_why, why) != 0;

	supervisor->offline = true;
	snprintf(supervisor->offline_why, sizeof supervisor->offline_why, "%s", why);
	supervisor->ops->offline(supervisor->ops->user, supervisor->offline_why, changed);
}

/* Logs which camera it is, unless it is the same one again. */
static void describe(struct supervisor *supervisor, const struct source_mode *mode)
{
	char text[sizeof supervisor->described];

	snprintf(text, sizeof text, "%s, %dx%d %s at %g fps", mode->model, mode->width,
	         mode->height, image_format_name(mode->format), mode->fps);
	if (strcmp(text, supervisor->described) == 0)
		return;
	memcpy(supervisor->described, text, sizeof text);
	log_info("%s: %s", supervisor->config->id, text);
}

static void report_online(struct supervisor *supervisor)
{
	struct source_mode mode;

	supervisor->source->ops->mode(supervisor->source, &mode);
	supervisor->offline = false;
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
	int error = 0;

	pthread_mutex_lock(&supervisor->mutex);
	if (supervisor->gone) {
		snprintf(ret_why, SOURCE_TEXT_SIZE, "%s", supervisor->why);
		error = -ENODEV;
	}
	pthread_mutex_unlock(&supervisor->mutex);
	if (error < 0)
		return error;

	int64_t silence = clock_mono_us() -
	                  atomic_load_explicit(&supervisor->last_image_us, memory_order_relaxed);
	int64_t limit = (int64_t)(5 * 1e6 / supervisor->opened.fps);
	if (limit < SUPERVISOR_STALL_US)
		limit = SUPERVISOR_STALL_US;
	if (silence < limit)
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

/* Waits for a change, at most a tick; true when stopping. If it took far longer, the whole process
 * was stopped, and what that kept from coming doesn't count as the source's silence. */
static bool wait_tick(struct supervisor *supervisor)
{
	int64_t deadline_us = clock_mono_us() + TICK_US;
	bool stopping = wait_until(supervisor, deadline_us);
	int64_t now_us = clock_mono_us();

	if (now_us > deadline_us + OVERSLEPT_US)
		atomic_store_explicit(&supervisor->last_image_us, now_us, memory_order_relaxed);
	return stopping;
}

/* Tells what the first picture since the start, and a long time with pictures, mean. */
static void note_pictures(struct supervisor *supervisor, uint64_t captured_before)
{
	if (supervisor->online_us == 0) {
		if (atomic_load(&supervisor->captured) != captured_before)
			report_online(supervisor);
	} else if (!supervisor->stable &&
	           clock_mono_us() - supervisor->online_us >= PATIENCE_STABLE_US) {
		report_stable(supervisor);
	}
}

/* Runs the open source until it fails (-errno, why), or (0) nobody wants it, it has to be opened
 * for another profile, or the node stops. */
static int run_source(struct supervisor *supervisor, char ret_why[static SOURCE_TEXT_SIZE])
{
	const struct source_sink sink = {
		.user = supervisor,
		.image = on_image,
		.wanted = on_wanted,
		.gone = on_gone,
	};
	struct source *source = supervisor->source;
	int64_t last_wanted_us = clock_mono_us();
	uint64_t captured = atomic_load(&supervisor->captured);

	forget_gone(supervisor);
	supervisor->sequence_known = false;
	supervisor->alive = false;
	supervisor->online_us = 0;
	supervisor->stable = false;
	atomic_store_explicit(&supervisor->last_image_us, clock_mono_us(), memory_order_relaxed);

	int error = source->ops->start(source, &sink);
	if (error < 0) {
		snprintf(ret_why, SOURCE_TEXT_SIZE, "cannot start: %s", strerror(-error));
		return error;
	}
	while (error == 0 && !is_unwanted(supervisor, &last_wanted_us) &&
	       !must_reopen(supervisor)) {
		if (wait_tick(supervisor))
			break;
		note_pictures(supervisor, captured);
		error = check_running(supervisor, ret_why);
	}
	source->ops->stop(source);
	forget_gone(supervisor);
	if (error == 0 && supervisor->online_us != 0 && !supervisor->stable)
		report_stable(supervisor);
	return error;
}

/* Offline for `delay_ms`, with the picture renewed; true when stopping. */
static bool wait_offline(struct supervisor *supervisor, const char *why, int64_t delay_ms)
{
	int64_t end_us = clock_mono_us() + delay_ms * USEC_PER_MSEC;
	bool stopping = is_stopping(supervisor);

	while (!stopping && clock_mono_us() < end_us) {
		int64_t next_us = clock_mono_us() + RENEW_US;
		report_offline(supervisor, why);
		stopping = wait_until(supervisor, next_us < end_us ? next_us : end_us);
	}
	return stopping;
}

/* A number, "true" or "false". */
static int parse_control(const char *text, double *ret_value)
{
	bool is_true = strcmp(text, "true") == 0;

	if (!is_true && strcmp(text, "false") != 0)
		return str_parse_double(text, ret_value);
	*ret_value = is_true;
	return 0;
}

static int set_control(struct source *source, const struct config_control *control)
{
	double value;

	if (!source->ops->set_control)
		return -ENOENT;
	if (parse_control(control->value, &value) < 0)
		return -EINVAL;
	return source->ops->set_control(source, control->name, value);
}

static void set_controls(const struct supervisor *supervisor)
{
	const struct config_camera *config = supervisor->config;

	for (size_t i = 0; i < config->control_count; i++) {
		const struct config_control *control = &config->controls[i];
		int error = set_control(supervisor->source, control);

		if (error < 0)
			log_warn("%s: control %s: %s: %s", config->id, control->name,
			         control->value,
			         error == -ENOENT ? "the camera has none of that name"
			                          : "the camera does not take that value");
	}
}

/* One life of the source: open, run while wanted, close. 0 when it ended on purpose. */
static int run_once(struct supervisor *supervisor, char ret_why[static SOURCE_TEXT_SIZE])
{
	supervisor->online_us = 0;
	take_wish(supervisor);
	int error = source_open(&supervisor->opened, &supervisor->source, ret_why);

	if (error == 0)
		set_controls(supervisor);
	while (error == 0 && !is_stopping(supervisor) && !must_reopen(supervisor)) {
		error = run_source(supervisor, ret_why);
		while (error == 0 && !is_stopping(supervisor) && !must_reopen(supervisor) &&
		       !supervisor->ops->wanted(supervisor->ops->user))
			wait_until(supervisor, INT64_MAX);
	}
	if (supervisor->source) {
		supervisor->source->ops->close(supervisor->source);
		supervisor->source = NULL;
	}
	return error;
}

/* The source has failed: waits for the next try; true when stopping. */
static bool go_offline(struct supervisor *supervisor, const char *why)
{
	bool was_online = supervisor->online_us != 0;

	atomic_fetch_add_explicit(&supervisor->restarts, 1, memory_order_relaxed);
	log_repeat(&supervisor->log, LOG_LEVEL_WARN, "%s: camera is away: %s",
	           supervisor->config->id, why);
	forget_gone(supervisor);
	return wait_offline(supervisor, why, patience_next_ms(&supervisor->patience, was_online));
}

static void *supervisor_run(void *arg)
{
	struct supervisor *supervisor = arg;
	char why[SOURCE_TEXT_SIZE] = "";
	bool stopping = false;

	while (!stopping) {
		if (run_once(supervisor, why) < 0)
			stopping = go_offline(supervisor, why);
		else
			stopping = is_stopping(supervisor);
	}
	return NULL;
}

struct supervisor *supervisor_new(const struct config_camera *config,
                                  const struct supervisor_ops *ops)
{
	struct supervisor *supervisor = calloc(1, sizeof *supervisor);

	if (!supervisor)
		return NULL;
	supervisor->config = config;
	supervisor->wish = *config;
	supervisor->ops = ops;
	pthread_mutex_init(&supervisor->mutex, NULL);
	cond_init(&supervisor->changed);
	patience_init(&supervisor->patience);
	return supervisor;
}

int supervisor_start(struct supervisor *supervisor)
{
	char name[16];

	snprintf(name, sizeof name, "cam-%.11s", supervisor->config->id);
	return thread_start(&supervisor->thread, name, supervisor_run, supervisor);
}

void supervisor_stop(struct supervisor *supervisor)
{
	pthread_mutex_lock(&supervisor->mutex);
	supervisor->stopping = true;
	pthread_cond_signal(&supervisor->changed);
	pthread_mutex_unlock(&supervisor->mutex);
	pthread_join(supervisor->thread, NULL);
}

void supervisor_free(struct supervisor *supervisor)
{
	if (!supervisor)
		return;
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
	pthread_cond_signal(&supervisor->changed);
	pthread_mutex_unlock(&supervisor->mutex);
}

void supervisor_wake(struct supervisor *supervisor)
{
	pthread_mutex_lock(&supervisor->mutex);
	supervisor->woken = true;
	pthread_cond_signal(&supervisor->changed);
	pthread_mutex_unlock(&supervisor->mutex);
}

void supervisor_stats(struct supervisor *supervisor, struct supervisor_stats *ret_stats)
{
	*ret_stats = (struct supervisor_stats){
		.captured = atomic_load_explicit(&supervisor->captured, memory_order_relaxed),
		.dropped_sensor =
			atomic_load_explicit(&supervisor->dropped_sensor, memory_order_relaxed),
		.restarts = atomic_load_explicit(&supervisor->restarts, memory_order_relaxed),
	};
}
