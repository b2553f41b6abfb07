/*
 * Timelapses: a recorder of its own for each camera that has one, always on, with its files in a
 * folder beside the camera's. It says nothing on the camera's `record` topic; its files are told of
 * by events and are recordings like all others.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "control/core.h"

/* A timelapse that has ended with an error is begun again after this. */
#define RETRY_US (10 * USEC_PER_SEC)

#define LABEL "timelapse"

struct timelapse_job {
	struct job job;
	struct unit *unit;
	char camera_id[ID_SIZE]; /* of the folder */
	struct recorder_event event;
};

static void event_run(struct control *control, struct job *job)
{
	struct timelapse_job *timelapse = (struct timelapse_job *)job;
	const struct recorder_event *event = &timelapse->event;
	struct unit *unit = timelapse->unit;

	switch (event->type) {
	case RECORDER_STARTED:
		log_repeat_clear(&unit->timelapse_log, "%s: the timelapse goes on",
		                 unit->config->id);
		recordings_post(unit, "recording_started", event);
		break;
	case RECORDER_FINISHED:
		if (!event->file[0])
			break;
		recordings_enter(control, timelapse->camera_id, event);
		recordings_post(unit, "recording_finished", event);
		break;
	case RECORDER_FAILED:
		log_repeat(&unit->timelapse_log, LOG_LEVEL_ERROR, "%s: timelapse failed: %s",
		           unit->config->id, event->text);
		recordings_post(unit, "recording_failed", event);
		break;
	case RECORDER_WAITING:
		break;
	}
}

/* On the recorder's threads. */
static void on_event(void *user, const char *camera_id, const struct recorder_event *event)
{
	struct unit *unit = user;
	struct timelapse_job *job = calloc(1, sizeof *job);

	if (!job)
		return;
	job->job = (struct job){.run = event_run};
	job->unit = unit;
	job->event = *event;
	str_copy(job->camera_id, sizeof job->camera_id, camera_id);
	control_post_job(unit->control, &job->job);
}

int timelapses_init(struct unit *unit)
{
	char folder[ID_SIZE];

	if (unit->config->timelapse_every_s <= 0)
		return 0;
	snprintf(folder, sizeof folder, "%.*s" CONFIG_TIMELAPSE_ENDING,
	         (int)(ID_SIZE - sizeof CONFIG_TIMELAPSE_ENDING), unit->config->id);
	const struct recorder_options options = {
		.camera_id = folder,
		.config = &unit->control->config->record,
		.camera = unit->config,
		.jpeg = camera_hub(unit->camera, FRAME_JPEG),
		.syncer = unit->control->syncer,
		.finisher = unit->control->finisher,
		.event = on_event,
		.user = unit,
	};
	unit->timelapse = recorder_new(&options);
	return unit->timelapse ? 0 : -ENOMEM;
}

static void start(struct unit *unit)
{
	const struct recorder_request request = {
		.format = CONFIG_H264,
		.every_us = (int64_t)(unit->config->timelapse_every_s * USEC_PER_SEC),
		.frame_us = (int64_t)(USEC_PER_SEC / unit->config->timelapse_fps),
		.label = LABEL,
	};
	char id[ID_SIZE];
	int error = recorder_start(unit->timelapse, &request, id);

	if (error < 0)
		log_repeat(&unit->timelapse_log, LOG_LEVEL_ERROR, "%s: no timelapse: %s",
		           unit->config->id, strerror(-error));
}

void timelapses_tick(struct unit *unit, int64_t now_us)
{
	struct recorder_status status;

	if (!unit->timelapse || now_us < unit->timelapse_retry_us)
		return;
	unit->timelapse_retry_us = now_us + RETRY_US;
	recorder_status(unit->timelapse, &status);
	if (!status.running)
		start(unit);
}
