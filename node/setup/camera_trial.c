#include "setup/camera_trial.h"

#include "base/clock.h"
#include "base/thread.h"
#include "capture/pattern.h"
#include "media/jpeg.h"
#include "media/jpeg_encoder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define QUALITY 80

/* The first image, or the source's end. */
struct catch
{
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct image *image;         /* guarded by mutex */
	char gone[SOURCE_TEXT_SIZE]; /* guarded by mutex; "" while it is there */
};

static void on_image(void *user, struct image *image)
{
	struct catch *catch = user;

	pthread_mutex_lock(&catch->mutex);
	if (!catch->image) {
		catch->image = image;
		image = NULL;
		pthread_cond_signal(&catch->changed);
	}
	pthread_mutex_unlock(&catch->mutex);
	image_unref(image);
}

static bool on_wanted(void *user)
{
	return true;
}

static void on_gone(void *user, const char *why)
{
	struct catch *catch = user;

	pthread_mutex_lock(&catch->mutex);
	snprintf(catch->gone, sizeof(catch->gone), "%s", why);
	pthread_cond_signal(&catch->changed);
	pthread_mutex_unlock(&catch->mutex);
}

static int wait_image(struct catch *catch, char ret_why[SOURCE_TEXT_SIZE])
{
	int64_t deadline_us = clock_mono_us() + CAMERA_TRIAL_TIMEOUT_S * USEC_PER_SEC;
	int r = 0;

	pthread_mutex_lock(&catch->mutex);
	while (r == 0 && !catch->image && !catch->gone[0])
		r = cond_wait_until(&catch->changed, &catch->mutex, deadline_us);
	if (catch->image)
		r = 0;
	else if (catch->gone[0])
		r = -EIO;
	snprintf(ret_why, SOURCE_TEXT_SIZE, "%s", catch->gone);
	pthread_mutex_unlock(&catch->mutex);
	if (r == -ETIMEDOUT)
		snprintf(ret_why, SOURCE_TEXT_SIZE, "no picture for %d s", CAMERA_TRIAL_TIMEOUT_S);
	return r;
}

/* As a JPEG: the camera's own, checked, or encoded here. */
static int make_frame(const struct image *image, struct frame **ret_frame)
{
	_cleanup_(jpeg_encoder_free_p) struct jpeg_encoder *encoder = NULL;
	const struct image_info *info = image_info(image);
	const struct frame_info frame = {.codec = FRAME_JPEG};

	if (info->format == IMAGE_JPEG)
		return jpeg_frame_new(&frame, info->planes[0], info->size, ret_frame);
	encoder = jpeg_encoder_new();
	return encoder ? jpeg_encoder_encode(encoder, image, QUALITY, ret_frame) : -ENOMEM;
}

static int take_picture(struct source *source, struct catch *catch, struct camera_trial *trial)
{
	const struct source_sink sink = {catch, on_image, on_wanted, on_gone};
	_cleanup_(frame_unref_p) struct frame *frame = NULL;
	int r = source->ops->start(source, &sink);

	if (r < 0) {
		snprintf(trial->why, sizeof(trial->why), "it does not start: %s",
		         strerrordesc_np(-r));
		return r;
	}
	r = wait_image(catch, trial->why);
	if (r == 0) {
		r = make_frame(catch->image, &frame);
		snprintf(trial->why, sizeof(trial->why), "%s",
		         r < 0 ? "its picture is broken" : "");
	}
	source->ops->stop(source);
	image_unref(move_ptr(catch->image)); /* not before: the source would find its place empty */
	trial->bytes = frame ? frame_size(frame) : 0;
	return r;
}

int camera_trial(const struct config_camera *camera, struct camera_trial *ret_trial)
{
	struct camera_trial trial = {0};
	struct catch catch = {.image = NULL};
	int64_t began_us = clock_mono_us();
	struct source *source;
	int r = source_open(camera, &source, trial.why);

	if (r == 0) {
		pthread_mutex_init(&catch.mutex, NULL);
		cond_init(&catch.changed);
		source->ops->mode(source, &trial.mode);
		trial.is_pattern = source->ops == &pattern_ops;
		r = take_picture(source, &catch, &trial);
		source->ops->close(source);
		pthread_cond_destroy(&catch.changed);
		pthread_mutex_destroy(&catch.mutex);
	}
	trial.seconds = (double)(clock_mono_us() - began_us) / USEC_PER_SEC;
	*ret_trial = trial;
	return r;
}
