/*
 * A bounded queue of pointers, from any threads to any threads. Pushing never blocks: a full queue
 * refuses. A consumer waits in queue_pop(), or polls queue_fd() and calls queue_try_pop() until
 * empty.
 */
#ifndef CAMNODE_BASE_QUEUE_H
#define CAMNODE_BASE_QUEUE_H

#include <stddef.h>
#include <stdint.h>

struct queue;

/* `free_item` is called for what is left at queue_free(). NULL: out of memory or descriptors. */
struct queue *queue_new(size_t capacity, void (*free_item)(void *item));
void queue_free(struct queue *queue);

/* 0, -ENOSPC when full, -ESHUTDOWN after queue_close(). On failure the item stays the caller's. */
int queue_push(struct queue *queue, void *item);

/* The oldest item, the caller's now: 0, -ETIMEDOUT, or -ESHUTDOWN when closed and empty. */
int queue_pop(struct queue *queue, int64_t deadline_us, void **ret_item);

/* As above without waiting: -EAGAIN when empty. */
int queue_try_pop(struct queue *queue, void **ret_item);

/* Readable while the queue is not empty (or closed). Owned by the queue. */
int queue_fd(const struct queue *queue);

size_t queue_length(struct queue *queue);

/* No more pushes; wakes everybody who waits. What is queued can still be popped. */
void queue_close(struct queue *queue);

#endif
