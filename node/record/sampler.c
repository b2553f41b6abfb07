#include "record/sampler.h"

#include "base/clock.h"
#include "base/thread.h"

#include <errno.h>
#include <stdlib.h>

/* A picture that is due is waited for in turns of this length, to be woken in between. */
#define LOOK_US (250 * USEC_PER_MSEC)

struct sampler {
	struct hub *hub;
	int64_t every_us, due_us;
	struct hub_reader *reader; /* while a picture is due */

	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool woken; /* guarded by mutex */
};

struct sampler *sampler_new(struct hub *jpeg, int64_t every_us)
{
	struct sampler *sampler = calloc(1, sizeof(*sampler));

	if (!sampler)
		return NULL;
	pthread_mutex_init(&sampler->mutex, NULL);
	cond_init(&sampler->changed);
	sampler->hub = hub_ref(jpeg);
	sampler->every_us = every_us;
	sampler->due_us = clock_mono_us();
	return sampler;
}

void sampler_free(struct sampler *sampler)
{
	if (!sampler)
		return;
	hub_reader_free(sampler->reader);
	hub_unref(sampler->hub);
	pthread_cond_destroy(&sampler->changed);
	pthread_mutex_destroy(&sampler->mutex);
	free(sampler);
}

/* 0 once it is `until_us`. */
static int sleep_until(struct sampler *sampler, int64_t until_us)
{
	int r = 0;

	pthread_mutex_lock(&sampler->mutex);
	while (!sampler->woken && r == 0)
		r = cond_wait_until(&sampler->changed, &sampler->mutex, until_us);
	r = sampler->woken ? -EINTR : 0;
	sampler->woken = false;
	pthread_mutex_unlock(&sampler->mutex);
	return r;
}

static int open_reader(struct sampler *sampler)
{
	static const struct hub_reader_options newest = {.mode = HUB_LATEST};

	if (!sampler->reader)
		sampler->reader = hub_reader_new(sampler->hub, &newest);
	return sampler->reader ? 0 : -ENOMEM;
}

/* Those that were missed are not made up for. */
static void set_next_due(struct sampler *sampler)
{
	int64_t missed = (clock_mono_us() - sampler->due_us) / sampler->every_us;

	hub_reader_free(move_ptr(sampler->reader));
	sampler->due_us += (missed + 1) * sampler->every_us;
}

int sampler_wait(struct sampler *sampler, int64_t deadline_us, struct frame **ret_jpeg)
{
	for (;;) {
		_cleanup_(frame_unref_p) struct frame *jpeg = NULL;
		int64_t until_us = sampler->due_us < deadline_us ? sampler->due_us : deadline_us;
		int r = sleep_until(sampler, until_us);

		if (r < 0)
			return r;
		if (clock_mono_us() >= deadline_us)
			return -ETIMEDOUT;
		r = open_reader(sampler);
		if (r == 0)
			r = hub_reader_wait(sampler->reader, clock_mono_us() + LOOK_US, &jpeg,
			                    NULL);
		if (r == -ETIMEDOUT)
			continue;
		if (r < 0)
			return r;
		set_next_due(sampler);
		if (!frame_info(jpeg)->placeholder) {
			*ret_jpeg = move_ptr(jpeg);
			return 0;
		}
	}
}

void sampler_wake(struct sampler *sampler)
{
	pthread_mutex_lock(&sampler->mutex);
	sampler->woken = true;
	pthread_cond_signal(&sampler->changed);
	pthread_mutex_unlock(&sampler->mutex);
}
