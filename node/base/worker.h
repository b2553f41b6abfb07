/*
 * One thread that runs jobs in order, for what would block its caller: disk reads, password hashes.
 */
#ifndef CAMNODE_BASE_WORKER_H
#define CAMNODE_BASE_WORKER_H

#include <stddef.h>
#include <stdint.h>

struct worker;

/* Starts the thread; NULL on failure. */
struct worker *worker_new(const char *name, size_t capacity);

/* Runs what is queued and takes no more. Waits for it at most that long: 0, or -ETIMEDOUT when a
 * job still runs; worker_free() would wait on. */
int worker_stop(struct worker *worker, int64_t timeout_us);

/* Runs what is queued, then joins the thread. Takes NULL. */
void worker_free(struct worker *worker);

/*
 * Queues run(arg) for the worker's thread: 0, -ENOSPC, -ENOMEM, or -ESHUTDOWN (from a job that runs
 * during worker_stop() or worker_free()). After an error run isn't called.
 */
int worker_submit(struct worker *worker, void (*run)(void *arg), void *arg);

#endif
