#include "camera/stage.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/thread.h"

struct stage {
	const struct stage_ops *ops;
	void *user;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct image *waiting[STAGE_MAX_WAITING]; /* guarded by mutex: oldest first */
	unsigned count;                           /* guarded by mutex: of waiting */
	bool idle;                                /* guarded by mutex */
	bool stopping;                            /* guarded by mutex */
	atomic_uint_fast64_t dropped;
};

/* The oldest image that waits, or NULL. With the mutex held. */
static struct image *shift(struct stage *stage)
{
	struct image *oldest = stage->waiting[0];

	if (stage->count == 0)
		return NULL;
	stage->count--;
	for (unsigned i = 0; i < stage->count; i++)
		stage->waiting[i] = stage->waiting[i + 1];
	return oldest;
}

/* Waits for work: an image (the caller's now), or NULL for "go idle". False when stopping. */
static bool stage_take(struct stage *stage, struct image **ret_image)
{
	pthread_mutex_lock(&stage->mutex);
	while (stage->count == 0 && !stage->idle && !stage->stopping)
		pthread_cond_wait(&stage->changed, &stage->mutex);
	bool go_on = !stage->stopping;
	if (go_on) {
		*ret_image = shift(stage);
		if (!*ret_image)
			stage->idle = false;
	}
	pthread_mutex_unlock(&stage->mutex);
	return go_on;
}

static void *stage_run(void *arg)
{
	struct stage *stage = arg;
	struct image *image;

	while (stage_take(stage, &image)) {
		if (image)
			stage->ops->encode(stage->user, image);
		else
			stage->ops->idle(stage->user);
		image_unref(image);
	}
	stage->ops->idle(stage->user);
	return NULL;
}

struct stage *stage_new(const char *name, const struct stage_ops *ops, void *user)
{
	struct stage *stage = calloc(1, sizeof *stage);

	if (!stage)
		return NULL;
	stage->ops = ops;
	stage->user = user;
	pthread_mutex_init(&stage->mutex, NULL);
	cond_init(&stage->changed);
	if (thread_start(&stage->thread, name, stage_run, stage) < 0) {
		pthread_cond_destroy(&stage->changed);
		pthread_mutex_destroy(&stage->mutex);
		free(stage);
		return NULL;
	}
	return stage;
}

void stage_stop(struct stage *stage)
{
	pthread_mutex_lock(&stage->mutex);
	stage->stopping = true;
	pthread_cond_signal(&stage->changed);
	pthread_mutex_unlock(&stage->mutex);
	pthread_join(stage->thread, NULL);
}

void stage_free(struct stage *stage)
{
	if (!stage)
		return;
	while (stage->count > 0)
		image_unref(shift(stage));
	pthread_cond_destroy(&stage->changed);
	pthread_mutex_destroy(&stage->mutex);
	free(stage);
}

/* The image to keep: a copy if the source would miss its buffer, or the image itself if there is no
 * memory for that. The caller's. */
static struct image *keep(struct stage *stage, struct image *image)
{
	pthread_mutex_lock(&stage->mutex);
	bool late = stage->count >= STAGE_MAX_HELD;
	pthread_mutex_unlock(&stage->mutex);

	struct image *copy = late ? image_copy(image) : NULL;
	return copy ? copy : image_ref(image);
}

/* Takes the oldest images out until at most `count` wait; returns how many. With the mutex held. */
static unsigned make_room(struct stage *stage, unsigned count,
                          struct image *ret_dropped[static STAGE_MAX_WAITING])
{
	unsigned dropped = 0;

	while (stage->count > count)
		ret_dropped[dropped++] = shift(stage);
	return dropped;
}

void stage_offer(struct stage *stage, struct image *image, bool every)
{
	struct image *dropped[STAGE_MAX_WAITING];
	unsigned count = 1;

	image = every ? keep(stage, image) : image_ref(image);
	pthread_mutex_lock(&stage->mutex);
	if (stage->stopping) {
		dropped[0] = image;
	} else {
		count = make_room(stage, every ? STAGE_MAX_WAITING - 1 : 0, dropped);
		stage->waiting[stage->count++] = image;
	}
	pthread_cond_signal(&stage->changed);
	pthread_mutex_unlock(&stage->mutex);
	atomic_fetch_add_explicit(&stage->dropped, count, memory_order_relaxed);
	for (unsigned i = 0; i < count; i++)
		image_unref(dropped[i]);
}

void stage_idle(struct stage *stage)
{
	pthread_mutex_lock(&stage->mutex);
	stage->idle = true;
	pthread_cond_signal(&stage->changed);
	pthread_mutex_unlock(&stage->mutex);
}

uint64_t stage_dropped(struct stage *stage)
{
	return atomic_load_explicit(&stage->dropped, memory_order_relaxed);
}
