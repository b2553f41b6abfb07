/*
 * Saving what outlives a restart: on a worker, since a disk may be slow. A reply that promises it
 * waits for the save, for a bounded time; what cannot be saved is tried again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/core.h"

#define PROMISE_US (2 * USEC_PER_SEC) /* a reply waits no longer */
#define RETRY_US (5 * USEC_PER_SEC)

struct saved_job {
	struct job job;
	uint64_t save; /* all that was wanted up to this one */
	int error;
};

static void keep_promise(const struct promise *promise, int error)
{
	char text[COMMAND_TEXT_SIZE] = "";

	if (error == -ETIMEDOUT)
		snprintf(text, sizeof text,
		         "it may not outlive a restart: the state is not saved yet");
	else if (error < 0)
		snprintf(text, sizeof text,
		         "it will not outlive a restart: cannot save the state: %s",
		         strerror(-error));
	request_answer(promise->request, NULL, CODE_OK, text, NULL);
}

/* Those of the oldest `count`. */
static void keep_promises(struct control *control, size_t count, int error)
{
	for (size_t i = 0; i < count; i++)
		keep_promise(&control->promises[i], error);
	control->promise_count -= count;
	memmove(control->promises, &control->promises[count],
	        control->promise_count * sizeof control->promises[0]);
}

static void saved_run(struct control *control, struct job *job)
{
	const struct saved_job *saved = (struct saved_job *)job;
	size_t count = 0;

	while (count < control->promise_count && control->promises[count].save <= saved->save)
		count++;
	keep_promises(control, count, saved->error);
}

int saves_now(struct control *control)
{
	int error = state_save(control->state);

	if (error < 0)
		log_repeat(&control->save_failure, LOG_LEVEL_WARN,
		           "cannot save the state in %s: %s", control->config->node.state_dir,
		           strerror(-error));
	else
		log_repeat_clear(&control->save_failure, NULL);
	atomic_store(&control->save_error, error);
	return error;
}

/* On the saver's thread. */
static void save(void *arg)
{
	struct control *control = arg;
	struct saved_job *job = calloc(1, sizeof *job);

	atomic_store(&control->save_queued, false);
	uint64_t wanted = atomic_load(&control->saves_wanted);
	int error = saves_now(control);
	if (!job)
		return; /* promises end by themselves */
	*job = (struct saved_job){.job = {.run = saved_run}, .save = wanted, .error = error};
	control_post_job(control, &job->job);
}

void control_save_state(struct control *control)
{
	atomic_fetch_add(&control->saves_wanted, 1);
	if (atomic_exchange(&control->save_queued, true))
		return;
	if (worker_submit(control->saver, save, control) < 0)
		atomic_store(&control->save_queued, false); /* the end saves, if nobody earlier */
}

int control_save_error(struct control *control)
{
	return atomic_load(&control->save_error);
}

void saves_await(struct control *control, struct request *request)
{
	struct promise promise = {.request = request, .until_us = clock_mono_us() + PROMISE_US};

	request_expect(request);
	control_save_state(control);
	promise.save = atomic_load(&control->saves_wanted);
	if (control->promise_count < CONTROL_MAX_PROMISES)
		control->promises[control->promise_count++] = promise;
	else
		keep_promise(&promise, -ETIMEDOUT);
}

/* A save that comes to its end after all says itself how it went. */
static void give_up(struct control *control, int64_t now_us)
{
	size_t count = 0;

	while (count < control->promise_count && control->promises[count].until_us <= now_us)
		count++;
	if (count == 0)
		return;
	atomic_store(&control->save_error, -ETIMEDOUT);
	keep_promises(control, count, -ETIMEDOUT);
}

void saves_tick(struct control *control, int64_t now_us)
{
	give_up(control, now_us);
	if (atomic_load(&control->save_error) == 0 || now_us < control->next_save_us)
		return;
	control->next_save_us = now_us + RETRY_US;
	control_save_state(control);
}

int saves_stop(struct control *control, int64_t timeout_us)
{
	int error = worker_stop(control->saver, timeout_us);

	if (error < 0)
		log_error("%s: the disk does not answer: the node ends without saving the state",
		          control->config->node.state_dir);
	control_run_jobs(control);
	keep_promises(control, control->promise_count, -ETIMEDOUT);
	return error;
}
