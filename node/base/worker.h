/*
 * One thread that runs jobs in order, for what would block its caller: disk reads, password hashes.
 */
#ifndef CAMNODE_BASE_WORKER_H
#define CAMNODE_BASE_WORKER_H

#include <stddef.h>

struct worker;

/* Starts the thread; NULL on failure. */
struct worker *worker_new(const char *name, size_t capacity);

/* Runs what is queued, then joins the thread. Takes NULL. */
void worker_free(struct worker *worker);

/*
 * Queues run(arg) for the worker's thread: 0, -ENOSPC, -ENOMEM, or -ESHUTDOWN (from a job that runs
 * during worker_free()). After an error run isn't called.
 */
int worker_submit(struct worker *worker, void (*run)(void *arg), void *arg);

#endif
