#include "base/worker.h"

#include "base/cleanup.h"
#include "base/queue.h"
#include "base/thread.h"

#include <errno.h>
#include <stdint.h>

struct worker {
	struct queue *jobs;
	pthread_t thread;
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
	return NULL;
}

struct worker *worker_new(const char *name, size_t capacity)
{
	_cleanup_free_ struct worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->jobs = queue_new(capacity, free);
	if (!worker->jobs)
		return NULL;
	if (thread_start(&worker->thread, name, run_jobs, worker) < 0) {
		queue_free(worker->jobs);
		return NULL;
	}
	return move_ptr(worker);
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	queue_close(worker->jobs);
	pthread_join(worker->thread, NULL);
	queue_free(worker->jobs);
	free(worker);
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
