#include "http/snapshot.h"

#include "base/clock.h"
#include "http/query.h"
#include "http/respond.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_AGE_MS (60 * 60 * 1000)
#define MAX_WIDTH 16384
#define MIN_WIDTH 16
#define PICTURE_SUFFIX ".jpg"

/* On the camera's snapshot thread. */
static void taken(void *user, int error, struct frame *frame)
{
	struct answer *answer = user;
	struct answer_result result = {.error = error};

	if (error == 0)
		result.frame = frame_ref(frame);
	answer_give(answer, &result);
}

/* A frame that is there already and at most so old, or NULL. */
static struct frame *young_frame(const struct request *request, enum rendition_kind kind,
                                 int64_t max_age_ms)
{
	struct frame *frame = hub_last(request->camera->streams[kind].hub);

	if (frame && (frame_info(frame)->placeholder ||
	              clock_mono_us() - frame_info(frame)->pts_us > max_age_ms * USEC_PER_MSEC)) {
		frame_unref(frame);
		return NULL;
	}
	return frame;
}

static void respond_offline(struct request *request)
{
	struct camera_stats stats;

	camera_stats(request->camera->camera, &stats);
	respond_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "camera offline: %s",
	             stats.why[0] ? stats.why : "no picture yet");
}

/* Asks the camera for a picture: 0, -EBUSY, or -EINVAL / -EALREADY after having answered. */
static int ask_camera(struct request *request)
{
	int64_t max_age_ms = -1, quality = 0, max_width = 0;
	struct camera_snapshot_options options = {.timeout_us = REQUEST_TIMEOUT_US};
	struct answer *answer;
	struct frame *frame;

	if (query_i64(request, "max_age_ms", 0, MAX_AGE_MS, &max_age_ms) < 0 ||
	    query_i64(request, "quality", 1, 100, &quality) < 0 ||
	    query_i64(request, "max_width", MIN_WIDTH, MAX_WIDTH, &max_width) < 0 ||
	    query_rendition(request, &options.rendition) < 0)
		return -EINVAL;
	frame = max_age_ms >= 0 && !quality && !max_width
	                ? young_frame(request, options.rendition, max_age_ms)
	                : NULL;
	if (frame) {
		respond_frame(request, frame);
		return -EALREADY;
	}
	options.quality = (int)quality;
	options.max_width = (int)max_width;
	answer = request_ask(request);
	if (!answer)
		return -EBUSY;
	if (camera_snapshot(request->camera->camera, &options, taken, answer_ref(answer)) < 0) {
		answer_unref(answer);
		return -EBUSY;
	}
	return 0;
}

void snapshot_handle(struct request *request)
{
	const struct answer_result *result;

	if (!camera_is_enabled(request->camera->camera)) {
		respond_offline(request);
		return;
	}
	if (!request->answer) {
		int r = ask_camera(request);

		if (r == -EBUSY) {
			respond_text(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			             "too many snapshots wait for this camera");
			return;
		}
		if (r < 0)
			return;
	}
	if (request_awaits(request, &result))
		return;
	if (result && result->frame && !frame_info(result->frame)->placeholder) {
		respond_frame(request, frame_ref(result->frame));
		return;
	}
	if (!camera_is_online(request->camera->camera)) {
		respond_offline(request);
		return;
	}
	respond_text(request, MHD_HTTP_SERVICE_UNAVAILABLE, "no picture in time: %s",
	             strerrordesc_np(result ? -result->error : ETIMEDOUT));
}

/* "20261123T140450123.jpg" of "cam0" is kept as "cam0/20261123T140450123": 0 or -ENOENT. */
static int picture_key(const struct request *request, char ret_key[static PICTURES_KEY_SIZE])
{
	const char *suffix = strstr(request->rest, PICTURE_SUFFIX);
	int length;

	if (!suffix || strcmp(suffix, PICTURE_SUFFIX) != 0)
		return -ENOENT;
	length = snprintf(ret_key, PICTURES_KEY_SIZE, "%s/%.*s", camera_id(request->camera->camera),
	                  (int)(suffix - request->rest), request->rest);
	return length < PICTURES_KEY_SIZE ? 0 : -ENOENT;
}

void snapshot_handle_picture(struct request *request)
{
	struct pictures *pictures = control_pictures(request->server->control);
	struct frame *frame = NULL;
	char key[PICTURES_KEY_SIZE];

	if (picture_key(request, key) == 0)
		frame = pictures_get(pictures, key);
	if (frame)
		respond_frame(request, frame);
	else
		respond_text(request, MHD_HTTP_NOT_FOUND,
		             "no such picture: it is unknown, or older than ten minutes");
}
