#include "base/worker.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/queue.h"
#include "base/thread.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

struct worker {
	struct queue *jobs;
	pthread_t thread;

	pthread_mutex_t mutex;
	pthread_cond_t ended_now;
	bool ended; /* guarded by mutex */
};

struct job {
	void (*run)(void *arg);
	void *arg;
};

static void *run_jobs(void *arg)
{
	struct worker *worker = arg;
	void *item;

	while (queue_pop(worker->jobs, INT64_MAX, &item) == 0) {
		_cleanup_free_ struct job *job = item;

		job->run(job->arg);
	}
	pthread_mutex_lock(&worker->mutex);
	worker->ended = true;
	pthread_cond_broadcast(&worker->ended_now);
	pthread_mutex_unlock(&worker->mutex);
	return NULL;
}

static void free_parts(struct worker *worker)
{
	queue_free(worker->jobs);
	pthread_cond_destroy(&worker->ended_now);
	pthread_mutex_destroy(&worker->mutex);
	free(worker);
}

struct worker *worker_new(const char *name, size_t capacity)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	pthread_mutex_init(&worker->mutex, NULL);
	cond_init(&worker->ended_now);
	worker->jobs = queue_new(capacity, free);
	if (!worker->jobs || thread_start(&worker->thread, name, run_jobs, worker) < 0) {
		free_parts(worker);
		return NULL;
	}
	return worker;
}

int worker_stop(struct worker *worker, int64_t timeout_us)
{
	int64_t deadline_us = clock_mono_us() + timeout_us;
	int r = 0;

	queue_close(worker->jobs);
	pthread_mutex_lock(&worker->mutex);
	while (!worker->ended && r == 0)
		r = cond_wait_until(&worker->ended_now, &worker->mutex, deadline_us);
	r = worker->ended ? 0 : -ETIMEDOUT;
	pthread_mutex_unlock(&worker->mutex);
	return r;
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	queue_close(worker->jobs);
	pthread_join(worker->thread, NULL);
	free_parts(worker);
}

int worker_submit(struct worker *worker, void (*run)(void *arg), void *arg)
{
	struct job *job = malloc(sizeof(*job));
	int r;

	if (!job)
		return -ENOMEM;
	*job = (struct job){run, arg};
	r = queue_push(worker->jobs, job);
	if (r < 0)
		free(job);
	return r;
}
