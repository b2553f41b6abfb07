#include "media/hub.h"

#include "base/thread.h"
#include "published.h"

#include <pthread.h>
#include <stdatomic.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A listener that stays inside until it is let go. */
struct gate {
	struct hub *hub;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool entered, open; /* guarded by lock */
	atomic_bool left;
};

static void wait_at_gate(void *user)
{
	struct gate *gate = user;

	pthread_mutex_lock(&gate->lock);
	gate->entered = true;
	pthread_cond_broadcast(&gate->changed);
	while (!gate->open)
		cond_wait_until(&gate->changed, &gate->lock, INT64_MAX);
	pthread_mutex_unlock(&gate->lock);
	atomic_store(&gate->left, true);
}

static void *publish_one(void *user)
{
	publish(((struct gate *)user)->hub, 1, true);
	return NULL;
}

static void *open_gate(void *user)
{
	struct gate *gate = user;

	pthread_mutex_lock(&gate->lock);
	gate->open = true;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
	return NULL;
}

static void removing_a_listener_waits_for_its_call(void **state)
{
	struct gate gate = {.hub = new_hub(8, 1000)};
	pthread_t publisher, opener;

	pthread_mutex_init(&gate.lock, NULL);
	cond_init(&gate.changed);
	hub_add_listener(gate.hub, wait_at_gate, &gate);
	assert_int_equal(thread_start(&publisher, "publisher", publish_one, &gate), 0);
	pthread_mutex_lock(&gate.lock);
	while (!gate.entered)
		cond_wait_until(&gate.changed, &gate.lock, INT64_MAX);
	pthread_mutex_unlock(&gate.lock);
	assert_int_equal(thread_start(&opener, "opener", open_gate, &gate), 0);
	hub_remove_listener(gate.hub, wait_at_gate, &gate);
	assert_true(atomic_load(&gate.left));
	pthread_join(publisher, NULL);
	pthread_join(opener, NULL);
	hub_unref(gate.hub);
}

/* Threads: what a reader got and what it was told it lost add up to what was published. */
#define PUBLISHED 20000
#define READERS 4

struct counting_reader {
	struct hub_reader *reader;
	uint64_t got, lost, last;
	bool in_order;
};

static void *count_frames(void *user)
{
	struct counting_reader *counter = user;

	counter->in_order = true;
	for (;;) {
		struct frame *frame;
		uint64_t lost;

		if (hub_reader_wait(counter->reader, INT64_MAX, &frame, &lost))
			return NULL;
		counter->got++;
		counter->lost += lost;
		counter->in_order &= frame_info(frame)->sequence == counter->got + counter->lost;
		counter->last = frame_info(frame)->sequence;
		frame_unref(frame);
	}
}

static void losses_add_up_exactly(void **state)
{
	struct hub *hub = new_hub(16, 1000);
	struct counting_reader counters[READERS] = {0};
	pthread_t threads[READERS];
	struct hub_stats stats;
	uint64_t every_lost = 0;

	for (int i = 0; i < READERS; i++) {
		counters[i].reader = hub_reader_new(hub, i % 2 ? &every : &latest);
		assert_int_equal(thread_start(&threads[i], "reader", count_frames, &counters[i]),
		                 0);
	}
	for (uint64_t i = 1; i <= PUBLISHED; i++)
		publish(hub, i, true);
	hub_close(hub);
	for (int i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		assert_true(counters[i].in_order);
		assert_int_equal(counters[i].last, PUBLISHED);
		assert_int_equal(counters[i].got + counters[i].lost, PUBLISHED);
		every_lost += i % 2 ? counters[i].lost : 0;
		hub_reader_free(counters[i].reader);
	}
	hub_stats(hub, &stats);
	assert_int_equal(stats.reader_lost, every_lost);
	hub_unref(hub);
}

/* Readers come and go on several threads: the owner's last word is right. */

static void *come_and_go(void *user)
{
	for (int i = 0; i < 500; i++)
		hub_reader_free(hub_reader_new(user, &latest));
	return NULL;
}

/* Not locked: the hub promises that calls don't overlap. */
struct demand_log {
	bool wanted;
	unsigned calls, repeated;
};

static void note_change(void *user, bool wanted)
{
	struct demand_log *log = user;

	log->repeated += log->wanted == wanted;
	log->wanted = wanted;
	log->calls++;
}

static void demand_stays_true_with_many_threads(void **state)
{
	struct hub *hub = new_hub(16, 1000);
	pthread_t threads[READERS];
	struct demand_log log = {0};

	hub_set_demand(hub, note_change, &log);
	for (int i = 0; i < READERS; i++)
		assert_int_equal(thread_start(&threads[i], "visitor", come_and_go, hub), 0);
	for (int i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	hub_set_demand(hub, NULL, NULL);
	assert_false(log.wanted);
	assert_true(log.calls >= 2);
	assert_int_equal(log.repeated, 0);
	hub_unref(hub);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(removing_a_listener_waits_for_its_call),
		cmocka_unit_test(losses_add_up_exactly),
		cmocka_unit_test(demand_stays_true_with_many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
