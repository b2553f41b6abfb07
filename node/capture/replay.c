#include "capture/replay.h"

#include "base/clock.h"
#include "base/thread.h"
#include "base/url.h"
#include "capture/clip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A picture that is due by more than this before or after now belongs to another count of time. */
#define LATE_MAX_US (USEC_PER_SEC / 2)
#define EARLY_MAX_US (10 * USEC_PER_SEC)

#define SHOWN_URL_MAX (SOURCE_TEXT_SIZE / 2 - 3) /* bytes of it in an explanation */

struct replay {
	struct source base;
	char *url;
	char *shown_url;   /* without its secrets */
	struct clip *clip; /* NULL: has to be opened again at start */
	struct source_mode mode;
	struct source_sink sink;
	pthread_t thread;
	bool started;

	/* The thread's while it runs. */
	uint64_t sequence;
	int64_t origin_us;  /* the clip's time 0 on the monotonic clock */
	int64_t due_us;     /* of the last picture; 0: none since start */
	bool is_broken_off; /* the clip was stopped while it read, and reads no more */

	pthread_mutex_t mutex;
	pthread_cond_t stopped;
	atomic_bool stopping; /* set under mutex, so that no waiter misses it */
};

static int64_t interval_us(const struct replay *replay)
{
	return (int64_t)((double)USEC_PER_SEC / replay->mode.fps);
}

/* When the clip's picture is due. Each pass, and each jump in the clip's times, goes on where the
 * last picture's time was over. */
static int64_t next_due_us(struct replay *replay)
{
	const int64_t now_us = clock_mono_us();
	const int64_t time_us = clip_time_us(replay->clip);
	int64_t due_us = replay->origin_us + time_us;

	if (clip_info(replay->clip)->is_live)
		return now_us;
	if (time_us == CLIP_NO_TIME || clip_is_first(replay->clip))
		due_us = replay->due_us + interval_us(replay);
	if (replay->due_us == 0 || due_us < now_us - LATE_MAX_US || due_us > now_us + EARLY_MAX_US)
		due_us = now_us;
	if (due_us <= replay->due_us)
		due_us = replay->due_us + 1;
	if (time_us != CLIP_NO_TIME)
		replay->origin_us = due_us - time_us;
	return due_us;
}

/* False: stopping. */
static bool wait_until(struct replay *replay, int64_t due_us)
{
	pthread_mutex_lock(&replay->mutex);
	while (!replay->stopping && cond_wait_until(&replay->stopped, &replay->mutex, due_us) == 0)
		;
	pthread_mutex_unlock(&replay->mutex);
	return !replay->stopping;
}

static void deliver(struct replay *replay, bool wanted)
{
	struct image *image = NULL;

	if (wanted)
		image = clip_image(replay->clip, replay->sequence, replay->due_us);
	replay->sequence++;
	if (image)
		replay->sink.image(replay->sink.user, image);
}

static const char *reason(int error)
{
	if (error == -ENODATA)
		return "the stream has ended";
	if (error == -ETIMEDOUT)
		return "the stream has fallen silent";
	return "the stream cannot be read on";
}

static void *run(void *arg)
{
	struct replay *replay = arg;

	for (;;) {
		const bool wanted = replay->sink.wanted(replay->sink.user);
		int r = clip_next(replay->clip, wanted);

		if (r == -ESHUTDOWN) {
			replay->is_broken_off = true;
			break;
		}
		if (r < 0) {
			replay->sink.gone(replay->sink.user, reason(r));
			break;
		}
		replay->due_us = next_due_us(replay);
		if (!wait_until(replay, replay->due_us))
			break;
		deliver(replay, wanted);
	}
	return NULL;
}

static void replay_close(struct source *source)
{
	struct replay *replay = (struct replay *)source;

	clip_close(replay->clip);
	pthread_cond_destroy(&replay->stopped);
	pthread_mutex_destroy(&replay->mutex);
	free(replay->url);
	free(replay->shown_url);
	free(replay);
}

static void set_mode(struct replay *replay)
{
	const struct clip_info *info = clip_info(replay->clip);
	struct source_mode *mode = &replay->mode;

	snprintf(mode->id, sizeof(mode->id), "%s", replay->shown_url);
	mode->width = info->width;
	mode->height = info->height;
	mode->fps = info->fps;
	mode->format = info->format;
	snprintf(mode->model, sizeof(mode->model), "Replay (%s)", info->codec);
}

static struct replay *replay_new(const char *url)
{
	struct replay *replay = calloc(1, sizeof(*replay));

	if (!replay)
		return NULL;
	replay->base.ops = &replay_ops;
	pthread_mutex_init(&replay->mutex, NULL);
	cond_init(&replay->stopped);
	atomic_init(&replay->stopping, false);
	replay->url = strdup(url);
	replay->shown_url = url_without_secrets(url);
	if (!replay->url || !replay->shown_url) {
		replay_close(&replay->base);
		return NULL;
	}
	return replay;
}

static int replay_open(const struct config_camera *camera, struct source **ret_source,
                       char ret_text[SOURCE_TEXT_SIZE])
{
	struct replay *replay = replay_new(camera->source + strlen(REPLAY_PREFIX));
	char why[SOURCE_TEXT_SIZE / 2];
	int r;

	if (!replay) {
		snprintf(ret_text, SOURCE_TEXT_SIZE, "no memory");
		return -ENOMEM;
	}
	r = clip_open(replay->url, &replay->stopping, &replay->clip, why, sizeof(why));
	if (r < 0) {
		snprintf(ret_text, SOURCE_TEXT_SIZE, "%.*s: %s", SHOWN_URL_MAX, replay->shown_url,
		         why);
		replay_close(&replay->base);
		return r;
	}
	set_mode(replay);
	*ret_source = &replay->base;
	return 0;
}

static void replay_mode(const struct source *source, struct source_mode *ret_mode)
{
	*ret_mode = ((const struct replay *)source)->mode;
}

/* What was stopped is opened again, and has to be what it was. */
static int reopen(struct replay *replay)
{
	char text[SOURCE_TEXT_SIZE];
	int r = clip_open(replay->url, &replay->stopping, &replay->clip, text, sizeof(text));

	if (r < 0)
		return r;
	if (clip_info(replay->clip)->width == replay->mode.width &&
	    clip_info(replay->clip)->height == replay->mode.height &&
	    clip_info(replay->clip)->format == replay->mode.format)
		return 0;
	clip_close(replay->clip);
	replay->clip = NULL;
	return -ENODEV;
}

static int replay_start(struct source *source, const struct source_sink *sink)
{
	struct replay *replay = (struct replay *)source;
	int r = 0;

	replay->sink = *sink;
	atomic_store(&replay->stopping, false);
	replay->due_us = 0;
	replay->is_broken_off = false;
	if (!replay->clip)
		r = reopen(replay);
	if (r == 0)
		r = thread_start(&replay->thread, "replay", run, replay);
	replay->started = r == 0;
	return r;
}

static void replay_stop(struct source *source)
{
	struct replay *replay = (struct replay *)source;

	if (!replay->started)
		return;
	pthread_mutex_lock(&replay->mutex);
	atomic_store(&replay->stopping, true);
	pthread_cond_signal(&replay->stopped);
	pthread_mutex_unlock(&replay->mutex);
	pthread_join(replay->thread, NULL);
	replay->started = false;
	if (clip_info(replay->clip)->is_live || replay->is_broken_off) {
		clip_close(replay->clip);
		replay->clip = NULL;
	}
}

const struct source_ops replay_ops = {
	.name = "replay",
	.open = replay_open,
	.mode = replay_mode,
	.start = replay_start,
	.stop = replay_stop,
	.close = replay_close,
};
