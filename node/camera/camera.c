#include "camera/camera.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "camera/encoding.h"
#include "camera/nosignal.h"
#include "camera/snapshotter.h"
#include "camera/supervisor.h"
#include "media/overlay.h"

struct camera {
	const struct config_camera *config;
	struct camera_observer observer;
	struct supervisor_ops supervisor_ops;
	struct encoding *encoding;
	struct tuning *tuning;
	struct supervisor *supervisor;
	struct snapshotter *snapshotter;

	pthread_mutex_t mutex;
	struct profile profile;     /* guarded by mutex */
	bool enabled;               /* guarded by mutex */
	bool online;                /* guarded by mutex */
	bool covered;               /* guarded by mutex: no picture of the camera goes out */
	bool mode_known;            /* guarded by mutex */
	struct source_mode mode;    /* guarded by mutex */
	char why[SOURCE_TEXT_SIZE]; /* guarded by mutex */
};

/* With the mutex held. */
static void cover(struct camera *camera, bool covered)
{
	if (camera->covered == covered)
		return;
	camera->covered = covered;
	for (int i = 0; i < RENDITION_COUNT; i++)
		hub_cover(camera_rendition_hub(camera, i), covered);
}

/* What a camera gives that is switched off goes nowhere. */
static bool uncover(struct camera *camera)
{
	pthread_mutex_lock(&camera->mutex);
	bool enabled = camera->enabled;
	if (enabled)
		cover(camera, false);
	pthread_mutex_unlock(&camera->mutex);
	return enabled;
}

static void on_image(void *user, struct image *image)
{
	struct camera *camera = user;

	if (uncover(camera))
		encoding_image(camera->encoding, image);
}

static bool on_wanted(void *user)
{
	struct camera *camera = user;

	return encoding_wanted(camera->encoding);
}

static void on_demand_changed(void *user)
{
	struct camera *camera = user;

	supervisor_wake(camera->supervisor);
}

static bool is_same_mode(const struct source_mode *a, const struct source_mode *b)
{
	return a->width == b->width && a->height == b->height && a->fps == b->fps &&
	       a->format == b->format;
}

static void on_online(void *user, const struct source_mode *mode)
{
	struct camera *camera = user;

	pthread_mutex_lock(&camera->mutex);
	bool comes = camera->enabled && !camera->online;
	bool differs = !camera->mode_known || !is_same_mode(&camera->mode, mode);
	camera->mode_known = true;
	camera->mode = *mode;
	if (comes) {
		camera->online = true;
		camera->why[0] = '\0';
		camera->observer.status(camera->observer.user, camera, true, "");
	}
	pthread_mutex_unlock(&camera->mutex);
	if (!comes && differs)
		camera->observer.mode(camera->observer.user, camera);
}

static void on_controls(void *user)
{
	struct camera *camera = user;

	if (camera->observer.controls)
		camera->observer.controls(camera->observer.user, camera);
}

/* Size of the "no signal" picture: that of the lost camera, else of the profile. */
static void placeholder_size(struct camera *camera, int *ret_width, int *ret_height)
{
	pthread_mutex_lock(&camera->mutex);
	*ret_width = camera->mode_known ? camera->mode.width : camera->profile.width;
	*ret_height = camera->mode_known ? camera->mode.height : camera->profile.height;
	pthread_mutex_unlock(&camera->mutex);
}

static void publish_placeholder(struct camera *camera, enum rendition_kind kind, const char *why)
{
	struct rendition *rendition = encoding_rendition(camera->encoding, kind);
	_cleanup_(frame_unref_p) struct frame *frame = NULL;
	int width, height;

	if (!rendition_is_wanted(rendition))
		return;
	placeholder_size(camera, &width, &height);
	rendition_size(rendition, &width, &height);
	const struct nosignal_text text = {
		.title = camera_is_enabled(camera) ? "NO SIGNAL" : "CAMERA OFF",
		.name = overlay_label(camera->config),
		.why = why,
	};
	int error = nosignal_frame(width, height, &text, &frame);
	if (error < 0)
		log_debug("%s: no placeholder: %s", camera->config->id, strerror(-error));
	else
		hub_publish(rendition_hub(rendition), frame);
}

/* With the mutex held: tells when that is news. */
static void go_offline(struct camera *camera, const char *why)
{
	bool changed = camera->online || strcmp(camera->why, why) != 0;

	cover(camera, true);
	camera->online = false;
	snprintf(camera->why, sizeof camera->why, "%s", why);
	if (changed)
		camera->observer.status(camera->observer.user, camera, false, camera->why);
}

static void publish_placeholders(struct camera *camera, const char *why)
{
	for (int i = 0; i < RENDITION_COUNT; i++)
		publish_placeholder(camera, i, why);
}

static void on_offline(void *user, const char *why)
{
	struct camera *camera = user;

	pthread_mutex_lock(&camera->mutex);
	if (!camera->enabled)
		why = SUPERVISOR_OFF; /* whatever else is wrong */
	go_offline(camera, why);
	pthread_mutex_unlock(&camera->mutex);
	publish_placeholders(camera, why);
}

struct camera *camera_new(const struct config_camera *config,
                          const struct camera_observer *observer)
{
	struct camera *camera = calloc(1, sizeof *camera);

	if (!camera)
		return NULL;
	camera->config = config;
	camera->observer = *observer;
	camera->profile = profile_of_camera(config);
	camera->supervisor_ops = (struct supervisor_ops){
		.user = camera,
		.image = on_image,
		.wanted = on_wanted,
		.online = on_online,
		.controls = on_controls,
		.offline = on_offline,
	};
	pthread_mutex_init(&camera->mutex, NULL);
	camera->enabled = true;
	camera->tuning = tuning_new(config);
	camera->supervisor = supervisor_new(config, camera->tuning, &camera->supervisor_ops);
	camera->encoding = encoding_new(config, on_demand_changed, camera);
	if (!camera->tuning || !camera->supervisor || !camera->encoding) {
		camera_free(camera);
		return NULL;
	}
	return camera;
}

static int64_t ask_settled(void *user)
{
	struct camera *camera = user;

	return supervisor_settled_us(camera->supervisor);
}

int camera_start(struct camera *camera)
{
	int error = encoding_start(camera->encoding);

	if (error < 0)
		return error;
	const struct snapshotter_options options = {
		.camera_id = camera->config->id,
		.capacity = CAMERA_MAX_SNAPSHOTS,
		.settled_us = ask_settled,
		.user = camera,
	};
	camera->snapshotter = snapshotter_new(&options);
	error = camera->snapshotter ? supervisor_start(camera->supervisor) : -ENOMEM;
	if (error < 0) {
		if (camera->snapshotter)
			snapshotter_stop(camera->snapshotter);
		encoding_stop(camera->encoding);
	}
	return error;
}

int camera_stop(struct camera *camera)
{
	snapshotter_stop(camera->snapshotter);
	int error = supervisor_stop(camera->supervisor);
	encoding_stop(camera->encoding);
	return error;
}

void camera_free(struct camera *camera)
{
	if (!camera)
		return;
	snapshotter_free(camera->snapshotter);
	encoding_free(camera->encoding);
	supervisor_free(camera->supervisor);
	tuning_free(camera->tuning);
	pthread_mutex_destroy(&camera->mutex);
	free(camera);
}

const char *camera_id(const struct camera *camera)
{
	return camera->config->id;
}

double camera_h264_fps(struct camera *camera)
{
	return encoding_h264_fps(camera->encoding);
}

struct hub *camera_hub(struct camera *camera, enum frame_codec codec)
{
	return encoding_hub(camera->encoding, codec);
}

struct hub *camera_rendition_hub(struct camera *camera, enum rendition_kind kind)
{
	return rendition_hub(encoding_rendition(camera->encoding, kind));
}

bool camera_is_online(struct camera *camera)
{
	pthread_mutex_lock(&camera->mutex);
	bool online = camera->online;
	pthread_mutex_unlock(&camera->mutex);
	return online;
}

bool camera_is_wanted(struct camera *camera)
{
	return encoding_wanted(camera->encoding);
}

int camera_mode(struct camera *camera, struct source_mode *ret_mode)
{
	pthread_mutex_lock(&camera->mutex);
	int error = camera->mode_known ? 0 : -ENODATA;
	if (error == 0)
		*ret_mode = camera->mode;
	pthread_mutex_unlock(&camera->mutex);
	return error;
}

/* Switched off, it tells and shows so itself: the source may take its time to stop, or never do. */
void camera_set_enabled(struct camera *camera, bool enabled)
{
	pthread_mutex_lock(&camera->mutex);
	bool begins = enabled && !camera->enabled;
	camera->enabled = enabled;
	if (begins)
		camera->why[0] = '\0'; /* nothing speaks against it: it has to start first */
	if (!enabled)
		go_offline(camera, SUPERVISOR_OFF);
	pthread_mutex_unlock(&camera->mutex);
	supervisor_set_enabled(camera->supervisor, enabled);
	if (!enabled)
		publish_placeholders(camera, SUPERVISOR_OFF);
}

bool camera_is_enabled(struct camera *camera)
{
	pthread_mutex_lock(&camera->mutex);
	bool enabled = camera->enabled;
	pthread_mutex_unlock(&camera->mutex);
	return enabled;
}

struct heartbeat *camera_heartbeat(struct camera *camera)
{
	return supervisor_heartbeat(camera->supervisor);
}

const char *camera_stuck(struct camera *camera)
{
	return supervisor_stuck(camera->supervisor);
}

struct tuning *camera_tuning(struct camera *camera)
{
	return camera->tuning;
}

void camera_retune(struct camera *camera)
{
	supervisor_wake(camera->supervisor);
}

void camera_set_profile(struct camera *camera, const struct profile *profile)
{
	pthread_mutex_lock(&camera->mutex);
	camera->profile = *profile;
	pthread_mutex_unlock(&camera->mutex);
	encoding_set_profile(camera->encoding, profile);
	supervisor_set_profile(camera->supervisor, profile);
}

void camera_set_overlay(struct camera *camera, unsigned flags)
{
	encoding_set_overlay(camera->encoding, flags);
}

void camera_stats(struct camera *camera, struct camera_stats *ret_stats)
{
	struct supervisor_stats source;
	struct encoding_stats encoding;

	supervisor_stats(camera->supervisor, &source);
	encoding_stats(camera->encoding, &encoding);
	*ret_stats = (struct camera_stats){
		.captured = source.captured,
		.dropped_sensor = source.dropped_sensor,
		.restarts = source.restarts,
		.encoded = encoding.encoded,
		.preview_encoded = encoding.preview_encoded,
		.dropped_mailbox = encoding.dropped_mailbox,
		.dropped_encoder = encoding.dropped_encoder,
		.latency_us_sum = encoding.latency_us_sum,
		.latency_count = encoding.latency_count,
		.jpeg_quality = encoding.quality,
		.h264_encoder = encoding.h264_encoder,
	};
	pthread_mutex_lock(&camera->mutex);
	ret_stats->online = camera->online;
	memcpy(ret_stats->why, camera->why, sizeof ret_stats->why);
	if (camera->mode_known && camera->mode.format == IMAGE_JPEG &&
	    !encoding_draws(camera->encoding))
		ret_stats->jpeg_quality = -1;
	pthread_mutex_unlock(&camera->mutex);
}

int camera_snapshot(struct camera *camera, const struct camera_snapshot_options *options,
                    void (*done)(void *user, int error, struct frame *frame), void *user)
{
	const struct snapshotter_request request = {
		.hub = camera_rendition_hub(camera, options->rendition),
		.wish = {.quality = options->quality,
	                 .max_width = options->max_width,
	                 .max_bytes = options->max_bytes},
		.timeout_us = options->timeout_us,
		.done = done,
		.user = user,
	};

	return snapshotter_take(camera->snapshotter, &request);
}
