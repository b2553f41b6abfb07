#include "base/thread.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DEADLINE_US (30 * USEC_PER_SEC)

struct gate {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool open;     /* guarded by mutex */
	char name[16]; /* of the thread that went through; read after join */
	sigset_t mask;
};

static void gate_init(struct gate *gate)
{
	*gate = (struct gate){.open = false};
	pthread_mutex_init(&gate->mutex, NULL);
	cond_init(&gate->changed);
}

static void gate_finish(struct gate *gate)
{
	pthread_cond_destroy(&gate->changed);
	pthread_mutex_destroy(&gate->mutex);
}

static void gate_open(struct gate *gate)
{
	pthread_mutex_lock(&gate->mutex);
	gate->open = true;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->mutex);
}

static int gate_wait(struct gate *gate, int64_t deadline_us)
{
	int r = 0;

	pthread_mutex_lock(&gate->mutex);
	while (!gate->open && r == 0)
		r = cond_wait_until(&gate->changed, &gate->mutex, deadline_us);
	pthread_mutex_unlock(&gate->mutex);
	return r;
}

static void *go_through(void *arg)
{
	struct gate *gate = arg;

	gate_wait(gate, INT64_MAX);
	pthread_getname_np(pthread_self(), gate->name, sizeof(gate->name));
	pthread_sigmask(SIG_SETMASK, NULL, &gate->mask);
	return gate;
}

static void *open_gate(void *arg)
{
	gate_open(arg);
	return NULL;
}

static void a_thread_is_named_and_has_no_signals(void **state)
{
	struct gate gate;
	pthread_t thread;
	void *result = NULL;

	gate_init(&gate);
	assert_int_equal(thread_start(&thread, "encode front-door", go_through, &gate), 0);
	gate_open(&gate);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, &gate);
	assert_string_equal(gate.name, "encode front-do"); /* 15 characters */
	assert_true(sigismember(&gate.mask, SIGTERM));
	assert_true(sigismember(&gate.mask, SIGPIPE));
	gate_finish(&gate);
}

static void the_starter_keeps_its_signals(void **state)
{
	struct gate gate;
	pthread_t thread;
	sigset_t mask;

	gate_init(&gate);
	assert_int_equal(thread_start(&thread, "opener", open_gate, &gate), 0);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGTERM));
	pthread_join(thread, NULL);
	gate_finish(&gate);
}

static void a_wait_ends_at_its_deadline(void **state)
{
	int64_t start_us = clock_mono_us();
	struct gate gate;

	gate_init(&gate);
	assert_int_equal(gate_wait(&gate, start_us + 20 * USEC_PER_MSEC), -ETIMEDOUT);
	assert_true(clock_mono_us() >= start_us + 20 * USEC_PER_MSEC);
	assert_int_equal(gate_wait(&gate, start_us), -ETIMEDOUT);
	assert_int_equal(gate_wait(&gate, 0), -ETIMEDOUT);
	assert_int_equal(gate_wait(&gate, INT64_MIN), -ETIMEDOUT);
	gate_finish(&gate);
}

static void a_wait_ends_when_signalled(void **state)
{
	struct gate gate;
	pthread_t thread;

	gate_init(&gate);
	assert_int_equal(thread_start(&thread, "opener", open_gate, &gate), 0);
	assert_int_equal(gate_wait(&gate, clock_mono_us() + DEADLINE_US), 0);
	pthread_join(thread, NULL);
	gate_finish(&gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_is_named_and_has_no_signals),
		cmocka_unit_test(the_starter_keeps_its_signals),
		cmocka_unit_test(a_wait_ends_at_its_deadline),
		cmocka_unit_test(a_wait_ends_when_signalled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
