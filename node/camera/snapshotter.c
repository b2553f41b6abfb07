#include "camera/snapshotter.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/queue.h"
#include "base/thread.h"

#define WAKE_US (USEC_PER_SEC / 4) /* how soon a waiting request notices the end */

struct job {
	struct snapshotter_request request;
	int64_t requested_us;
};

struct snapshotter {
	struct snapshotter_options options;
	struct queue *jobs;
	pthread_t thread;
	atomic_bool stopping;
};

/* The first real and settled frame of after the request; a placeholder newer than it says that the
 * camera is away. */
static int wait_fresh(struct snapshotter *snapshotter, const struct job *job,
                      struct frame **ret_frame)
{
	const struct hub_reader_options options = {.mode = HUB_LATEST};
	_cleanup_(hub_reader_free_p) struct hub_reader *reader =
		hub_reader_new(job->request.hub, &options);
	int64_t deadline_us = job->requested_us + job->request.timeout_us;
	int error = reader ? 0 : -ENOMEM;

	while (error == 0 || error == -ETIMEDOUT) {
		_cleanup_(frame_unref_p) struct frame *frame = NULL;
		int64_t now_us = clock_mono_us();

		if (atomic_load(&snapshotter->stopping))
			return -ESHUTDOWN;
		if (now_us >= deadline_us)
			return -ETIMEDOUT;
		int64_t until_us = now_us + WAKE_US < deadline_us ? now_us + WAKE_US : deadline_us;
		error = hub_reader_wait(reader, until_us, &frame, NULL);
		if (error < 0 || frame_info(frame)->pts_us < job->requested_us)
			continue;
		if (frame_info(frame)->placeholder)
			return -ENODEV;
		if (frame_info(frame)->pts_us <
		    snapshotter->options.settled_us(snapshotter->options.user))
			continue;
		*ret_frame = move_ptr(frame);
		return 0;
	}
	return error;
}

static void run_job(struct snapshotter *snapshotter, const struct job *job)
{
	_cleanup_(frame_unref_p) struct frame *frame = NULL;
	_cleanup_(frame_unref_p) struct frame *fitted = NULL;
	int error = wait_fresh(snapshotter, job, &frame);

	if (error == 0)
		error = picture_fit(frame, &job->request.wish, &fitted);
	job->request.done(job->request.user, error, fitted);
}

static void *snapshotter_run(void *arg)
{
	struct snapshotter *snapshotter = arg;
	void *job;

	while (queue_pop(snapshotter->jobs, INT64_MAX, &job) == 0) {
		run_job(snapshotter, job);
		free(job);
	}
	return NULL;
}

struct snapshotter *snapshotter_new(const struct snapshotter_options *options)
{
	struct snapshotter *snapshotter = calloc(1, sizeof *snapshotter);
	char name[16];

	if (!snapshotter)
		return NULL;
	snapshotter->options = *options;
	snapshotter->jobs = queue_new(options->capacity, free);
	snprintf(name, sizeof name, "snap-%.10s", options->camera_id);
	if (!snapshotter->jobs ||
	    thread_start(&snapshotter->thread, name, snapshotter_run, snapshotter) < 0) {
		queue_free(snapshotter->jobs);
		free(snapshotter);
		return NULL;
	}
	return snapshotter;
}

void snapshotter_stop(struct snapshotter *snapshotter)
{
	atomic_store(&snapshotter->stopping, true);
	queue_close(snapshotter->jobs);
	pthread_join(snapshotter->thread, NULL);
}

void snapshotter_free(struct snapshotter *snapshotter)
{
	if (!snapshotter)
		return;
	queue_free(snapshotter->jobs);
	free(snapshotter);
}

int snapshotter_take(struct snapshotter *snapshotter, const struct snapshotter_request *request)
{
	struct job *job = malloc(sizeof *job);

	if (!job)
		return -ENOMEM;
	*job = (struct job){.request = *request, .requested_us = clock_mono_us()};
	int error = queue_push(snapshotter->jobs, job);
	if (error < 0)
		free(job);
	return error;
}
