/*
 * The commands of `recordings/set`, and what the library reports: the list comes from memory,
 * changes are made by the library's worker, which answers by a job.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/core.h"
#include "proto/payload.h"

#define DEFAULT_LIMIT 50
#define URL_SIZE (RECORDER_FILE_SIZE + 300)

struct change_done {
	struct job job;
	struct control *control;
	struct request *request;
	struct library_change change;
	struct library_item item;
	int error;
};

struct deleted_job {
	struct job job;
	struct library_item item;
	const char *reason;
};

static const struct {
	const char *name;
	enum library_action action;
} actions[] = {
	{"delete", LIBRARY_DELETE},
	{"protect", LIBRARY_PROTECT},
	{"unprotect", LIBRARY_UNPROTECT},
	{"label", LIBRARY_LABEL},
};

struct urls {
	char file[URL_SIZE], thumbnail[URL_SIZE];
	char camera[ID_SIZE];
};

static struct payload_item payload_of(struct control *control, const struct library_item *item,
                                      struct urls *ret_urls)
{
	char path[RECORDER_FILE_SIZE + 32];
	struct payload_item payload;

	snprintf(path, sizeof path, "/recordings/%s", item->file);
	report_url(control, ret_urls->file, sizeof ret_urls->file, path);
	snprintf(path, sizeof path, "/recordings/%s/thumbnail.jpg", item->file);
	report_url(control, ret_urls->thumbnail, sizeof ret_urls->thumbnail, path);
	payload = library_payload(item, ret_urls->file, ret_urls->thumbnail);
	library_camera(item, ret_urls->camera);
	payload.camera = ret_urls->camera;
	return payload;
}

struct payload_item library_payload(const struct library_item *item, const char *url,
                                    const char *thumbnail_url)
{
	return (struct payload_item){
		.file = item->file,
		.camera = item->camera,
		.started_wall_us = item->started_wall_us,
		.duration_s = item->known && !item->damaged ? item->duration_s : (double)NAN,
		.bytes = item->bytes,
		.frames = item->frames,
		.format = config_record_format_name(item->format),
		.width = item->width,
		.height = item->height,
		.label = item->label,
		.protected = item->protected,
		.recovered = item->recovered,
		.damaged = item->damaged,
		.url = url,
		.thumbnail_url = item->damaged ? "" : thumbnail_url,
	};
}

/* --- list --- */

static json_t *list(struct control *control, const struct command *command)
{
	const struct library_filter filter = {command->of_camera, command->day, command->label};
	size_t limit = command->limit > 0 ? (size_t)command->limit : DEFAULT_LIMIT;
	_cleanup_free_ struct library_item *items = calloc(limit, sizeof *items);
	_cleanup_free_ struct payload_item *payloads = calloc(limit, sizeof *payloads);
	_cleanup_free_ struct urls *urls = calloc(limit, sizeof *urls);
	size_t offset = (size_t)command->offset;

	if (!items || !payloads || !urls)
		return NULL;
	size_t total = library_list(control->library, &filter, offset, items, limit);
	size_t count = total > offset ? total - offset : 0;
	if (count > limit)
		count = limit;
	for (size_t i = 0; i < count; i++)
		payloads[i] = payload_of(control, &items[i], &urls[i]);
	return payload_list(payloads, count, total);
}

/* --- changes --- */

static enum code explain(const struct change_done *done, char ret_text[static COMMAND_TEXT_SIZE])
{
	switch (done->error) {
	case 0:
		ret_text[0] = '\0';
		return CODE_OK;
	case -ENOENT:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "there is no such recording");
		return CODE_BAD_VALUE;
	case -EPERM:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "the recording is protected");
		return CODE_BAD_VALUE;
	case -EBUSY:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "the recording is still being written");
		return CODE_BUSY;
	case -ENOSPC:
	case -EDQUOT:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "the disk is too full to keep the change");
		return CODE_NO_SPACE;
	default:
		snprintf(ret_text, COMMAND_TEXT_SIZE, "cannot change the recording: %s",
		         strerrordesc_np(-done->error));
		return CODE_INTERNAL;
	}
}

static void report_deleted(struct control *control, const struct library_item *item,
                           const char *reason)
{
	json_auto_t *data = json_pack("{s:s, s:s}", "file", item->file, "reason", reason);
	char camera[ID_SIZE];

	log_info("deleted %s (%s)", item->file, reason);
	library_camera(item, camera);
	report_event(control, "recording_deleted", camera, data);
}

static void done_run(struct control *control, struct job *job)
{
	struct change_done *done = (struct change_done *)job;
	char text[COMMAND_TEXT_SIZE];
	enum code code = explain(done, text);
	json_t *data = NULL;

	if (code == CODE_OK) {
		struct urls urls;
		struct payload_item payload = payload_of(control, &done->item, &urls);

		data = payload_item(&payload);
		if (done->change.action == LIBRARY_DELETE)
			report_deleted(control, &done->item, "command");
	}
	request_answer(done->request, NULL, code, text, data);
}

/* On the library's thread. */
static void changed(void *user, const struct library_change *change, int error,
                    const struct library_item *item)
{
	struct change_done *done = user;

	done->error = error;
	done->item = *item;
	done->change = *change;
	control_post_job(done->control, &done->job);
}

static enum library_action action_of(const struct command *command)
{
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		if (strcmp(actions[i].name, command->action) == 0)
			return actions[i].action;
	}
	return LIBRARY_PROTECT; /* the harmless one; the parser lets no other word pass */
}

static int submit(struct control *control, struct request *request)
{
	const struct command *command = request_command(request);
	struct change_done *done = calloc(1, sizeof *done);
	struct library_change change = {
		.action = action_of(command),
		.done = changed,
		.user = done,
	};

	if (!done)
		return -ENOMEM;
	str_copy(change.file, sizeof change.file, command->file);
	str_copy(change.label, sizeof change.label, command->label);
	done->job = (struct job){.run = done_run};
	done->control = control;
	done->request = request;
	int error = library_change(control->library, &change);
	if (error < 0)
		free(done);
	return error;
}

/* Accepted, and told by an event when it is done. */
static void execute_export(struct control *control, struct request *request)
{
	const struct command *command = request_command(request);
	char text[COMMAND_TEXT_SIZE] = "";
	struct library_item item;
	json_t *data = NULL;
	bool already;
	enum code code = exports_start(control, command->file, &item, &already, text);

	if (code == CODE_OK) {
		struct urls urls;
		struct payload_item payload = payload_of(control, &item, &urls);

		data = payload_item(&payload);
		if (data && already)
			json_object_set_new(data, "already", json_true());
	}
	request_answer(request, NULL, code, text, data);
}

void library_execute(struct control *control, struct request *request, struct unit *const units[],
                     size_t count)
{
	const struct command *command = request_command(request);

	(void)units;
	(void)count;
	request_expect(request);
	if (strcmp(command->action, "list") == 0) {
		json_t *data = list(control, command);
		request_answer(request, NULL, data ? CODE_OK : CODE_INTERNAL,
		               data ? "" : "out of memory", data);
		return;
	}
	if (strcmp(command->action, "export") == 0) {
		execute_export(control, request);
		return;
	}
	if (submit(control, request) < 0)
		request_answer(request, NULL, CODE_BUSY, "too many changes wait", NULL);
}

/* --- what the library reports --- */

static void deleted_run(struct control *control, struct job *job)
{
	const struct deleted_job *deleted = (struct deleted_job *)job;

	report_deleted(control, &deleted->item, deleted->reason);
}

void library_on_deleted(void *user, const struct library_item *item, const char *reason)
{
	struct control *control = user;
	struct deleted_job *job = calloc(1, sizeof *job);

	if (!job)
		return;
	job->job = (struct job){.run = deleted_run};
	job->item = *item;
	job->reason = reason;
	control_post_job(control, &job->job);
}
