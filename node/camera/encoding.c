#include "camera/encoding.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "camera/intake.h"
#include "camera/preparer.h"
#include "camera/video.h"

/* A ring bridges a writer's hiccup of about 2 s at 30 fps; bytes bound it at high resolutions. */
#define RING_FRAMES 64
#define RING_BYTES (16 * 1024 * 1024)
#define RING_S 2.0

/* Of the preview: nobody needs more than the newest. */
#define PREVIEW_RING_FRAMES 4
#define PREVIEW_RING_BYTES (2 * 1024 * 1024)

struct encoding {
	void (*demand)(void *user);
	void *user;
	struct intake intake;
	struct preparer *preparer;
	struct rendition *renditions[RENDITION_COUNT];
	struct video *video;
};

/* Planes that the preparer has made. On its thread. */
static void on_ready(void *user, struct image *planes)
{
	struct encoding *encoding = user;

	if (preparer_draws(encoding->preparer))
		rendition_offer(encoding->renditions[RENDITION_MAIN], planes);
	rendition_offer(encoding->renditions[RENDITION_PREVIEW], planes);
	video_offer(encoding->video, planes);
}

static void on_demand(void *user, bool wanted)
{
	struct encoding *encoding = user;

	if (!wanted)
		preparer_idle(encoding->preparer);
	encoding->demand(encoding->user);
}

/* With a pre-roll the ring of JPEGs also holds the last seconds, and that of H.264 what comes while
 * they are encoded. */
static struct ring_limits ring_limits(const struct config_camera *config, size_t pre_roll_bytes)
{
	struct ring_limits limits = {.frames = RING_FRAMES, .bytes = RING_BYTES + pre_roll_bytes};

	if (config->pre_roll_s <= 0)
		return limits;
	/* Whatever the rate of the profile that runs. */
	limits.frames += (size_t)ceil(config->pre_roll_s * CONFIG_MAX_FPS);
	limits.span_us = (int64_t)((config->pre_roll_s + RING_S) * USEC_PER_SEC);
	return limits;
}

static struct rendition *make_rendition(struct encoding *encoding,
                                        const struct config_camera *config,
                                        enum rendition_kind kind)
{
	struct rendition_options options = {
		.camera_id = config->id,
		.thread = "jpeg",
		.quality = config->jpeg_quality,
		.ring = ring_limits(config, config_pre_roll_bytes(config)),
		.demand = on_demand,
		.user = encoding,
	};

	if (kind == RENDITION_PREVIEW) {
		options.thread = "prev";
		options.max_width = config->preview_width & ~1;
		options.fps = config->preview_fps;
		options.quality = config->preview_quality;
		options.ring = (struct ring_limits){PREVIEW_RING_FRAMES, PREVIEW_RING_BYTES, 0};
	}
	return rendition_new(&options);
}

static int make_parts(struct encoding *encoding, const struct config_camera *config)
{
	const struct ring_limits ring = ring_limits(config, 0);

	encoding->preparer = preparer_new(config, on_ready, encoding);
	encoding->video = video_new(config, &ring, on_demand, encoding);
	if (!encoding->preparer || !encoding->video)
		return -ENOMEM;
	for (int i = 0; i < RENDITION_COUNT; i++) {
		encoding->renditions[i] = make_rendition(encoding, config, i);
		if (!encoding->renditions[i])
			return -ENOMEM;
	}
	return 0;
}

struct encoding *encoding_new(const struct config_camera *config, void (*demand)(void *user),
                              void *user)
{
	struct encoding *encoding = calloc(1, sizeof *encoding);

	if (!encoding)
		return NULL;
	encoding->demand = demand;
	encoding->user = user;
	intake_init(&encoding->intake, config->fps);
	if (make_parts(encoding, config) < 0) {
		encoding_free(encoding);
		return NULL;
	}
	return encoding;
}

void encoding_free(struct encoding *encoding)
{
	if (!encoding)
		return;
	preparer_free(encoding->preparer);
	for (int i = 0; i < RENDITION_COUNT; i++)
		rendition_free(encoding->renditions[i]);
	video_free(encoding->video);
	free(encoding);
}

int encoding_start(struct encoding *encoding)
{
	int error = preparer_start(encoding->preparer);

	for (int i = 0; i < RENDITION_COUNT && error == 0; i++)
		error = rendition_start(encoding->renditions[i]);
	if (error == 0)
		error = video_start(encoding->video);
	if (error < 0)
		encoding_stop(encoding);
	return error;
}

/* The preparer first: it offers to the others. */
void encoding_stop(struct encoding *encoding)
{
	preparer_stop(encoding->preparer);
	for (int i = 0; i < RENDITION_COUNT; i++)
		rendition_stop(encoding->renditions[i]);
	video_stop(encoding->video);
}

struct hub *encoding_hub(struct encoding *encoding, enum frame_codec codec)
{
	return codec == FRAME_JPEG ? rendition_hub(encoding->renditions[RENDITION_MAIN])
	                           : video_hub(encoding->video);
}

struct rendition *encoding_rendition(struct encoding *encoding, enum rendition_kind kind)
{
	return encoding->renditions[kind];
}

bool encoding_wanted(const struct encoding *encoding)
{
	return rendition_is_wanted(encoding->renditions[RENDITION_MAIN]) ||
	       rendition_is_wanted(encoding->renditions[RENDITION_PREVIEW]) ||
	       video_is_wanted(encoding->video);
}

/* To those that take it as it is. */
static void distribute(struct encoding *encoding, struct image *image)
{
	for (int i = 0; i < RENDITION_COUNT; i++)
		rendition_offer(encoding->renditions[i], image);
	if (image_info(image)->format != IMAGE_JPEG)
		video_offer(encoding->video, image);
}

/* Whether a recording or a pre-roll wants each picture. */
static bool wants_every(const struct encoding *encoding)
{
	return video_is_wanted(encoding->video) ||
	       rendition_wants_every(encoding->renditions[RENDITION_MAIN]);
}

/* Every picture gets the overlay, but only if it goes anywhere. */
static void send_to_be_drawn(struct encoding *encoding, struct image *image)
{
	int64_t pts_us = image_info(image)->pts_us;
	bool due = video_is_wanted(encoding->video);

	for (int i = 0; i < RENDITION_COUNT; i++)
		due = due || rendition_is_due(encoding->renditions[i], pts_us);
	if (due)
		preparer_offer(encoding->preparer, image, wants_every(encoding));
}

void encoding_image(struct encoding *encoding, struct image *source_image)
{
	_cleanup_(image_unref_p) struct image *image = intake_take(&encoding->intake, source_image);

	if (!image)
		return;
	if (preparer_draws(encoding->preparer)) {
		send_to_be_drawn(encoding, image);
	} else if (image_info(image)->format == IMAGE_JPEG && video_is_wanted(encoding->video)) {
		rendition_offer(encoding->renditions[RENDITION_MAIN], image);
		preparer_offer(encoding->preparer, image, true);
	} else {
		distribute(encoding, image);
	}
}

void encoding_set_profile(struct encoding *encoding, const struct profile *profile)
{
	intake_set_fps(&encoding->intake, profile->fps);
	rendition_set_quality(encoding->renditions[RENDITION_MAIN], profile->quality);
	video_set_fps(encoding->video, profile->fps);
}

double encoding_h264_fps(const struct encoding *encoding)
{
	return video_fps(encoding->video);
}

void encoding_set_overlay(struct encoding *encoding, unsigned flags)
{
	preparer_set_overlay(encoding->preparer, flags);
}

bool encoding_draws(const struct encoding *encoding)
{
	return preparer_draws(encoding->preparer);
}

void encoding_stats(struct encoding *encoding, struct encoding_stats *ret_stats)
{
	struct rendition_stats main, preview;

	rendition_stats(encoding->renditions[RENDITION_MAIN], &main);
	rendition_stats(encoding->renditions[RENDITION_PREVIEW], &preview);
	*ret_stats = (struct encoding_stats){
		.encoded = main.encoded,
		.preview_encoded = preview.encoded,
		.dropped_mailbox = main.dropped_mailbox + preview.dropped_mailbox +
	                           preparer_dropped(encoding->preparer) +
	                           video_dropped(encoding->video),
		.dropped_encoder = main.dropped_encoder + preview.dropped_encoder +
	                           preparer_failed(encoding->preparer) +
	                           video_failed(encoding->video),
		.latency_us_sum = main.latency_us_sum,
		.latency_count = main.latency_count,
		.quality = main.quality,
		.h264_encoder = video_encoder(encoding->video),
	};
}
