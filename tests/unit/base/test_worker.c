#include "base/worker.h"

#include "base/clock.h"
#include "base/thread.h"

#include <errno.h>
#include <stdbool.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DEADLINE_US (30 * USEC_PER_SEC)
#define CAPACITY 4

/* What the jobs of a test share. */
struct scene {
	struct worker *worker;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool blocked;  /* guarded by mutex: hold_up() waits while it is set */
	bool holding;  /* guarded by mutex: hold_up() runs */
	int order[16]; /* guarded by mutex */
	int done;      /* guarded by mutex */
};

struct numbered {
	struct scene *scene;
	int number;
};

static int set_up(void **state)
{
	static struct scene scene;

	scene = (struct scene){.worker = worker_new("worker", CAPACITY)};
	pthread_mutex_init(&scene.mutex, NULL);
	cond_init(&scene.changed);
	*state = &scene;
	return scene.worker ? 0 : -1;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	pthread_cond_destroy(&scene->changed);
	pthread_mutex_destroy(&scene->mutex);
	return 0;
}

static void note(void *arg)
{
	struct numbered *numbered = arg;
	struct scene *scene = numbered->scene;

	pthread_mutex_lock(&scene->mutex);
	scene->order[scene->done++] = numbered->number;
	pthread_cond_broadcast(&scene->changed);
	pthread_mutex_unlock(&scene->mutex);
}

static void hold_up(void *arg)
{
	struct scene *scene = arg;

	pthread_mutex_lock(&scene->mutex);
	scene->holding = true;
	pthread_cond_broadcast(&scene->changed);
	while (scene->blocked)
		cond_wait_until(&scene->changed, &scene->mutex, INT64_MAX);
	pthread_mutex_unlock(&scene->mutex);
}

static void let_go(struct scene *scene)
{
	pthread_mutex_lock(&scene->mutex);
	scene->blocked = false;
	pthread_cond_broadcast(&scene->changed);
	pthread_mutex_unlock(&scene->mutex);
}

/* The worker is inside a job and takes no other until let_go(). */
static void occupy(struct scene *scene)
{
	int64_t deadline_us = clock_mono_us() + DEADLINE_US;
	int r = 0;

	scene->blocked = true;
	assert_int_equal(worker_submit(scene->worker, hold_up, scene), 0);
	pthread_mutex_lock(&scene->mutex);
	while (!scene->holding && r == 0)
		r = cond_wait_until(&scene->changed, &scene->mutex, deadline_us);
	pthread_mutex_unlock(&scene->mutex);
	assert_int_equal(r, 0);
}

static void runs_a_job_in_the_background(void **state)
{
	struct scene *scene = *state;
	struct numbered job = {scene, 7};
	int64_t deadline_us = clock_mono_us() + DEADLINE_US;
	int r = 0;

	assert_int_equal(worker_submit(scene->worker, note, &job), 0);
	pthread_mutex_lock(&scene->mutex);
	while (scene->done == 0 && r == 0)
		r = cond_wait_until(&scene->changed, &scene->mutex, deadline_us);
	pthread_mutex_unlock(&scene->mutex);
	assert_int_equal(r, 0);
	assert_int_equal(scene->order[0], 7);
	worker_free(scene->worker);
}

static void runs_what_is_queued_in_order_before_it_ends(void **state)
{
	struct scene *scene = *state;
	struct numbered jobs[CAPACITY];

	occupy(scene);
	for (int i = 0; i < CAPACITY; i++) {
		jobs[i] = (struct numbered){scene, i};
		assert_int_equal(worker_submit(scene->worker, note, &jobs[i]), 0);
	}
	let_go(scene);
	worker_free(scene->worker);
	assert_int_equal(scene->done, CAPACITY);
	for (int i = 0; i < CAPACITY; i++)
		assert_int_equal(scene->order[i], i);
}

static void refuses_more_jobs_than_its_capacity(void **state)
{
	struct scene *scene = *state;
	struct numbered job = {scene, 0};

	occupy(scene);
	for (int i = 0; i < CAPACITY; i++)
		assert_int_equal(worker_submit(scene->worker, note, &job), 0);
	assert_int_equal(worker_submit(scene->worker, note, &job), -ENOSPC);
	let_go(scene);
	worker_free(scene->worker);
	assert_int_equal(scene->done, CAPACITY);
}

static void stops_within_a_limit(void **state)
{
	struct scene *scene = *state;
	struct numbered job = {scene, 0};

	occupy(scene);
	assert_int_equal(worker_submit(scene->worker, note, &job), 0);
	assert_int_equal(worker_stop(scene->worker, 1000), -ETIMEDOUT);
	assert_int_equal(worker_submit(scene->worker, note, &job), -ESHUTDOWN);
	let_go(scene);
	assert_int_equal(worker_stop(scene->worker, DEADLINE_US), 0);
	assert_int_equal(scene->done, 1);
	worker_free(scene->worker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(runs_a_job_in_the_background, set_up, tear_down),
		cmocka_unit_test_setup_teardown(runs_what_is_queued_in_order_before_it_ends, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(refuses_more_jobs_than_its_capacity, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(stops_within_a_limit, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
