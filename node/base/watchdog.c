#include "base/watchdog.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/str.h"
#include "base/thread.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FEEDS_PER_TIMEOUT 4

struct watchdog {
	struct heartbeats *heartbeats;
	int64_t interval_us;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t ended;
	bool stopping; /* guarded by mutex */

	/* of its thread */
	struct log_repeat late, unheard;
};

/* 0: nobody asks this process. */
static int64_t timeout_us(void)
{
	const char *text = secure_getenv("WATCHDOG_USEC"),
		   *pid_text = secure_getenv("WATCHDOG_PID");
	int64_t us, pid;

	if (!text || str_parse_i64(text, &us) < 0 || us <= 0)
		return 0;
	if (pid_text && (str_parse_i64(pid_text, &pid) < 0 || pid != getpid()))
		return 0;
	return us;
}

static void feed(struct watchdog *watchdog)
{
	int error = notify_send("WATCHDOG=1");

	if (error < 0)
		log_repeat(&watchdog->unheard, LOG_LEVEL_WARN,
		           "watchdog: systemd does not hear: %s", strerrordesc_np(-error));
	else
		log_repeat_clear(&watchdog->unheard, NULL);
}

static void judge_and_feed(struct watchdog *watchdog)
{
	char name[HEARTBEAT_NAME_SIZE];
	int64_t limit_us;

	if (heartbeats_late(watchdog->heartbeats, clock_mono_us(), name, &limit_us) == 0) {
		log_repeat(&watchdog->late, LOG_LEVEL_ERROR,
		           "watchdog: %s has not moved for %g s: systemd is about to start the "
		           "node again",
		           name, (double)limit_us / USEC_PER_SEC);
		return;
	}
	log_repeat_clear(&watchdog->late, "watchdog: all parts of the node move again");
	feed(watchdog);
}

/* Until then, or the end: false. */
static bool wait_until(struct watchdog *watchdog, int64_t due_us)
{
	pthread_mutex_lock(&watchdog->mutex);
	while (!watchdog->stopping &&
	       cond_wait_until(&watchdog->ended, &watchdog->mutex, due_us) == 0)
		;
	bool go_on = !watchdog->stopping;
	pthread_mutex_unlock(&watchdog->mutex);
	return go_on;
}

static void *run(void *arg)
{
	struct watchdog *watchdog = arg;
	int64_t due_us = clock_mono_us();

	while (wait_until(watchdog, due_us)) {
		/* The whole process was stopped: the others had no chance to beat. */
		if (clock_mono_us() - due_us > watchdog->interval_us)
			feed(watchdog);
		else
			judge_and_feed(watchdog);
		due_us = clock_mono_us() + watchdog->interval_us;
	}
	return NULL;
}

static void watchdog_free(struct watchdog *watchdog)
{
	pthread_cond_destroy(&watchdog->ended);
	pthread_mutex_destroy(&watchdog->mutex);
	free(watchdog);
}

int watchdog_start(struct heartbeats *heartbeats, struct watchdog **ret_watchdog)
{
	int64_t us = notify_is_wanted() ? timeout_us() : 0;
	struct watchdog *watchdog = NULL;

	if (us > 0) {
		watchdog = calloc(1, sizeof(*watchdog));
		if (!watchdog)
			return -ENOMEM;
		watchdog->heartbeats = heartbeats;
		watchdog->interval_us = us / FEEDS_PER_TIMEOUT;
		pthread_mutex_init(&watchdog->mutex, NULL);
		cond_init(&watchdog->ended);
		int r = thread_start(&watchdog->thread, "watchdog", run, watchdog);
		if (r < 0) {
			watchdog_free(watchdog);
			return r;
		}
	}
	*ret_watchdog = watchdog;
	return 0;
}

void watchdog_stop(struct watchdog *watchdog)
{
	if (!watchdog)
		return;
	pthread_mutex_lock(&watchdog->mutex);
	watchdog->stopping = true;
	pthread_cond_signal(&watchdog->ended);
	pthread_mutex_unlock(&watchdog->mutex);
	pthread_join(watchdog->thread, NULL);
	watchdog_free(watchdog);
}
