#include "base/thread.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#define NAME_SIZE 16 /* the kernel's limit, with NUL */

int thread_start(pthread_t *ret_thread, const char *name, void *(*run)(void *), void *arg)
{
	char short_name[NAME_SIZE];
	sigset_t all, before;
	pthread_t thread;
	int r;

	/* A thread inherits its creator's mask: so no signal reaches it, not even at its beginning.
	 */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0)
		return -r;

	snprintf(short_name, sizeof(short_name), "%s", name);
	pthread_setname_np(thread, short_name);
	*ret_thread = thread;
	return 0;
}

void cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

int cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t deadline_us)
{
	struct timespec deadline;

	if (deadline_us == INT64_MAX)
		return -pthread_cond_wait(cond, mutex);
	if (deadline_us < 0)
		deadline_us = 0;
	deadline.tv_sec = deadline_us / USEC_PER_SEC;
	deadline.tv_nsec = deadline_us % USEC_PER_SEC * 1000;
	return -pthread_cond_timedwait(cond, mutex, &deadline);
}
