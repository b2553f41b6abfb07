/*
 * Exports: the command that makes H.264 of an MJPEG recording, and what comes of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "control/core.h"

struct export_job {
	struct job job;
	char source[RECORDER_FILE_SIZE];
	int error;
	struct library_item item;
};

enum code exports_start(struct control *control, const char *file, struct library_item *ret_item,
                        bool *ret_already, char ret_text[static COMMAND_TEXT_SIZE])
{
	int r = exporter_submit(control->exporter, file, ret_item);

	*ret_already = r == -EINPROGRESS || r == -EEXIST;
	switch (r) {
	case 0:
		return CODE_OK;
	case -EINPROGRESS:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "it is being exported");
		return CODE_OK;
	case -EEXIST:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "it was exported as this one");
		return CODE_OK;
	case -ENOENT:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "there is no such recording");
		return CODE_BAD_VALUE;
	case -EINVAL:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "only mjpeg recordings can be exported");
		return CODE_BAD_VALUE;
	default:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "too many recordings wait to be exported");
		return CODE_BUSY;
	}
}

static const char *explain(int error)
{
	switch (error) {
	case -ENOSPC:
		return "no space left on the disk";
	case -ENOENT:
		return "the recording is gone";
	case -EBADMSG:
		return "the recording cannot be read";
	case -ESHUTDOWN:
		return "the node is stopping";
	default:
		return strerrordesc_np(-error);
	}
}

static void report_done(struct control *control, const struct export_job *done)
{
	const struct library_item *item = &done->item;
	const struct payload_recording recording = {
		.id = "",
		.file = item->file,
		.bytes = item->bytes,
		.frames = item->frames,
		.started_wall_us = item->started_wall_us,
		.duration_s = item->duration_s,
		.format = "h264",
		.label = item->label,
		.reason = "",
		.error = "",
	};
	json_t *data = recordings_json(control, &recording);

	json_object_set_new(data, "source", json_string(done->source));
	log_info("exported %s as %s", done->source, item->file);
	report_event(control, "recording_exported", item->camera, data);
	json_decref(data);
}

static void report_failure(struct control *control, const struct export_job *done)
{
	const char *why = explain(done->error);
	json_auto_t *data = json_pack("{s:s, s:s}", "source", done->source, "error", why);

	log_warn("cannot export %s: %s", done->source, why);
	report_event(control, "export_failed", done->item.camera, data);
}

static void done_run(struct control *control, struct job *job)
{
	const struct export_job *done = (const struct export_job *)job;

	if (done->error == 0)
		report_done(control, done);
	else
		report_failure(control, done);
}

/* On the exporter's thread. */
void exports_on_done(void *user, const char *source, int error, const struct library_item *item)
{
	struct control *control = user;
	struct export_job *job = calloc(1, sizeof *job);

	if (!job)
		return;
	job->job = (struct job){.run = done_run};
	str_copy(job->source, sizeof job->source, source);
	job->error = error;
	job->item = *item;
	control_post_job(control, &job->job);
}
