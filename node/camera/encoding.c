#include "camera/encoding.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "camera/intake.h"
#include "camera/stage.h"
#include "media/h264_encoder.h"
#include "media/jpeg.h"
#include "media/jpeg_decoder.h"
#include "media/jpeg_encoder.h"

/* A ring bridges a writer's hiccup of about 2 s at 30 fps; bytes bound it at high resolutions. */
#define RING_FRAMES 64
#define RING_BYTES (16 * 1024 * 1024)

/* With a pre-roll the ring of JPEGs also holds the last seconds, and that of H.264 what comes while
 * they are encoded. */
static struct hub_limits ring_limits(const struct config_camera *config, size_t pre_roll_bytes)
{
	return (struct hub_limits){
		.frames = RING_FRAMES + (size_t)ceil(config->pre_roll_s * config->fps),
		.bytes = RING_BYTES + pre_roll_bytes,
	};
}

/* A viewer wants the newest picture, a recording each: it gets over the opening of x264 or a late
 * encode. With the one being encoded, three of a UVC camera's four buffers are held. */
#define JPEG_SLOTS 1
#define PRE_ROLL_JPEG_SLOTS 2 /* a pre-roll wants each, too */
#define H264_SLOTS 2

struct encoding {
	const struct config_camera *config;
	void (*demand)(void *user);
	void *user;
	struct intake intake;
	struct hub *jpeg_hub, *h264_hub;
	struct stage *jpeg_stage, *h264_stage;

	/* JPEG stage's thread only */
	struct jpeg_encoder *jpeg_encoder;
	struct log_repeat jpeg_log;

	/* H.264 stage's thread only */
	struct h264_encoder *h264_encoder;
	struct jpeg_decoder *jpeg_decoder;
	struct log_repeat h264_log;
	int h264_width, h264_height;
	double h264_fps;
	bool h264_full_range;
	unsigned h264_epoch;

	atomic_int quality;
	_Atomic double fps;
	atomic_uint_fast64_t encoded, dropped_encoder;
	atomic_uint_fast64_t latency_us_sum, latency_count;
};

static void count_failure(struct encoding *encoding, struct log_repeat *log, const char *codec,
                          int error)
{
	atomic_fetch_add_explicit(&encoding->dropped_encoder, 1, memory_order_relaxed);
	log_repeat(log, LOG_LEVEL_WARN, "%s: %s encoding failed: %s", encoding->config->id, codec,
	           strerror(-error));
}

static void publish_jpeg(struct encoding *encoding, struct frame *frame)
{
	int64_t latency = clock_mono_us() - frame_info(frame)->pts_us;

	atomic_fetch_add_explicit(&encoding->encoded, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&encoding->latency_us_sum, (uint64_t)(latency > 0 ? latency : 0),
	                          memory_order_relaxed);
	atomic_fetch_add_explicit(&encoding->latency_count, 1, memory_order_relaxed);
	hub_publish(encoding->jpeg_hub, frame);
}

static void jpeg_encode(void *user, struct image *image)
{
	struct encoding *encoding = user;
	_cleanup_(frame_unref_p) struct frame *frame = NULL;
	int quality = atomic_load_explicit(&encoding->quality, memory_order_relaxed);

	if (!hub_wanted(encoding->jpeg_hub))
		return;
	if (!encoding->jpeg_encoder)
		encoding->jpeg_encoder = jpeg_encoder_new();
	int error = encoding->jpeg_encoder
	                    ? jpeg_encoder_encode(encoding->jpeg_encoder, image, quality, &frame)
	                    : -ENOMEM;
	if (error < 0) {
		count_failure(encoding, &encoding->jpeg_log, "JPEG", error);
		return;
	}
	publish_jpeg(encoding, frame);
}

static void jpeg_idle(void *user)
{
	struct encoding *encoding = user;

	jpeg_encoder_free(move_ptr(encoding->jpeg_encoder));
}

/* A camera's own JPEG: copied once into a frame, repaired if needed; broken ones go no further. */
static void pass_through(struct encoding *encoding, const struct image_info *info)
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
	if (error < 0) {
		atomic_fetch_add_explicit(&encoding->dropped_encoder, 1, memory_order_relaxed);
		log_debug("%s: frame %llu refused: %s", encoding->config->id,
		          (unsigned long long)info->sequence, strerror(-error));
		return;
	}
	publish_jpeg(encoding, frame);
}

/* The encoder for images like `info`: kept while size and range stay, else made anew. */
static int h264_prepare(struct encoding *encoding, const struct image_info *info)
{
	const struct config_camera *config = encoding->config;
	double fps = atomic_load_explicit(&encoding->fps, memory_order_relaxed);

	if (encoding->h264_encoder && encoding->h264_fps == fps &&
	    encoding->h264_width == info->width && encoding->h264_height == info->height &&
	    encoding->h264_full_range == info->full_range)
		return 0;
	h264_encoder_free(move_ptr(encoding->h264_encoder));
	struct h264_options options;
	h264_options_init(&options, config, info);
	options.fps = fps;
	options.epoch = ++encoding->h264_epoch;
	int error = h264_encoder_new(&options, &encoding->h264_encoder);
	if (error < 0)
		return error;
	encoding->h264_fps = fps;
	encoding->h264_width = info->width;
	encoding->h264_height = info->height;
	encoding->h264_full_range = info->full_range;
	return 0;
}

/* The decode stage: planes of a JPEG image, or the image itself; a reference. */
static int decoded_planes(struct encoding *encoding, struct image *image, struct image **ret_planes)
{
	const struct image_info *info = image_info(image);

	if (info->format != IMAGE_JPEG) {
		*ret_planes = image_ref(image);
		return 0;
	}
	if (!encoding->jpeg_decoder)
		encoding->jpeg_decoder = jpeg_decoder_new();
	if (!encoding->jpeg_decoder)
		return -ENOMEM;
	return jpeg_decoder_decode(encoding->jpeg_decoder, info->planes[0], info->size, info,
	                           ret_planes);
}

/* H.264 has even sizes: an odd last column or row is left out. */
static int h264_planes(struct encoding *encoding, struct image *image, struct image **ret_planes)
{
	_cleanup_(image_unref_p) struct image *planes = NULL;
	int error = decoded_planes(encoding, image, &planes);

	return error < 0 ? error : image_crop_even(planes, ret_planes);
}

static void h264_encode(void *user, struct image *image)
{
	struct encoding *encoding = user;
	_cleanup_(image_unref_p) struct image *planes = NULL;
	_cleanup_(frame_unref_p) struct frame *frame = NULL;

	if (!hub_wanted(encoding->h264_hub))
		return;
	int error = h264_planes(encoding, image, &planes);
	if (error == 0)
		error = h264_prepare(encoding, image_info(planes));
	if (error == 0)
		error = h264_encoder_encode(encoding->h264_encoder, planes,
		                            hub_take_key_request(encoding->h264_hub), &frame);
	if (error < 0) {
		count_failure(encoding, &encoding->h264_log, "H.264", error);
		hub_set_error(encoding->h264_hub, error);
		return;
	}
	hub_publish(encoding->h264_hub, frame);
}

/* An x264 encoder of 720p holds 28 MB: it goes with its last reader. */
static void h264_idle(void *user)
{
	struct encoding *encoding = user;

	if (hub_wanted(encoding->h264_hub))
		return;
	h264_encoder_free(move_ptr(encoding->h264_encoder));
	jpeg_decoder_free(move_ptr(encoding->jpeg_decoder));
	hub_clear(encoding->h264_hub);
}

static const struct stage_ops jpeg_ops = {.encode = jpeg_encode, .idle = jpeg_idle};
static const struct stage_ops h264_ops = {.encode = h264_encode, .idle = h264_idle};

static void jpeg_demand(void *user, bool wanted)
{
	struct encoding *encoding = user;

	if (!wanted)
		stage_idle(encoding->jpeg_stage);
	encoding->demand(encoding->user);
}

static void h264_demand(void *user, bool wanted)
{
	struct encoding *encoding = user;

	if (!wanted)
		stage_idle(encoding->h264_stage);
	encoding->demand(encoding->user);
}

struct encoding *encoding_new(const struct config_camera *config, void (*demand)(void *user),
                              void *user)
{
	const struct hub_limits jpegs = ring_limits(config, config_pre_roll_bytes(config));
	const struct hub_limits h264 = ring_limits(config, 0);
	struct encoding *encoding = calloc(1, sizeof *encoding);

	if (!encoding)
		return NULL;
	encoding->config = config;
	encoding->demand = demand;
	encoding->user = user;
	intake_init(&encoding->intake, config->fps);
	atomic_init(&encoding->quality, config->jpeg_quality);
	atomic_init(&encoding->fps, config->fps);
	encoding->jpeg_hub = hub_new(&jpegs);
	encoding->h264_hub = hub_new(&h264);
	if (!encoding->jpeg_hub || !encoding->h264_hub) {
		encoding_free(encoding);
		return NULL;
	}
	return encoding;
}

void encoding_free(struct encoding *encoding)
{
	if (!encoding)
		return;
	stage_free(encoding->jpeg_stage);
	stage_free(encoding->h264_stage);
	hub_unref(encoding->jpeg_hub);
	hub_unref(encoding->h264_hub);
	free(encoding);
}

int encoding_start(struct encoding *encoding)
{
	char name[16];

	snprintf(name, sizeof name, "jpeg-%.10s", encoding->config->id);
	encoding->jpeg_stage =
		stage_new(name, encoding->config->pre_roll_s > 0 ? PRE_ROLL_JPEG_SLOTS : JPEG_SLOTS,
	                  &jpeg_ops, encoding);
	snprintf(name, sizeof name, "h264-%.10s", encoding->config->id);
	encoding->h264_stage = stage_new(name, H264_SLOTS, &h264_ops, encoding);
	if (!encoding->jpeg_stage || !encoding->h264_stage) {
		encoding_stop(encoding);
		return -ENOMEM;
	}
	hub_set_demand(encoding->jpeg_hub, jpeg_demand, encoding);
	hub_set_demand(encoding->h264_hub, h264_demand, encoding);
	return 0;
}

void encoding_stop(struct encoding *encoding)
{
	hub_set_demand(encoding->jpeg_hub, NULL, NULL);
	hub_set_demand(encoding->h264_hub, NULL, NULL);
	if (encoding->jpeg_stage)
		stage_stop(encoding->jpeg_stage);
	if (encoding->h264_stage)
		stage_stop(encoding->h264_stage);
	hub_close(encoding->jpeg_hub);
	hub_close(encoding->h264_hub);
}

struct hub *encoding_hub(struct encoding *encoding, enum frame_codec codec)
{
	return codec == FRAME_JPEG ? encoding->jpeg_hub : encoding->h264_hub;
}

bool encoding_wanted(const struct encoding *encoding)
{
	return hub_wanted(encoding->jpeg_hub) || hub_wanted(encoding->h264_hub);
}

void encoding_image(struct encoding *encoding, struct image *source_image)
{
	_cleanup_(image_unref_p) struct image *image = intake_take(&encoding->intake, source_image);

	if (!image)
		return;
	const struct image_info *info = image_info(image);
	if (hub_wanted(encoding->jpeg_hub)) {
		if (info->format == IMAGE_JPEG)
			pass_through(encoding, info);
		else
			stage_offer(encoding->jpeg_stage, image);
	}
	if (hub_wanted(encoding->h264_hub))
		stage_offer(encoding->h264_stage, image);
}

void encoding_set_profile(struct encoding *encoding, const struct profile *profile)
{
	atomic_store_explicit(&encoding->quality, profile->quality, memory_order_relaxed);
	atomic_store_explicit(&encoding->fps, profile->fps, memory_order_relaxed);
	intake_set_fps(&encoding->intake, profile->fps);
}

void encoding_stats(struct encoding *encoding, struct encoding_stats *ret_stats)
{
	*ret_stats = (struct encoding_stats){
		.encoded = atomic_load_explicit(&encoding->encoded, memory_order_relaxed),
		.dropped_mailbox =
			stage_dropped(encoding->jpeg_stage) + stage_dropped(encoding->h264_stage),
		.dropped_encoder =
			atomic_load_explicit(&encoding->dropped_encoder, memory_order_relaxed),
		.latency_us_sum =
			atomic_load_explicit(&encoding->latency_us_sum, memory_order_relaxed),
		.latency_count =
			atomic_load_explicit(&encoding->latency_count, memory_order_relaxed),
		.quality = atomic_load_explicit(&encoding->quality, memory_order_relaxed),
	};
}
