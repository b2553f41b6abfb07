/*
 * A sink for tests: keeps what a source delivers, and waits for it with a deadline. Counts how
 * often it was asked whether it wants an image: a clock that ticks with the source.
 */
#ifndef CAMNODE_TESTS_COLLECTOR_H
#define CAMNODE_TESTS_COLLECTOR_H

#include "base/clock.h"
#include "base/thread.h"
#include "capture/source.h"

#include <stdio.h>

#define COLLECTOR_DEADLINE_US (30 * USEC_PER_SEC)

struct collector {
	struct source_sink sink;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool wanted;         /* guarded by mutex, as all below */
	unsigned asked;      /* calls of wanted() */
	struct image *image; /* the oldest one not taken yet */
	bool gone;
	char why[SOURCE_TEXT_SIZE];
};

/* Holds one image until collector_take(); further ones are let go, as a slow reader would. */
static inline void collector_image(void *user, struct image *image)
{
	struct collector *collector = user;

	pthread_mutex_lock(&collector->mutex);
	if (!collector->image) {
		collector->image = image;
		image = NULL;
	}
	pthread_cond_broadcast(&collector->changed);
	pthread_mutex_unlock(&collector->mutex);
	image_unref(image);
}

static inline bool collector_wanted(void *user)
{
	struct collector *collector = user;
	bool wanted;

	pthread_mutex_lock(&collector->mutex);
	wanted = collector->wanted;
	collector->asked++;
	pthread_cond_broadcast(&collector->changed);
	pthread_mutex_unlock(&collector->mutex);
	return wanted;
}

static inline void collector_gone(void *user, const char *why)
{
	struct collector *collector = user;

	pthread_mutex_lock(&collector->mutex);
	collector->gone = true;
	snprintf(collector->why, sizeof(collector->why), "%s", why);
	pthread_cond_broadcast(&collector->changed);
	pthread_mutex_unlock(&collector->mutex);
}

static inline void collector_init(struct collector *collector)
{
	*collector = (struct collector){.wanted = true};
	collector->sink = (struct source_sink){
		.user = collector,
		.image = collector_image,
		.wanted = collector_wanted,
		.gone = collector_gone,
	};
	pthread_mutex_init(&collector->mutex, NULL);
	cond_init(&collector->changed);
}

static inline void collector_finish(struct collector *collector)
{
	image_unref(collector->image);
	pthread_cond_destroy(&collector->changed);
	pthread_mutex_destroy(&collector->mutex);
}

/* The next image, the caller's; NULL: none until the deadline. */
static inline struct image *collector_take_until(struct collector *collector, int64_t deadline_us)
{
	struct image *image;

	pthread_mutex_lock(&collector->mutex);
	while (!collector->image &&
	       cond_wait_until(&collector->changed, &collector->mutex, deadline_us) == 0)
		;
	image = collector->image;
	collector->image = NULL;
	pthread_mutex_unlock(&collector->mutex);
	return image;
}

static inline struct image *collector_take(struct collector *collector)
{
	return collector_take_until(collector, clock_mono_us() + COLLECTOR_DEADLINE_US);
}

/* False: the source has not asked so often again until the deadline. */
static inline bool collector_wait_asked(struct collector *collector, unsigned times)
{
	const int64_t deadline_us = clock_mono_us() + COLLECTOR_DEADLINE_US;
	bool reached;

	pthread_mutex_lock(&collector->mutex);
	times += collector->asked;
	while (collector->asked < times &&
	       cond_wait_until(&collector->changed, &collector->mutex, deadline_us) == 0)
		;
	reached = collector->asked >= times;
	pthread_mutex_unlock(&collector->mutex);
	return reached;
}

static inline bool collector_wait_gone(struct collector *collector)
{
	const int64_t deadline_us = clock_mono_us() + COLLECTOR_DEADLINE_US;
	bool gone;

	pthread_mutex_lock(&collector->mutex);
	while (!collector->gone &&
	       cond_wait_until(&collector->changed, &collector->mutex, deadline_us) == 0)
		;
	gone = collector->gone;
	pthread_mutex_unlock(&collector->mutex);
	return gone;
}

static inline void collector_set_wanted(struct collector *collector, bool wanted)
{
	pthread_mutex_lock(&collector->mutex);
	collector->wanted = wanted;
	pthread_mutex_unlock(&collector->mutex);
}

#endif
