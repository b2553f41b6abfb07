#include "base/queue.h"

#include "base/clock.h"
#include "base/thread.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DEADLINE_US (30 * USEC_PER_SEC)

static int numbers[] = {0, 1, 2, 3, 4};

static bool is_readable(struct queue *queue)
{
	struct pollfd pollfd = {.fd = queue_fd(queue), .events = POLLIN};

	return poll(&pollfd, 1, 0) == 1;
}

static void gives_items_in_order(void **state)
{
	struct queue *queue = queue_new(3, NULL);
	void *item = NULL;

	assert_non_null(queue);
	for (int i = 0; i < 3; i++)
		assert_int_equal(queue_push(queue, &numbers[i]), 0);
	assert_int_equal(queue_length(queue), 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(queue_pop(queue, INT64_MAX, &item), 0);
		assert_ptr_equal(item, &numbers[i]);
	}
	assert_int_equal(queue_length(queue), 0);
	queue_free(queue);
}

static void refuses_when_full_and_goes_on_after(void **state)
{
	struct queue *queue = queue_new(2, NULL);
	void *item = NULL;

	assert_int_equal(queue_push(queue, &numbers[0]), 0);
	assert_int_equal(queue_push(queue, &numbers[1]), 0);
	/* Three times round the ring. */
	for (int i = 0; i < 6; i++) {
		assert_int_equal(queue_push(queue, &numbers[4]), -ENOSPC);
		assert_int_equal(queue_try_pop(queue, &item), 0);
		assert_ptr_equal(item, &numbers[i % 2]);
		assert_int_equal(queue_push(queue, &numbers[i % 2]), 0);
	}
	queue_free(queue);
}

static void a_queue_without_room_refuses_all(void **state)
{
	struct queue *queue = queue_new(0, NULL);
	void *item = &numbers[0];

	assert_int_equal(queue_push(queue, &numbers[1]), -ENOSPC);
	assert_int_equal(queue_try_pop(queue, &item), -EAGAIN);
	assert_ptr_equal(item, &numbers[0]);
	queue_free(queue);
	assert_null(queue_new(SIZE_MAX, NULL));
}

static void its_descriptor_tells_when_to_pop(void **state)
{
	struct queue *queue = queue_new(2, NULL);
	void *item;

	assert_false(is_readable(queue));
	queue_push(queue, &numbers[0]);
	queue_push(queue, &numbers[1]);
	assert_true(is_readable(queue));
	queue_try_pop(queue, &item);
	assert_true(is_readable(queue));
	queue_try_pop(queue, &item);
	assert_false(is_readable(queue));
	queue_close(queue);
	assert_true(is_readable(queue));
	queue_free(queue);
}

static void an_empty_pop_ends_at_its_deadline(void **state)
{
	int64_t deadline_us = clock_mono_us() + 20 * USEC_PER_MSEC;
	struct queue *queue = queue_new(1, NULL);
	void *item = &numbers[0];

	assert_int_equal(queue_pop(queue, deadline_us, &item), -ETIMEDOUT);
	assert_true(clock_mono_us() >= deadline_us);
	assert_int_equal(queue_pop(queue, INT64_MIN, &item), -ETIMEDOUT);
	assert_ptr_equal(item, &numbers[0]);
	/* What is there is given even after the deadline. */
	queue_push(queue, &numbers[1]);
	assert_int_equal(queue_pop(queue, 0, &item), 0);
	queue_free(queue);
}

static void a_closed_queue_is_emptied_then_over(void **state)
{
	struct queue *queue = queue_new(2, NULL);
	void *item = NULL;

	queue_push(queue, &numbers[0]);
	queue_close(queue);
	queue_close(queue);
	assert_int_equal(queue_push(queue, &numbers[1]), -ESHUTDOWN);
	assert_int_equal(queue_pop(queue, INT64_MAX, &item), 0);
	assert_ptr_equal(item, &numbers[0]);
	assert_int_equal(queue_pop(queue, INT64_MAX, &item), -ESHUTDOWN);
	assert_int_equal(queue_try_pop(queue, &item), -ESHUTDOWN);
	assert_true(is_readable(queue));
	queue_free(queue);
}

static void count_free(void *item)
{
	++*(int *)item;
}

static void frees_what_is_left(void **state)
{
	struct queue *queue = queue_new(4, count_free);
	int popped = 0, left = 0;
	void *item;

	queue_push(queue, &popped);
	queue_push(queue, &left);
	queue_push(queue, &left);
	assert_int_equal(queue_try_pop(queue, &item), 0);
	queue_free(queue);
	assert_int_equal(popped, 0);
	assert_int_equal(left, 2);
	queue_free(NULL);
}

enum { PRODUCERS = 3, CONSUMERS = 3, ITEMS = 2000 };

struct traffic {
	struct queue *queue;
	int taken[PRODUCERS * ITEMS]; /* each item has its own element: no lock needed */
};

struct producer {
	struct traffic *traffic;
	int first;
};

static void *produce(void *arg)
{
	struct producer *producer = arg;

	for (int i = 0; i < ITEMS; i++) {
		int *item = &producer->traffic->taken[producer->first + i];

		while (queue_push(producer->traffic->queue, item) == -ENOSPC)
			sched_yield();
	}
	return NULL;
}

static void *consume(void *arg)
{
	struct traffic *traffic = arg;
	int64_t deadline_us = clock_mono_us() + DEADLINE_US;
	void *item;
	int r;

	while ((r = queue_pop(traffic->queue, deadline_us, &item)) == 0)
		++*(int *)item;
	return r == -ESHUTDOWN ? traffic : NULL;
}

static void every_item_reaches_one_of_many_consumers(void **state)
{
	static struct traffic traffic;
	struct producer producers[PRODUCERS];
	pthread_t producer_threads[PRODUCERS], consumer_threads[CONSUMERS];

	traffic.queue = queue_new(8, NULL);
	for (int i = 0; i < CONSUMERS; i++)
		assert_int_equal(thread_start(&consumer_threads[i], "consumer", consume, &traffic),
		                 0);
	for (int i = 0; i < PRODUCERS; i++) {
		producers[i] = (struct producer){&traffic, i * ITEMS};
		assert_int_equal(
			thread_start(&producer_threads[i], "producer", produce, &producers[i]), 0);
	}
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(producer_threads[i], NULL);
	queue_close(traffic.queue); /* wakes those who wait */
	for (int i = 0; i < CONSUMERS; i++) {
		void *ended_by_close = NULL;

		pthread_join(consumer_threads[i], &ended_by_close);
		assert_non_null(ended_by_close);
	}
	for (int i = 0; i < PRODUCERS * ITEMS; i++)
		assert_int_equal(traffic.taken[i], 1);
	queue_free(traffic.queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_items_in_order),
		cmocka_unit_test(refuses_when_full_and_goes_on_after),
		cmocka_unit_test(a_queue_without_room_refuses_all),
		cmocka_unit_test(its_descriptor_tells_when_to_pop),
		cmocka_unit_test(an_empty_pop_ends_at_its_deadline),
		cmocka_unit_test(a_closed_queue_is_emptied_then_over),
		cmocka_unit_test(frees_what_is_left),
		cmocka_unit_test(every_item_reaches_one_of_many_consumers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
