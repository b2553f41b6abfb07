#include "base/heartbeat.h"

#include "base/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void heartbeat_init(struct heartbeat *heartbeat, int64_t limit_us, const char *name_fmt, ...)
{
	va_list args;

	va_start(args, name_fmt);
	vsnprintf(heartbeat->name, sizeof(heartbeat->name), name_fmt, args);
	va_end(args);
	heartbeat->limit_us = limit_us;
	heartbeat->next = NULL;
	atomic_init(&heartbeat->last_us, INT64_MAX);
}

void heartbeat_beat(struct heartbeat *heartbeat)
{
	atomic_store_explicit(&heartbeat->last_us, clock_mono_us(), memory_order_relaxed);
}

void heartbeat_rest(struct heartbeat *heartbeat)
{
	atomic_store_explicit(&heartbeat->last_us, INT64_MAX, memory_order_relaxed);
}

void heartbeats_init(struct heartbeats *heartbeats)
{
	pthread_mutex_init(&heartbeats->mutex, NULL);
	heartbeats->first = NULL;
}

void heartbeats_finish(struct heartbeats *heartbeats)
{
	pthread_mutex_destroy(&heartbeats->mutex);
}

void heartbeats_add(struct heartbeats *heartbeats, struct heartbeat *heartbeat)
{
	pthread_mutex_lock(&heartbeats->mutex);
	heartbeat->next = heartbeats->first;
	heartbeats->first = heartbeat;
	pthread_mutex_unlock(&heartbeats->mutex);
}

void heartbeats_remove(struct heartbeats *heartbeats, struct heartbeat *heartbeat)
{
	struct heartbeat **link = &heartbeats->first;

	pthread_mutex_lock(&heartbeats->mutex);
	while (*link && *link != heartbeat)
		link = &(*link)->next;
	if (*link)
		*link = heartbeat->next;
	pthread_mutex_unlock(&heartbeats->mutex);
}

/* How far it is over its limit; negative: it is not. */
static int64_t excess_us(struct heartbeat *heartbeat, int64_t now_us)
{
	int64_t last_us = atomic_load_explicit(&heartbeat->last_us, memory_order_relaxed);

	return last_us == INT64_MAX ? -1 : now_us - last_us - heartbeat->limit_us;
}

int heartbeats_late(struct heartbeats *heartbeats, int64_t now_us,
                    char ret_name[static HEARTBEAT_NAME_SIZE], int64_t *ret_limit_us)
{
	int64_t worst_us = 0;
	int r = -ENOENT;

	pthread_mutex_lock(&heartbeats->mutex);
	for (struct heartbeat *each = heartbeats->first; each; each = each->next) {
		int64_t us = excess_us(each, now_us);

		if (us < worst_us)
			continue;
		worst_us = us;
		memcpy(ret_name, each->name, HEARTBEAT_NAME_SIZE);
		*ret_limit_us = each->limit_us;
		r = 0;
	}
	pthread_mutex_unlock(&heartbeats->mutex);
	return r;
}
