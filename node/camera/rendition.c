#include "camera/rendition.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "camera/stage.h"
#include "media/jpeg.h"
#include "media/jpeg_decoder.h"
#include "media/jpeg_encoder.h"
#include "media/pace.h"
#include "media/scaler.h"

struct rendition {
	struct rendition_options options;
	struct hub *hub;
	struct stage *stage;

	pthread_mutex_t mutex;
	struct pace pace; /* guarded by mutex */

	/* stage's thread only */
	struct jpeg_decoder *decoder;
	struct scaler *scaler;
	struct jpeg_encoder *encoder;
	struct log_repeat log;

	atomic_int quality;
	atomic_uint_fast64_t encoded, dropped_encoder;
	atomic_uint_fast64_t latency_us_sum, latency_count;
};

const char *rendition_name(enum rendition_kind kind)
{
	static const char *const names[RENDITION_COUNT] = {"main", "preview"};

	return names[kind];
}

static void publish(struct rendition *rendition, struct frame *frame)
{
	int64_t latency = clock_mono_us() - frame_info(frame)->pts_us;

	atomic_fetch_add_explicit(&rendition->encoded, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&rendition->latency_us_sum, (uint64_t)(latency > 0 ? latency : 0),
	                          memory_order_relaxed);
	atomic_fetch_add_explicit(&rendition->latency_count, 1, memory_order_relaxed);
	hub_publish(rendition->hub, frame);
}

/* --- On the stage's thread --- */

/* Made when first needed, freed while nobody reads. */
static int get_tools(struct rendition *rendition)
{
	if (!rendition->decoder)
		rendition->decoder = jpeg_decoder_new();
	if (!rendition->scaler)
		rendition->scaler = scaler_new();
	if (!rendition->encoder)
		rendition->encoder = jpeg_encoder_new();
	return rendition->decoder && rendition->scaler && rendition->encoder ? 0 : -ENOMEM;
}

/* Planes of even size, no larger than need be; a new reference. */
static int make_planes(struct rendition *rendition, struct image *image, struct image **ret_planes)
{
	const struct image_info *info = image_info(image);
	_cleanup_(image_unref_p) struct image *planes = NULL;
	int error = 0;

	if (info->format == IMAGE_JPEG)
		error = jpeg_decoder_decode_small(rendition->decoder, info->planes[0], info->size,
		                                  info, rendition->options.max_width, &planes);
	else if (rendition->options.max_width > 0 && info->small.planes[0])
		error = image_small(image, &planes);
	else
		planes = image_ref(image);
	return error < 0 ? error : image_crop_even(planes, ret_planes);
}

static int fit(struct rendition *rendition, struct image *planes, struct image **ret_fitted)
{
	int width = image_info(planes)->width, height = image_info(planes)->height;

	rendition_size(rendition, &width, &height);
	if (width == image_info(planes)->width) {
		*ret_fitted = image_ref(planes);
		return 0;
	}
	return scaler_scale(rendition->scaler, planes, width, height, ret_fitted);
}

static int encode(struct rendition *rendition, struct image *image, struct frame **ret_frame)
{
	_cleanup_(image_unref_p) struct image *planes = NULL;
	_cleanup_(image_unref_p) struct image *fitted = NULL;
	int quality = atomic_load_explicit(&rendition->quality, memory_order_relaxed);
	int error = get_tools(rendition);

	if (error == 0)
		error = make_planes(rendition, image, &planes);
	if (error == 0)
		error = fit(rendition, planes, &fitted);
	if (error == 0)
		error = jpeg_encoder_encode(rendition->encoder, fitted, quality, ret_frame);
	return error;
}

static void on_image(void *user, struct image *image)
{
	struct rendition *rendition = user;
	_cleanup_(frame_unref_p) struct frame *frame = NULL;

	if (!hub_wanted(rendition->hub))
		return;
	int error = encode(rendition, image, &frame);
	if (error == 0) {
		publish(rendition, frame);
		return;
	}
	atomic_fetch_add_explicit(&rendition->dropped_encoder, 1, memory_order_relaxed);
	log_repeat(&rendition->log, LOG_LEVEL_WARN, "%s: JPEG encoding failed: %s",
	           rendition->options.camera_id, strerror(-error));
}

static void on_idle(void *user)
{
	struct rendition *rendition = user;

	jpeg_decoder_free(move_ptr(rendition->decoder));
	scaler_free(move_ptr(rendition->scaler));
	jpeg_encoder_free(move_ptr(rendition->encoder));
}

/* --- Life --- */

struct rendition *rendition_new(const struct rendition_options *options)
{
	struct rendition *rendition = calloc(1, sizeof *rendition);

	if (!rendition)
		return NULL;
	rendition->options = *options;
	pthread_mutex_init(&rendition->mutex, NULL);
	rendition->pace.interval_us = pace_interval_us(options->fps);
	atomic_init(&rendition->quality, options->quality);
	rendition->hub = hub_new(&options->ring);
	if (!rendition->hub) {
		rendition_free(rendition);
		return NULL;
	}
	return rendition;
}

void rendition_free(struct rendition *rendition)
{
	if (!rendition)
		return;
	stage_free(rendition->stage);
	hub_unref(rendition->hub);
	pthread_mutex_destroy(&rendition->mutex);
	free(rendition);
}

static void on_demand(void *user, bool wanted)
{
	struct rendition *rendition = user;

	if (!wanted)
		stage_idle(rendition->stage);
	rendition->options.demand(rendition->options.user, wanted);
}

int rendition_start(struct rendition *rendition)
{
	static const struct stage_ops ops = {.encode = on_image, .idle = on_idle};
	char name[16];

	snprintf(name, sizeof name, "%s-%.10s", rendition->options.thread,
	         rendition->options.camera_id);
	rendition->stage = stage_new(name, &ops, rendition);
	if (!rendition->stage)
		return -ENOMEM;
	hub_set_demand(rendition->hub, on_demand, rendition);
	return 0;
}

void rendition_stop(struct rendition *rendition)
{
	hub_set_demand(rendition->hub, NULL, NULL);
	if (rendition->stage)
		stage_stop(rendition->stage);
	hub_close(rendition->hub);
}

/* --- On any thread --- */

struct hub *rendition_hub(struct rendition *rendition)
{
	return rendition->hub;
}

bool rendition_is_wanted(const struct rendition *rendition)
{
	return hub_wanted(rendition->hub);
}

bool rendition_wants_every(const struct rendition *rendition)
{
	return hub_wants_every(rendition->hub);
}

bool rendition_is_due(struct rendition *rendition, int64_t pts_us)
{
	if (!hub_wanted(rendition->hub))
		return false;
	pthread_mutex_lock(&rendition->mutex);
	bool due = pts_us >= pace_next_us(&rendition->pace);
	pthread_mutex_unlock(&rendition->mutex);
	return due;
}

/* A camera's own JPEG: copied once into a frame, repaired if needed; broken ones go no further. */
static void pass_through(struct rendition *rendition, const struct image_info *info)
{
	_cleanup_(frame_unref_p) struct frame *frame = NULL;
	const struct frame_info frame_info = {
		.codec = FRAME_JPEG,
		.sequence = info->sequence,
		.pts_us = info->pts_us,
		.key = true,
		.full_range = true,
		.quality = -1,
	};

	int error = jpeg_frame_new(&frame_info, info->planes[0], info->size, &frame);
	if (error == 0) {
		publish(rendition, frame);
		return;
	}
	atomic_fetch_add_explicit(&rendition->dropped_encoder, 1, memory_order_relaxed);
	log_debug("%s: frame %llu refused: %s", rendition->options.camera_id,
	          (unsigned long long)info->sequence, strerror(-error));
}

/* True if the image is to be taken. */
static bool take_turn(struct rendition *rendition, int64_t pts_us)
{
	if (rendition->options.fps == 0)
		return true;
	pthread_mutex_lock(&rendition->mutex);
	bool taken = pace_takes(&rendition->pace, pts_us);
	pthread_mutex_unlock(&rendition->mutex);
	return taken;
}

void rendition_offer(struct rendition *rendition, struct image *image)
{
	const struct image_info *info = image_info(image);

	if (!hub_wanted(rendition->hub) || !take_turn(rendition, info->pts_us))
		return;
	if (info->format == IMAGE_JPEG && rendition->options.max_width == 0)
		pass_through(rendition, info);
	else
		stage_offer(rendition->stage, image, hub_wants_every(rendition->hub));
}

void rendition_set_quality(struct rendition *rendition, int quality)
{
	atomic_store_explicit(&rendition->quality, quality, memory_order_relaxed);
}

void rendition_size(const struct rendition *rendition, int *width, int *height)
{
	if (rendition->options.max_width > 0)
		scaler_fit(rendition->options.max_width, width, height);
}

void rendition_stats(const struct rendition *rendition, struct rendition_stats *ret_stats)
{
	*ret_stats = (struct rendition_stats){
		.encoded = atomic_load_explicit(&rendition->encoded, memory_order_relaxed),
		.dropped_mailbox = stage_dropped(rendition->stage),
		.dropped_encoder =
			atomic_load_explicit(&rendition->dropped_encoder, memory_order_relaxed),
		.latency_us_sum =
			atomic_load_explicit(&rendition->latency_us_sum, memory_order_relaxed),
		.latency_count =
			atomic_load_explicit(&rendition->latency_count, memory_order_relaxed),
		.quality = atomic_load_explicit(&rendition->quality, memory_order_relaxed),
	};
}
