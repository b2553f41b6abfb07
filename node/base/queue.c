#include "base/queue.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/*
 * The event descriptor is the one thing that consumers wait for, by poll() of their own or in
 * queue_pop(). It is raised exactly while the queue is not empty or closed; to keep that exact it
 * changes under the lock (reading and writing it never blocks).
 */
struct queue {
	size_t capacity;
	void (*free_item)(void *item);
	int fd;
	pthread_mutex_t mutex;
	size_t first;  /* guarded by mutex */
	size_t length; /* guarded by mutex */
	bool closed;   /* guarded by mutex */
	void *items[]; /* a ring; guarded by mutex */
};

struct queue *queue_new(size_t capacity, void (*free_item)(void *item))
{
	struct queue *queue;

	if (capacity > (SIZE_MAX - sizeof(*queue)) / sizeof(queue->items[0]))
		return NULL;
	queue = calloc(1, sizeof(*queue) + capacity * sizeof(queue->items[0]));
	if (!queue)
		return NULL;
	queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (queue->fd < 0) {
		free(queue);
		return NULL;
	}
	queue->capacity = capacity;
	queue->free_item = free_item;
	pthread_mutex_init(&queue->mutex, NULL);
	return queue;
}

void queue_free(struct queue *queue)
{
	void *item;

	if (!queue)
		return;
	while (queue_try_pop(queue, &item) == 0) {
		if (queue->free_item)
			queue->free_item(item);
	}
	pthread_mutex_destroy(&queue->mutex);
	close(queue->fd);
	free(queue);
}

static int push_locked(struct queue *queue, void *item)
{
	if (queue->closed)
		return -ESHUTDOWN;
	if (queue->length == queue->capacity)
		return -ENOSPC;
	queue->items[(queue->first + queue->length) % queue->capacity] = item;
	if (queue->length++ == 0)
		eventfd_write(queue->fd, 1);
	return 0;
}

int queue_push(struct queue *queue, void *item)
{
	int r;

	pthread_mutex_lock(&queue->mutex);
	r = push_locked(queue, item);
	pthread_mutex_unlock(&queue->mutex);
	return r;
}

static int pop_locked(struct queue *queue, void **ret_item)
{
	eventfd_t lowered;

	if (queue->length == 0)
		return queue->closed ? -ESHUTDOWN : -EAGAIN;
	*ret_item = queue->items[queue->first];
	queue->first = (queue->first + 1) % queue->capacity;
	if (--queue->length == 0 && !queue->closed)
		eventfd_read(queue->fd, &lowered);
	return 0;
}

int queue_try_pop(struct queue *queue, void **ret_item)
{
	int r;

	pthread_mutex_lock(&queue->mutex);
	r = pop_locked(queue, ret_item);
	pthread_mutex_unlock(&queue->mutex);
	return r;
}

/* False when the deadline has passed. True promises nothing: another consumer may be faster. */
static bool wait_readable(const struct queue *queue, int64_t deadline_us)
{
	struct pollfd pollfd = {.fd = queue->fd, .events = POLLIN};
	int64_t now_us = clock_mono_us();
	struct timespec left;

	if (now_us >= deadline_us)
		return false;
	left.tv_sec = (deadline_us - now_us) / USEC_PER_SEC;
	left.tv_nsec = (deadline_us - now_us) % USEC_PER_SEC * 1000;
	ppoll(&pollfd, 1, deadline_us == INT64_MAX ? NULL : &left, NULL);
	return true;
}

int queue_pop(struct queue *queue, int64_t deadline_us, void **ret_item)
{
	for (;;) {
		int r = queue_try_pop(queue, ret_item);

		if (r != -EAGAIN)
			return r;
		if (!wait_readable(queue, deadline_us))
			return -ETIMEDOUT;
	}
}

int queue_fd(const struct queue *queue)
{
	return queue->fd;
}

size_t queue_length(struct queue *queue)
{
	size_t length;

	pthread_mutex_lock(&queue->mutex);
	length = queue->length;
	pthread_mutex_unlock(&queue->mutex);
	return length;
}

void queue_close(struct queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	if (!queue->closed) {
		queue->closed = true;
		eventfd_write(queue->fd, 1);
	}
	pthread_mutex_unlock(&queue->mutex);
}
