#include "media/hub.h"

#include "base/clock.h"
#include "base/thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FRAME_US 40000

static const struct hub_reader_options every = {.mode = HUB_EVERY, .from_us = INT64_MAX};
static const struct hub_reader_options latest = {.mode = HUB_LATEST, .viewer = true};

static struct hub *new_hub(size_t frames, size_t bytes)
{
	const struct hub_limits limits = {.frames = frames, .bytes = bytes};

	return hub_new(&limits);
}

static void publish_sized(struct hub *hub, uint64_t sequence, bool key, size_t size)
{
	static const uint8_t data[1000];
	const struct frame_info info = {
		.codec = FRAME_H264,
		.sequence = sequence,
		.pts_us = (int64_t)sequence * FRAME_US,
		.key = key,
	};
	struct frame *frame = frame_new(&info, data, size);

	hub_publish(hub, frame);
	frame_unref(frame);
}

static void publish(struct hub *hub, uint64_t sequence, bool key)
{
	publish_sized(hub, sequence, key, 10);
}

/* The reader's next frame has this sequence, and so many were lost before it. */
static void assert_next(struct hub_reader *reader, uint64_t sequence, uint64_t lost)
{
	struct frame *frame = NULL;
	uint64_t was_lost = UINT64_MAX;

	assert_int_equal(hub_reader_next(reader, &frame, &was_lost), 0);
	assert_int_equal(frame_info(frame)->sequence, sequence);
	assert_int_equal(was_lost, lost);
	frame_unref(frame);
}

static void assert_none(struct hub_reader *reader, int why)
{
	struct frame *frame = NULL;

	assert_int_equal(hub_reader_next(reader, &frame, NULL), why);
	assert_null(frame);
}

static void each_reader_gets_each_frame_once(void **state)
{
	struct hub *hub = new_hub(8, 1000);
	struct hub_reader *a = hub_reader_new(hub, &every), *b = hub_reader_new(hub, &every);

	assert_none(a, -EAGAIN);
	publish(hub, 1, true);
	publish(hub, 2, false);
	assert_next(a, 1, 0);
	assert_next(a, 2, 0);
	assert_none(a, -EAGAIN);
	assert_next(b, 1, 0);
	assert_next(b, 2, 0);
	hub_reader_free(a);
	hub_reader_free(b);
	hub_unref(hub);
}

static void latest_skips_to_the_newest(void **state)
{
	struct hub *hub = new_hub(8, 1000);
	struct hub_stats stats;

	publish(hub, 1, true);
	struct hub_reader *reader = hub_reader_new(hub, &latest);
	assert_none(reader, -EAGAIN); /* begins with the next */
	for (uint64_t i = 2; i <= 4; i++)
		publish(hub, i, true);
	assert_next(reader, 4, 2);
	assert_none(reader, -EAGAIN); /* never the same again */
	for (uint64_t i = 5; i <= 25; i++)
		publish(hub, i, true);
	assert_next(reader, 25, 20); /* also when the ring went round */
	hub_stats(hub, &stats);
	assert_int_equal(stats.reader_lost, 0);
	hub_reader_free(reader);
	hub_unref(hub);
}

static void ring_is_bounded_in_frames(void **state)
{
	struct hub *hub = new_hub(4, 1000);
	struct hub_reader *reader = hub_reader_new(hub, &every);
	struct hub_stats stats;

	for (uint64_t i = 1; i <= 4; i++)
		publish(hub, i, true);
	assert_next(reader, 1, 0); /* all 4 are still there */
	for (uint64_t i = 5; i <= 7; i++)
		publish(hub, i, true);
	assert_next(reader, 4, 2);
	hub_stats(hub, &stats);
	assert_int_equal(stats.ring_frames, 4);
	assert_int_equal(stats.published, 7);
	assert_int_equal(stats.bytes, 70);
	assert_int_equal(stats.reader_lost, 2);
	hub_reader_free(reader);
	hub_unref(hub);
}

static void ring_is_bounded_in_bytes(void **state)
{
	struct hub *hub = new_hub(100, 100);
	struct hub_stats stats;

	for (uint64_t i = 0; i < 99; i++)
		publish_sized(hub, i, true, 1);
	publish_sized(hub, 99, true, 1);
	hub_stats(hub, &stats);
	assert_int_equal(stats.ring_bytes, 100); /* at the limit */
	publish_sized(hub, 100, true, 50);
	hub_stats(hub, &stats);
	assert_int_equal(stats.ring_bytes, 100);
	assert_int_equal(stats.ring_frames, 51);
	publish_sized(hub, 101, true,
		      1000); /* too large, but the newest; drops more than one batch */
	hub_stats(hub, &stats);
	assert_int_equal(stats.ring_frames, 1);
	assert_int_equal(stats.ring_bytes, 1000);
	hub_unref(hub);
}

static void reader_starts_at_a_key_frame(void **state)
{
	struct hub *hub = new_hub(8, 1000);

	assert_false(hub_take_key_request(hub));
	struct hub_reader *reader = hub_reader_new(hub, &every);
	assert_true(hub_take_key_request(hub));
	assert_false(hub_take_key_request(hub));
	publish(hub, 1, false);
	assert_none(reader, -EAGAIN);
	publish(hub, 2, true);
	assert_next(reader, 2, 0); /* frames before the start are not lost */
	hub_reader_free(reader);
	hub_unref(hub);
}

static void after_a_loss_reader_resumes_at_a_key_frame(void **state)
{
	struct hub *hub = new_hub(4, 1000);
	struct hub_reader *reader = hub_reader_new(hub, &every);
	struct hub_stats stats;

	publish(hub, 0, true);
	assert_next(reader, 0, 0);
	hub_take_key_request(hub);
	for (uint64_t i = 1; i <= 6; i++)
		publish(hub, i, false);
	assert_none(reader, -EAGAIN); /* 1 and 2 are gone, so 3 to 6 can't be decoded */
	assert_true(hub_take_key_request(hub));
	assert_none(reader, -EAGAIN);
	assert_false(hub_take_key_request(hub)); /* asks once */
	publish(hub, 7, true);
	publish(hub, 8, false);
	assert_next(reader, 7, 6);
	assert_next(reader, 8, 0);
	hub_stats(hub, &stats);
	assert_int_equal(stats.reader_lost, 6);
	hub_reader_free(reader);
	hub_unref(hub);
}

static void a_key_frame_in_the_ring_needs_no_request(void **state)
{
	struct hub *hub = new_hub(4, 1000);
	struct hub_reader *reader = hub_reader_new(hub, &every);

	publish(hub, 0, true);
	assert_next(reader, 0, 0);
	hub_take_key_request(hub);
	for (uint64_t i = 1; i <= 6; i++)
		publish(hub, i, i == 5);
	assert_next(reader, 5, 4);
	assert_false(hub_take_key_request(hub));
	hub_reader_free(reader);
	hub_unref(hub);
}

static void pre_roll_starts_in_the_past(void **state)
{
	struct hub *hub = new_hub(16, 1000);
	struct hub_reader_options options = {.mode = HUB_EVERY};

	for (uint64_t i = 0; i < 10; i++)
		publish(hub, i, i % 4 == 0); /* keys: 0, 4, 8 */
	static const struct {
		int64_t from_us;
		uint64_t first;
	} cases[] = {
		{INT64_MIN, 0},	       {3 * FRAME_US, 0}, {4 * FRAME_US, 4},
		{4 * FRAME_US + 1, 4}, {9 * FRAME_US, 8},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		options.from_us = cases[i].from_us;
		struct hub_reader *reader = hub_reader_new(hub, &options);
		assert_next(reader, cases[i].first, 0);
		assert_next(reader, cases[i].first + 1, 0);
		hub_reader_free(reader);
	}
	assert_false(hub_take_key_request(hub));
	options.from_us = 9 * FRAME_US + 1; /* later than all: the next one published */
	struct hub_reader *reader = hub_reader_new(hub, &options);
	assert_none(reader, -EAGAIN);
	assert_true(hub_take_key_request(hub));
	hub_reader_free(reader);
	hub_unref(hub);
}

static void clear_forgets_frames_without_loss(void **state)
{
	struct hub *hub = new_hub(64, 1000);
	struct hub_reader *reader = hub_reader_new(hub, &every);
	struct hub_stats stats;

	for (uint64_t i = 0; i < 40; i++)
		publish(hub, i, true);
	assert_next(reader, 0, 0);
	struct frame *last = hub_last(hub);
	assert_int_equal(frame_info(last)->sequence, 39);
	frame_unref(last);
	hub_clear(hub);
	assert_null(hub_last(hub));
	assert_none(reader, -EAGAIN);
	hub_stats(hub, &stats);
	assert_int_equal(stats.ring_frames, 0);
	assert_int_equal(stats.ring_bytes, 0);
	publish(hub, 40, false); /* what it belongs to is gone */
	publish(hub, 41, true);
	assert_next(reader, 41, 1);
	hub_reader_free(reader);
	hub_unref(hub);
}

static void close_ends_readers_after_the_last_frame(void **state)
{
	struct hub *hub = new_hub(8, 1000);
	struct hub_reader *reader = hub_reader_new(hub, &every);

	publish(hub, 1, true);
	hub_close(hub);
	assert_next(reader, 1, 0);
	assert_none(reader, -ESHUTDOWN);
	hub_unref(hub);
	assert_none(reader, -ESHUTDOWN); /* the reader holds the hub */
	hub_reader_free(reader);
	hub_reader_free(NULL);
	hub_unref(NULL);
}

static void a_wait_ends_at_its_deadline_or_by_a_wake(void **state)
{
	struct hub *hub = new_hub(8, 1000);
	struct hub_reader *reader = hub_reader_new(hub, &every);
	struct frame *frame = NULL;
	int64_t deadline_us = clock_mono_us() + 2000;

	assert_int_equal(hub_reader_wait(reader, deadline_us, &frame, NULL), -ETIMEDOUT);
	assert_true(clock_mono_us() >= deadline_us);
	hub_reader_wake(reader); /* is kept for the next wait */
	publish(hub, 1, true);
	assert_int_equal(hub_reader_wait(reader, INT64_MAX, &frame, NULL), -EINTR);
	assert_int_equal(hub_reader_wait(reader, 0, &frame, NULL), 0);
	frame_unref(frame);
	hub_reader_free(reader);
	hub_unref(hub);
}

static void note_demand(void *user, bool wanted)
{
	int *calls = user;

	calls[wanted]++;
}

static void demand_is_told_at_first_and_last_reader(void **state)
{
	struct hub *hub = new_hub(8, 1000);
	int calls[2] = {0};
	struct hub_stats stats;

	hub_set_demand(hub, note_demand, calls);
	assert_false(hub_wanted(hub));
	struct hub_reader *a = hub_reader_new(hub, &every), *b = hub_reader_new(hub, &latest);
	assert_true(hub_wanted(hub));
	assert_int_equal(calls[true], 1);
	hub_stats(hub, &stats);
	assert_int_equal(stats.readers, 2);
	assert_int_equal(stats.viewers, 1);
	hub_reader_free(a);
	assert_int_equal(calls[false], 0);
	hub_reader_free(b);
	assert_int_equal(calls[false], 1);
	assert_false(hub_wanted(hub));
	hub_set_demand(hub, NULL, NULL);
	hub_reader_free(hub_reader_new(hub, &latest));
	assert_int_equal(calls[true], 1);
	hub_unref(hub);
}

static void count_call(void *user)
{
	++*(int *)user;
}

static void listeners_hear_of_frames_and_the_close(void **state)
{
	struct hub *hub = new_hub(8, 1000);
	int calls[HUB_MAX_LISTENERS + 1] = {0};

	for (int i = 0; i < HUB_MAX_LISTENERS; i++)
		assert_int_equal(hub_add_listener(hub, count_call, &calls[i]), 0);
	assert_int_equal(hub_add_listener(hub, count_call, &calls[HUB_MAX_LISTENERS]), -ENOSPC);
	publish(hub, 1, true);
	hub_remove_listener(hub, count_call, &calls[0]);
	assert_int_equal(hub_add_listener(hub, count_call, &calls[HUB_MAX_LISTENERS]), 0);
	hub_close(hub);
	assert_int_equal(calls[0], 1);
	assert_int_equal(calls[1], 2);
	assert_int_equal(calls[HUB_MAX_LISTENERS], 1);
	hub_unref(hub);
}

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
		cmocka_unit_test(each_reader_gets_each_frame_once),
		cmocka_unit_test(latest_skips_to_the_newest),
		cmocka_unit_test(ring_is_bounded_in_frames),
		cmocka_unit_test(ring_is_bounded_in_bytes),
		cmocka_unit_test(reader_starts_at_a_key_frame),
		cmocka_unit_test(after_a_loss_reader_resumes_at_a_key_frame),
		cmocka_unit_test(a_key_frame_in_the_ring_needs_no_request),
		cmocka_unit_test(pre_roll_starts_in_the_past),
		cmocka_unit_test(clear_forgets_frames_without_loss),
		cmocka_unit_test(close_ends_readers_after_the_last_frame),
		cmocka_unit_test(a_wait_ends_at_its_deadline_or_by_a_wake),
		cmocka_unit_test(demand_is_told_at_first_and_last_reader),
		cmocka_unit_test(listeners_hear_of_frames_and_the_close),
		cmocka_unit_test(removing_a_listener_waits_for_its_call),
		cmocka_unit_test(losses_add_up_exactly),
		cmocka_unit_test(demand_stays_true_with_many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
