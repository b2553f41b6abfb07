/*
 * Snapshots: on command, at the start and at an interval; each is posted as a picture, then its
 * meta.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/core.h"
#include "proto/payload.h"

#define TIMEOUT_US (5 * USEC_PER_SEC)
#define PACKET_OVERHEAD 1024 /* bytes of an MQTT PUBLISH around the picture */

struct shot {
	struct job job;
	struct unit *unit;
	struct request *request; /* or NULL */
	const char *trigger;
	char id[ID_SIZE];
	int error;
	struct frame *frame;
};

static void shot_finish(struct job *job)
{
	struct shot *shot = (struct shot *)job;

	frame_unref(shot->frame);
	free(shot);
}

/* The largest picture that the broker takes, in bytes. */
static size_t max_bytes(struct control *control)
{
	size_t limit = (size_t)control->config->mqtt.max_picture_kb * 1000;

	pthread_mutex_lock(&control->mutex);
	size_t packet = control->max_packet_bytes;
	pthread_mutex_unlock(&control->mutex);
	if (packet > PACKET_OVERHEAD && packet - PACKET_OVERHEAD < limit)
		limit = packet - PACKET_OVERHEAD;
	return limit;
}

static void release_frame(void *owner)
{
	frame_unref(owner);
}

/* "20261123T140450123" (UTC): names the picture in its address. */
static void picture_name(int64_t wall_us, char *ret_name, size_t size)
{
	time_t seconds = wall_us / USEC_PER_SEC;
	struct tm tm;
	char date[24];

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof date, "%Y%m%dT%H%M%S", &tm);
	snprintf(ret_name, size, "%s%03d", date, (int)(wall_us % USEC_PER_SEC / USEC_PER_MSEC));
}

static void post_picture(struct unit *unit, struct frame *frame)
{
	struct control *control = unit->control;
	char topic[TOPIC_SIZE];

	if (topic_build(topic, control->config->mqtt.prefix, control->config->node.id,
	                TOPIC_CAM_SNAPSHOT, unit->config->id) < 0)
		return;
	struct message *message =
		message_new_shared(topic, TOPIC_CAM_SNAPSHOT, frame_data(frame), frame_size(frame),
	                           release_frame, frame_ref(frame));
	if (!message) {
		frame_unref(frame);
		return;
	}
	message_set_retain(message, unit->live->snapshot_retain);
	message_set_time(message, clock_wall_from_mono_us(frame_info(frame)->pts_us));
	board_post(control->board, message);
}

static char *post_meta(struct unit *unit, const struct shot *shot)
{
	const struct frame_info *info = frame_info(shot->frame);
	struct control *control = unit->control;
	int64_t wall_us = clock_wall_from_mono_us(info->pts_us);
	char name[48], key[PICTURES_KEY_SIZE], path[160], url[512];

	picture_name(wall_us, name, sizeof name);
	snprintf(key, sizeof key, "%s/%s", unit->config->id, name);
	snprintf(path, sizeof path, "/cam/%s/pictures/%s.jpg", unit->config->id, name);
	pictures_add(control->pictures, key, shot->frame);
	report_url(control, url, sizeof url, path);
	const struct payload_snapshot_meta meta = {
		.wall_us = wall_us,
		.bytes = frame_size(shot->frame),
		.width = info->width,
		.height = info->height,
		.quality = info->quality,
		.id = shot->id,
		.trigger = shot->trigger,
		.url = url,
	};
	char *json = payload_snapshot_meta(&meta);
	if (json)
		report_word(control, TOPIC_CAM_SNAPSHOT_META, unit->config->id, json);
	return json;
}

static enum code explain(const struct unit *unit, int error,
                         char ret_text[static COMMAND_TEXT_SIZE])
{
	struct camera_stats stats;

	switch (error) {
	case -ENODEV:
		camera_stats(unit->camera, &stats);
		snprintf(ret_text, COMMAND_TEXT_SIZE, "%s%.120s",
		         camera_is_enabled(unit->camera) ? "camera is away: " : "", stats.why);
		return CODE_BUSY;
	case -ETIMEDOUT:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "no picture within %d s",
		         (int)(TIMEOUT_US / USEC_PER_SEC));
		return CODE_BUSY;
	case -ENOSPC:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "%d snapshots are waiting already",
		         CAMERA_MAX_SNAPSHOTS);
		return CODE_RATE_LIMITED;
	case -ESHUTDOWN:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "the node is stopping");
		return CODE_BUSY;
	default:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "cannot take the picture: %s",
		         strerror(-error));
		return CODE_INTERNAL;
	}
}

static void shot_run(struct control *control, struct job *job)
{
	struct shot *shot = (struct shot *)job;
	struct unit *unit = shot->unit;
	_cleanup_free_ char *meta = NULL;
	char text[COMMAND_TEXT_SIZE] = "";
	enum code code = CODE_OK;

	if (!shot->request)
		unit->snapshot_pending = false;
	if (shot->error == 0 && !camera_is_enabled(unit->camera)) {
		code = CODE_BUSY; /* switched off since: private */
		snprintf(text, sizeof text, "the camera is off");
	} else if (shot->error < 0) {
		code = explain(unit, shot->error, text);
		if (!shot->request)
			log_debug("%s: snapshot (%s): %s", unit->config->id, shot->trigger, text);
	} else {
		post_picture(unit, shot->frame);
		meta = post_meta(unit, shot);
	}
	if (shot->request)
		request_answer(shot->request, unit->config->id, code, text,
		               meta ? json_loads(meta, 0, NULL) : NULL);
}

/* On the snapshot thread. */
static void on_taken(void *user, int error, struct frame *frame)
{
	struct shot *shot = user;

	shot->error = error;
	shot->frame = error == 0 ? frame_ref(frame) : NULL;
	control_post_job(shot->unit->control, &shot->job);
}

enum code snapshots_take(struct unit *unit, const struct command *command, const char *trigger,
                         struct request *request, char ret_text[static COMMAND_TEXT_SIZE])
{
	const struct camera_snapshot_options options = {
		.quality = command ? command->quality : 0,
		.max_width = command ? command->max_width : 0,
		.max_bytes = max_bytes(unit->control),
		.timeout_us = TIMEOUT_US,
	};
	struct camera_stats stats;

	camera_stats(unit->camera, &stats);
	if (!stats.online && stats.why[0])
		return explain(unit, -ENODEV, ret_text);
	struct shot *shot = calloc(1, sizeof *shot);
	if (!shot)
		return explain(unit, -ENOMEM, ret_text);
	shot->job = (struct job){.run = shot_run, .finish = shot_finish};
	shot->unit = unit;
	shot->request = request;
	shot->trigger = trigger;
	if (command)
		str_copy(shot->id, sizeof shot->id, command->id);
	int error = camera_snapshot(unit->camera, &options, on_taken, shot);
	if (error == 0)
		return CODE_OK;
	free(shot);
	return explain(unit, error, ret_text);
}

/* A camera on demand is not started for it: its next one is due when somebody looks again. */
static bool is_interval_due(struct unit *unit, int64_t now_us)
{
	return unit->live->snapshot_interval_s > 0 && now_us >= unit->next_snapshot_us &&
	       (unit->config->capture == CONFIG_CAPTURE_ALWAYS || camera_is_wanted(unit->camera));
}

void snapshots_tick(struct unit *unit, int64_t now_us)
{
	int64_t interval_us = (int64_t)unit->live->snapshot_interval_s * USEC_PER_SEC;
	char text[COMMAND_TEXT_SIZE];

	if (unit->snapshot_pending || !camera_is_online(unit->camera) ||
	    (!unit->start_snapshot_due && !is_interval_due(unit, now_us)))
		return;
	const char *trigger = unit->start_snapshot_due ? "start" : "interval";
	unit->snapshot_pending = snapshots_take(unit, NULL, trigger, NULL, text) == CODE_OK;
	unit->start_snapshot_due = false;
	unit->next_snapshot_us = now_us + interval_us;
}
