#include "record/syncer.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

struct syncer {
	pthread_t thread;
	struct log_repeat slow; /* the thread's own */

	pthread_mutex_t mutex;
	pthread_cond_t requested;
	struct syncer_file *first; /* waiting, in order; guarded by mutex */
	struct syncer_stats stats; /* guarded by mutex */
	bool stopping;             /* guarded by mutex */
};

struct syncer_file {
	struct syncer *syncer;
	int fd;
	int folder_fd; /* -1 once its entry is synced; the thread's own after the first request */

	/* Guarded by the syncer's mutex. */
	struct syncer_file *next;
	bool waiting; /* in the list */
	bool syncing;
	bool closed; /* the last one out frees */
	int error;
};

static void file_free(struct syncer_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	if (file->folder_fd >= 0)
		close(file->folder_fd);
	free(file);
}

static int sync_to_disk(struct syncer_file *file)
{
	int error = fdatasync(file->fd) < 0 ? -errno : 0;

	if (file->folder_fd >= 0) {
		if (fsync(file->folder_fd) < 0 && error == 0)
			error = -errno;
		close(file->folder_fd);
		file->folder_fd = -1;
	}
	return error;
}

/* Slow is said when it begins and ends, not each time. */
static void tell_slow(struct syncer *syncer, int64_t took_us)
{
	if (took_us >= SYNCER_SLOW_US)
		log_repeat(&syncer->slow, LOG_LEVEL_WARN,
		           "the disk is slow to sync recordings: a power cut may lose over 1 s");
	else
		log_repeat_clear(&syncer->slow, "the disk syncs recordings in time again");
}

static struct syncer_file *next_file(struct syncer *syncer)
{
	struct syncer_file *file;

	pthread_mutex_lock(&syncer->mutex);
	while (!syncer->first && !syncer->stopping)
		cond_wait_until(&syncer->requested, &syncer->mutex, INT64_MAX);
	file = syncer->first;
	if (file) {
		syncer->first = file->next;
		file->waiting = false;
		file->syncing = true;
	}
	pthread_mutex_unlock(&syncer->mutex);
	return file;
}

/* Frees the file when it was closed meanwhile. */
static void note_done(struct syncer_file *file, int error, int64_t took_us)
{
	struct syncer *syncer = file->syncer;
	struct syncer_stats *stats = &syncer->stats;
	double took_ms = (double)took_us / USEC_PER_MSEC;
	bool over;

	pthread_mutex_lock(&syncer->mutex);
	stats->syncs++;
	stats->failures += error < 0;
	stats->last_ms = took_ms;
	if (took_ms > stats->longest_ms)
		stats->longest_ms = took_ms;
	file->syncing = false;
	if (error < 0)
		file->error = error;
	over = file->closed && !file->waiting;
	pthread_mutex_unlock(&syncer->mutex);
	if (over)
		file_free(file);
}

static void *run(void *arg)
{
	struct syncer *syncer = arg;
	struct syncer_file *file;

	while ((file = next_file(syncer))) {
		int64_t began_us = clock_mono_us();
		int error = sync_to_disk(file);
		int64_t took_us = clock_mono_us() - began_us;

		note_done(file, error, took_us);
		tell_slow(syncer, took_us);
	}
	return NULL;
}

struct syncer *syncer_new(void)
{
	struct syncer *syncer = calloc(1, sizeof(*syncer));

	if (!syncer)
		return NULL;
	pthread_mutex_init(&syncer->mutex, NULL);
	cond_init(&syncer->requested);
	if (thread_start(&syncer->thread, "sync", run, syncer) == 0)
		return syncer;
	pthread_cond_destroy(&syncer->requested);
	pthread_mutex_destroy(&syncer->mutex);
	free(syncer);
	return NULL;
}

void syncer_free(struct syncer *syncer)
{
	if (!syncer)
		return;
	pthread_mutex_lock(&syncer->mutex);
	syncer->stopping = true;
	pthread_cond_signal(&syncer->requested);
	pthread_mutex_unlock(&syncer->mutex);
	pthread_join(syncer->thread, NULL);
	pthread_cond_destroy(&syncer->requested);
	pthread_mutex_destroy(&syncer->mutex);
	free(syncer);
}

void syncer_stats(struct syncer *syncer, struct syncer_stats *ret_stats)
{
	pthread_mutex_lock(&syncer->mutex);
	*ret_stats = syncer->stats;
	pthread_mutex_unlock(&syncer->mutex);
}

struct syncer_file *syncer_open(struct syncer *syncer, int fd, const char *folder)
{
	struct syncer_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->syncer = syncer;
	file->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	file->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file->fd < 0 || file->folder_fd < 0) {
		file_free(file);
		return NULL;
	}
	return file;
}

int syncer_request(struct syncer_file *file)
{
	struct syncer *syncer = file->syncer;
	struct syncer_file **last = &syncer->first;
	int error;

	pthread_mutex_lock(&syncer->mutex);
	error = file->error;
	if (!file->waiting) {
		while (*last)
			last = &(*last)->next;
		*last = file;
		file->next = NULL;
		file->waiting = true;
		pthread_cond_signal(&syncer->requested);
	}
	pthread_mutex_unlock(&syncer->mutex);
	return error;
}

void syncer_close(struct syncer_file *file)
{
	bool over;

	if (!file)
		return;
	pthread_mutex_lock(&file->syncer->mutex);
	file->closed = true;
	over = !file->waiting && !file->syncing;
	pthread_mutex_unlock(&file->syncer->mutex);
	if (over)
		file_free(file);
}
