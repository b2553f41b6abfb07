#include "camera/video.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "camera/stage.h"
#include "media/h264_encoder.h"

struct video {
	const struct config_camera *config;
	void (*demand)(void *user, bool wanted);
	void *user;
	struct hub *hub;
	struct stage *stage;
	_Atomic double fps, made_fps; /* of the next encoder, and of the one in use; 0: none */
	atomic_uint_fast64_t failed;
	atomic_bool fell_back; /* to libx264 */

	/* stage's thread only */
	struct h264_encoder *encoder;
	struct h264_options made; /* what the encoder was made for */
	int64_t last_us;          /* of the images */
	int64_t key_us;           /* of the last key frame */
	struct log_repeat log;
};

static bool is_x264(const struct video *video)
{
	return atomic_load_explicit(&video->fell_back, memory_order_relaxed) ||
	       strcmp(video->config->h264_encoder, H264_LIBX264) == 0;
}

/* From another encoder to libx264, until the node starts again. */
static void fall_back(struct video *video, int error)
{
	log_warn("%s: the encoder %s does not work here (%s): libx264 instead", video->config->id,
	         video->config->h264_encoder, strerror(-error));
	atomic_store_explicit(&video->fell_back, true, memory_order_relaxed);
}

static void drop_encoder(struct video *video)
{
	h264_encoder_free(move_ptr(video->encoder));
	atomic_store_explicit(&video->made_fps, 0, memory_order_relaxed);
}

static int open_encoder(struct video *video)
{
	if (!is_x264(video)) {
		int error = h264_encoder_new(&video->made, &video->encoder);
		if (error == 0)
			return 0;
		fall_back(video, error);
	}
	video->made.encoder = H264_LIBX264;
	return h264_encoder_new(&video->made, &video->encoder);
}

/* The encoder for images like `info`: kept while size and range stay, else made anew. Another rate
 * is no reason, since it would end the file of a recording. */
static int need_encoder(struct video *video, const struct image_info *info)
{
	const struct h264_options *made = &video->made;

	if (video->encoder && made->width == info->width && made->height == info->height &&
	    made->full_range == info->full_range)
		return 0;
	drop_encoder(video);
	unsigned epoch = made->epoch + 1;
	h264_options_init(&video->made, video->config, info);
	video->made.fps = atomic_load_explicit(&video->fps, memory_order_relaxed);
	video->made.epoch = epoch;
	atomic_store_explicit(&video->made_fps, video->made.fps, memory_order_relaxed);
	return open_encoder(video);
}

/* The encoder counts pictures: at a lower rate than it was made for, key frames would come late. */
static bool wants_key(struct video *video, int64_t pts_us)
{
	int64_t late_us = (int64_t)(video->config->h264_gop_s * 1e6);

	return hub_take_key_request(video->hub) || pts_us - video->key_us > late_us;
}

/* Publishes what comes of it: with libx264 its frame, with others maybe none yet, or several. */
static int encode(struct video *video, struct image *image)
{
	struct frame *frame;
	_cleanup_(image_unref_p) struct image *even = NULL;
	int error = image_crop_even(image, &even);

	if (error == 0)
		error = need_encoder(video, image_info(even));
	if (error < 0)
		return error;
	bool key = wants_key(video, image_info(even)->pts_us);
	error = h264_encoder_encode(video->encoder, even, key, &frame);
	while (error == 0) {
		if (frame_info(frame)->key)
			video->key_us = frame_info(frame)->pts_us;
		hub_publish(video->hub, frame);
		frame_unref(frame);
		error = h264_encoder_next(video->encoder, &frame);
	}
	return error == -EAGAIN ? 0 : error;
}

static void note_failure(struct video *video, int error)
{
	hub_set_error(video->hub, error);
	atomic_fetch_add_explicit(&video->failed, 1, memory_order_relaxed);
	log_repeat(&video->log, LOG_LEVEL_WARN, "%s: H.264 encoding failed: %s", video->config->id,
	           strerror(-error));
	if (is_x264(video))
		return;
	fall_back(video, error);
	drop_encoder(video);
}

static void on_image(void *user, struct image *image)
{
	struct video *video = user;

	/* An image may overtake one that still gets its overlay, when that is switched off. */
	if (!hub_wanted(video->hub) || image_info(image)->pts_us <= video->last_us)
		return;
	video->last_us = image_info(image)->pts_us;
	int error = encode(video, image);
	if (error < 0)
		note_failure(video, error);
}

/* An x264 encoder of 720p holds 28 MB: it goes with its last reader. */
static void on_idle(void *user)
{
	struct video *video = user;

	if (hub_wanted(video->hub))
		return;
	drop_encoder(video);
	hub_clear(video->hub);
}

struct video *video_new(const struct config_camera *config, const struct ring_limits *ring,
                        void (*demand)(void *user, bool wanted), void *user)
{
	struct video *video = calloc(1, sizeof *video);

	if (!video)
		return NULL;
	video->config = config;
	video->demand = demand;
	video->user = user;
	video->last_us = INT64_MIN;
	atomic_init(&video->fps, config->fps);
	video->hub = hub_new(ring);
	if (!video->hub) {
		free(video);
		return NULL;
	}
	return video;
}

void video_free(struct video *video)
{
	if (!video)
		return;
	stage_free(video->stage);
	hub_unref(video->hub);
	free(video);
}

static void on_demand(void *user, bool wanted)
{
	struct video *video = user;

	if (!wanted)
		stage_idle(video->stage);
	video->demand(video->user, wanted);
}

int video_start(struct video *video)
{
	static const struct stage_ops ops = {.encode = on_image, .idle = on_idle};
	char name[16];

	snprintf(name, sizeof name, "h264-%.10s", video->config->id);
	video->stage = stage_new(name, &ops, video);
	if (!video->stage)
		return -ENOMEM;
	hub_set_demand(video->hub, on_demand, video);
	return 0;
}

void video_stop(struct video *video)
{
	hub_set_demand(video->hub, NULL, NULL);
	if (video->stage)
		stage_stop(video->stage);
	hub_close(video->hub);
}

struct hub *video_hub(struct video *video)
{
	return video->hub;
}

bool video_is_wanted(const struct video *video)
{
	return hub_wanted(video->hub);
}

void video_offer(struct video *video, struct image *planes)
{
	if (hub_wanted(video->hub))
		stage_offer(video->stage, planes, true);
}

void video_set_fps(struct video *video, double fps)
{
	atomic_store_explicit(&video->fps, fps, memory_order_relaxed);
}

double video_fps(const struct video *video)
{
	double made = atomic_load_explicit(&video->made_fps, memory_order_relaxed);

	return made > 0 ? made : atomic_load_explicit(&video->fps, memory_order_relaxed);
}

uint64_t video_dropped(const struct video *video)
{
	return stage_dropped(video->stage);
}

uint64_t video_failed(const struct video *video)
{
	return atomic_load_explicit(&video->failed, memory_order_relaxed);
}

const char *video_encoder(const struct video *video)
{
	return is_x264(video) ? H264_LIBX264 : video->config->h264_encoder;
}
