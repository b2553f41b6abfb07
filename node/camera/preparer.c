#include "camera/preparer.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "camera/stage.h"
#include "media/jpeg_decoder.h"
#include "media/overlay.h"

struct preparer {
	const struct config_camera *config;
	void (*ready)(void *user, struct image *planes);
	void *user;
	struct stage *stage;
	atomic_uint overlay;
	atomic_uint_fast64_t failed;

	/* stage's thread only */
	struct jpeg_decoder *decoder;
	struct log_repeat log;
};

/* Planes of a JPEG image, or the image itself; a new reference. */
static int decode(struct preparer *preparer, struct image *image, struct image **ret_planes)
{
	const struct image_info *info = image_info(image);

	if (info->format != IMAGE_JPEG) {
		*ret_planes = image_ref(image);
		return 0;
	}
	if (!preparer->decoder)
		preparer->decoder = jpeg_decoder_new();
	if (!preparer->decoder)
		return -ENOMEM;
	return jpeg_decoder_decode(preparer->decoder, info->planes[0], info->size, info,
	                           ret_planes);
}

static int prepare(struct preparer *preparer, struct image *image, struct image **ret_planes)
{
	unsigned overlay = atomic_load_explicit(&preparer->overlay, memory_order_relaxed);
	_cleanup_(image_unref_p) struct image *planes = NULL;
	_cleanup_(image_unref_p) struct image *even = NULL;
	int error = decode(preparer, image, &planes);

	if (error == 0)
		error = image_crop_even(planes, &even);
	if (error < 0)
		return error;
	if (overlay)
		return overlay_draw(even, overlay, overlay_label(preparer->config), ret_planes);
	*ret_planes = move_ptr(even);
	return 0;
}

static void on_image(void *user, struct image *image)
{
	struct preparer *preparer = user;
	_cleanup_(image_unref_p) struct image *planes = NULL;
	int error = prepare(preparer, image, &planes);

	if (error == 0) {
		preparer->ready(preparer->user, planes);
		return;
	}
	atomic_fetch_add_explicit(&preparer->failed, 1, memory_order_relaxed);
	log_repeat(&preparer->log, LOG_LEVEL_WARN, "%s: a picture cannot be decoded: %s",
	           preparer->config->id, strerror(-error));
}

static void on_idle(void *user)
{
	struct preparer *preparer = user;

	jpeg_decoder_free(move_ptr(preparer->decoder));
}

struct preparer *preparer_new(const struct config_camera *config,
                              void (*ready)(void *user, struct image *planes), void *user)
{
	struct preparer *preparer = calloc(1, sizeof *preparer);

	if (!preparer)
		return NULL;
	preparer->config = config;
	preparer->ready = ready;
	preparer->user = user;
	atomic_init(&preparer->overlay, overlay_flags(config));
	return preparer;
}

void preparer_free(struct preparer *preparer)
{
	if (!preparer)
		return;
	stage_free(preparer->stage);
	free(preparer);
}

int preparer_start(struct preparer *preparer)
{
	static const struct stage_ops ops = {.encode = on_image, .idle = on_idle};
	char name[16];

	snprintf(name, sizeof name, "prep-%.10s", preparer->config->id);
	preparer->stage = stage_new(name, &ops, preparer);
	return preparer->stage ? 0 : -ENOMEM;
}

void preparer_stop(struct preparer *preparer)
{
	if (preparer->stage)
		stage_stop(preparer->stage);
}

void preparer_offer(struct preparer *preparer, struct image *image, bool every)
{
	stage_offer(preparer->stage, image, every);
}

void preparer_idle(struct preparer *preparer)
{
	stage_idle(preparer->stage);
}

void preparer_set_overlay(struct preparer *preparer, unsigned flags)
{
	atomic_store_explicit(&preparer->overlay, flags, memory_order_relaxed);
}

bool preparer_draws(const struct preparer *preparer)
{
	return atomic_load_explicit(&preparer->overlay, memory_order_relaxed) != 0;
}

uint64_t preparer_dropped(const struct preparer *preparer)
{
	return stage_dropped(preparer->stage);
}

uint64_t preparer_failed(const struct preparer *preparer)
{
	return atomic_load_explicit(&preparer->failed, memory_order_relaxed);
}
