/*
 * Threads and conditions. Every thread of the node is started here: named (15 characters), with all
 * signals blocked (main reads them by signalfd). Conditions wait on CLOCK_MONOTONIC.
 */
#ifndef CAMNODE_BASE_THREAD_H
#define CAMNODE_BASE_THREAD_H

#include <pthread.h>
#include <stdint.h>

/* 0 or -errno. Join it with pthread_join(). */
int thread_start(pthread_t *ret_thread, const char *name, void *(*run)(void *), void *arg);

/* A condition on CLOCK_MONOTONIC; destroy with pthread_cond_destroy(). */
void cond_init(pthread_cond_t *cond);

/* Waits until signalled (0) or the deadline has passed (-ETIMEDOUT). INT64_MAX: for ever. */
int cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t deadline_us);

#endif
