/*
 * Recordings: commands to the recorders, and what recorders and library report.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/core.h"
#include "proto/payload.h"

struct event_job {
	struct job job;
	struct unit *unit;
	struct recorder_event event;
};

struct recovered_job {
	struct job job;
	struct library_item item;
	char id[ID_SIZE];
};

/* Why a recording cannot begin, and whether that will pass by itself. */
static enum code explain(const struct unit *unit, int error,
                         char ret_text[static COMMAND_TEXT_SIZE])
{
	const struct config_record *config = &unit->control->config->record;

	switch (error) {
	case -ENOSPC:
		snprintf(ret_text, COMMAND_TEXT_SIZE,
		         "less than record.min_free_mb (%d MB) is free", config->min_free_mb);
		return CODE_NO_SPACE;
	case -ENODEV:
		snprintf(ret_text, COMMAND_TEXT_SIZE,
		         "nothing is mounted at %.80s (record.require_mount)", config->dir);
		return CODE_INTERNAL;
	case -ELOOP:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "%.70s/%.64s is a symbolic link", config->dir,
		         unit->config->id);
		return CODE_INTERNAL;
	case -EBUSY:
		snprintf(ret_text, COMMAND_TEXT_SIZE,
		         "earlier recordings are still being finished");
		return CODE_BUSY;
	case -ESHUTDOWN:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "the node is stopping");
		return CODE_BUSY;
	default:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "cannot record to %.80s: %s", config->dir,
		         strerror(-error));
		return CODE_INTERNAL;
	}
}

static void set_error(struct unit *unit, enum code code, const char *text)
{
	snprintf(unit->record_error, sizeof unit->record_error, "%s: %s", code_name(code), text);
}

static enum code start(struct unit *unit, const struct recorder_request *request,
                       char ret_text[static COMMAND_TEXT_SIZE])
{
	char id[ID_SIZE];
	int error = recorder_start(unit->recorder, request, id);

	if (error == 0) {
		unit->record_error[0] = '\0';
		unit->last_file[0] = '\0';
		return CODE_OK;
	}
	enum code code = explain(unit, error, ret_text);
	if (code != CODE_BUSY)
		set_error(unit, code, ret_text);
	log_warn("%s: recording refused: %s", unit->config->id, ret_text);
	return code;
}

static int64_t to_us(double seconds)
{
	return (int64_t)(seconds * USEC_PER_SEC);
}

/* As far as the ring reaches; an alarm is no moment to be refused for more. */
static int64_t pre_roll_us(const struct unit *unit, const struct command *command,
                           char ret_text[static COMMAND_TEXT_SIZE])
{
	double configured_s = unit->config->pre_roll_s;

	if (command->pre_roll_s < 0 || command->pre_roll_s == configured_s)
		return to_us(configured_s);
	if (command->pre_roll_s < configured_s)
		return to_us(command->pre_roll_s);
	snprintf(ret_text, COMMAND_TEXT_SIZE,
	         "pre_roll_s is cut to %g, what record.pre_roll_s of the camera allows",
	         configured_s);
	return to_us(configured_s);
}

static struct recorder_request request_of(const struct unit *unit, const struct command *command)
{
	struct recorder_request request = {
		.format = unit->live->record_format,
		.duration_us = to_us(command->duration_s),
		.at_once = unit->wish.had_begun,
	};

	if (command->format[0])
		request.format = config_record_format_of(command->format);
	str_copy(request.label, sizeof request.label, command->label);
	return request;
}

/* The profile before the recording, so that it begins with it, and not with one of before. */
static enum code choose_profile(struct unit *unit, const char *name, bool running,
                                char ret_text[static COMMAND_TEXT_SIZE])
{
	if (!name[0] && !running)
		profiles_choose(unit, PROFILE_BY_RECORDING, NULL, "");
	if (!name[0])
		return CODE_OK;
	const struct profile *profile = profiles_find(unit, name, ret_text);
	if (!profile)
		return CODE_BAD_VALUE;
	profiles_choose(unit, PROFILE_BY_RECORDING, profile, "");
	return CODE_OK;
}

/* On while it is on moves the end, but not while the schedule wants it. False when the recording
 * was over just now. */
static bool extend(struct unit *unit, const struct recorder_request *request)
{
	if (request->duration_us > 0 && !wishes_are_scheduled(unit) &&
	    recorder_extend(unit->recorder, request->duration_us) < 0)
		return false;
	wishes_add(unit, request);
	return true;
}

/* What a recording has begun with stays: the answer says what of the command is not so. Its end may
 * come sooner, which somebody else may not want. */
static void tell_what_stays(const struct command *command, const struct recorder_request *request,
                            const struct recorder_status *status, bool sooner,
                            char ret_text[static COMMAND_TEXT_SIZE])
{
	bool label = command->label[0] && strcmp(request->label, status->label) != 0;
	bool format = command->format[0] && request->format != status->format;

	if (label || format)
		snprintf(ret_text, COMMAND_TEXT_SIZE, "it records already, and keeps its %s%s%s%s",
		         label ? "label" : "", label && format ? " and " : "",
		         format ? "format" : "", sooner ? "; it ends sooner than before" : "");
	else if (sooner)
		snprintf(ret_text, COMMAND_TEXT_SIZE, "it ends sooner than before");
}

static enum code set_on(struct unit *unit, const struct command *command,
                        const struct recorder_status *status,
                        char ret_text[static COMMAND_TEXT_SIZE])
{
	struct recorder_request request = request_of(unit, command);
	bool sooner = wishes_end_sooner(unit, request.duration_us);
	enum code code = choose_profile(unit, command->profile, status->running, ret_text);

	if (code != CODE_OK)
		return code;
	if (status->running && extend(unit, &request)) {
		tell_what_stays(command, &request, status, sooner, ret_text);
		return CODE_OK;
	}
	request.pre_roll_us = pre_roll_us(unit, command, ret_text);
	request.fps = camera_h264_fps(unit->camera);
	code = start(unit, &request, ret_text);
	if (code == CODE_OK)
		wishes_add(unit, &request);
	else
		profiles_choose(unit, PROFILE_BY_RECORDING, NULL, "");
	return code;
}

enum code recordings_set(struct unit *unit, const struct command *command, enum command_state state,
                         char ret_text[static COMMAND_TEXT_SIZE], bool *ret_already)
{
	struct recorder_status status;
	enum code code = CODE_OK;

	if (state == COMMAND_ON && !camera_is_enabled(unit->camera)) {
		snprintf(ret_text, COMMAND_TEXT_SIZE, "the camera is off");
		return CODE_BUSY;
	}
	recorder_status(unit->recorder, &status);
	*ret_already = status.running == (state == COMMAND_ON);
	if (state == COMMAND_ON) {
		code = set_on(unit, command, &status, ret_text);
	} else {
		wishes_refuse(unit);
		if (status.running)
			recorder_stop(unit->recorder, RECORDER_BY_COMMAND);
	}
	report_record(unit);
	return code;
}

enum code recordings_start_scheduled(struct unit *unit, char ret_text[static COMMAND_TEXT_SIZE])
{
	const struct recorder_request request = {.format = unit->live->record_format};

	profiles_choose(unit, PROFILE_BY_RECORDING, NULL, "");
	return start(unit, &request, ret_text);
}

json_t *recordings_json(struct control *control, const struct payload_recording *recording)
{
	struct payload_recording complete = *recording;
	char path[RECORDER_FILE_SIZE + 16], url[RECORDER_FILE_SIZE + 300];

	snprintf(path, sizeof path, "/recordings/%s", recording->file);
	report_url(control, url, sizeof url, path);
	complete.url = recording->file[0] ? url : "";
	return payload_recording(&complete);
}

void recordings_post(struct unit *unit, const char *type, const struct recorder_event *event)
{
	const struct payload_recording recording = {
		.id = event->id,
		.file = event->file,
		.bytes = event->bytes,
		.frames = event->frames,
		.dropped = event->dropped,
		.started_wall_us = event->started_wall_us,
		.duration_s = event->duration_s,
		.format = config_record_format_name(event->format),
		.label = event->label,
		.reason =
			event->type == RECORDER_STARTED ? "" : recorder_reason_name(event->reason),
		.error = event->text,
	};
	json_t *data = recordings_json(unit->control, &recording);

	report_event(unit->control, type, unit->config->id, data);
	json_decref(data);
}

void recordings_enter(struct control *control, const char *camera,
                      const struct recorder_event *event)
{
	struct library_item item = {
		.started_wall_us = event->started_wall_us,
		.bytes = event->bytes,
		.frames = event->frames,
		.duration_s = event->duration_s,
		.format = event->format,
		.kept = event->error < 0,
		.dropped = event->dropped,
	};

	str_copy(item.label, sizeof item.label, event->label);
	str_copy(item.camera, sizeof item.camera, camera);
	str_copy(item.file, sizeof item.file, event->file);
	library_add(control->library, &item);
}

/* It is over and nothing was written. When it failed, that was said; else no picture came, which is
 * an error unless somebody ended it. */
static void end_without_file(struct unit *unit, const struct recorder_event *event)
{
	struct recorder_event failed = *event;

	if (strcmp(unit->failed_id, event->id) == 0)
		return;
	str_copy(failed.text, sizeof failed.text, "no picture came");
	log_info("%s: recording ended: no picture came", unit->config->id);
	if (event->reason != RECORDER_BY_COMMAND && event->reason != RECORDER_BY_SHUTDOWN)
		set_error(unit, CODE_BUSY, failed.text);
	recordings_post(unit, "recording_failed", &failed);
}

static void event_run(struct control *control, struct job *job)
{
	struct event_job *event_job = (struct event_job *)job;
	const struct recorder_event *event = &event_job->event;
	struct unit *unit = event_job->unit;

	switch (event->type) {
	case RECORDER_STARTED:
		if (unit->record_error[0])
			library_rescan(control->library);
		unit->record_error[0] = '\0';
		wishes_begun(unit);
		log_info("%s: recording %s", unit->config->id, event->file);
		recordings_post(unit, "recording_started", event);
		break;
	case RECORDER_FINISHED:
		if (!event->file[0]) {
			end_without_file(unit, event);
			break;
		}
		log_info("%s: recorded %s (%.1f s, %llu frames, %llu missing)", unit->config->id,
		         event->file, event->duration_s, (unsigned long long)event->frames,
		         (unsigned long long)event->dropped);
		recordings_enter(control, unit->config->id, event);
		str_copy(unit->last_file, sizeof unit->last_file, event->file);
		recordings_post(unit, "recording_finished", event);
		break;
	case RECORDER_FAILED:
		log_error("%s: recording failed: %s", unit->config->id, event->text);
		set_error(unit, event->error == -ENOSPC ? CODE_NO_SPACE : CODE_INTERNAL,
		          event->text);
		str_copy(unit->failed_id, sizeof unit->failed_id, event->id);
		recordings_post(unit, "recording_failed", event);
		break;
	case RECORDER_WAITING:
		log_info("%s: recording waits for the camera", unit->config->id);
		break;
	}
	if (event->last && event->type == RECORDER_FINISHED)
		wishes_ended(unit, event->reason);
	report_record(unit);
}

void recordings_on_event(void *user, const char *camera_id, const struct recorder_event *event)
{
	struct unit *unit = user;
	struct event_job *job = calloc(1, sizeof *job);

	if (!job)
		return;
	job->job = (struct job){.run = event_run};
	job->unit = unit;
	job->event = *event;
	control_post_job(unit->control, &job->job);
}

/* The writer itself cannot tell that it hangs; what is lost meanwhile is counted once it goes on.
 */
void recordings_tick(struct unit *unit)
{
	static const char text[] = "the disk does not answer";
	struct recorder_event failed = {.type = RECORDER_FAILED, .reason = RECORDER_BY_ERROR};
	struct recorder_status status;

	recorder_status(unit->recorder, &status);
	if (status.stuck == unit->disk_stuck)
		return;
	unit->disk_stuck = status.stuck;
	if (status.stuck) {
		log_error("%s: recording: %s", unit->config->id, text);
		set_error(unit, CODE_INTERNAL, text);
		str_copy(failed.id, sizeof failed.id, status.id);
		str_copy(failed.file, sizeof failed.file, status.file);
		str_copy(failed.text, sizeof failed.text, text);
		failed.format = status.format;
		recordings_post(unit, "recording_failed", &failed);
	} else {
		log_info("%s: recording: the disk answers again", unit->config->id);
		if (strstr(unit->record_error, text))
			unit->record_error[0] = '\0';
	}
	report_record(unit);
}

static void recovered_run(struct control *control, struct job *job)
{
	const struct recovered_job *recovered = (const struct recovered_job *)job;
	const struct library_item *item = &recovered->item;
	const struct payload_recording recording = {
		.id = recovered->id,
		.file = item->file,
		.bytes = item->bytes,
		.frames = item->frames,
		.started_wall_us = item->started_wall_us,
		.duration_s = item->duration_s,
		.format = config_record_format_name(item->format),
		.label = item->label,
		.reason = recorder_reason_name(RECORDER_BY_RECOVERY),
		.dropped = item->dropped,
		.dropped_unknown = item->recovered,
		.error = "",
	};
	json_t *data = recordings_json(control, &recording);
	char camera[ID_SIZE];

	log_info("recovered %s (%.1f s)", item->file, item->duration_s);
	library_camera(item, camera);
	report_event(control, "recording_recovered", camera, data);
	json_decref(data);
}

void recordings_on_recovered(void *user, const struct library_item *item, const char *id)
{
	struct control *control = user;
	struct recovered_job *job = calloc(1, sizeof *job);

	if (!job)
		return;
	job->job = (struct job){.run = recovered_run};
	job->item = *item;
	str_copy(job->id, sizeof job->id, id);
	control_post_job(control, &job->job);
}
