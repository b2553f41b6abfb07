#include "record/exporter.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/worker.h"
#include "media/mp4_reader.h"
#include "media/muxer.h"
#include "record/folder.h"
#include "record/name.h"
#include "record/part.h"
#include "record/transcoder.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is being made, in the recordings' folder: the same name each time, so that nothing piles up.
 */
#define WORK_FILE ".export.mp4"

#define LOWEST_PRIORITY 19
#define FPS_IF_UNKNOWN 30.0

/* Of a recording and its export; notes round it. */
#define SAME_DURATION_S 0.05

/* Copies of a name among which an export is looked for. */
#define MAX_LOOKS 20

struct job {
	struct exporter *exporter;
	char file[RECORDER_FILE_SIZE];
	char camera[ID_SIZE];
	struct job *next;
};

struct exporter {
	struct exporter_options options;
	struct worker *worker;
	atomic_bool stopping;
	pthread_mutex_t mutex;
	struct job *jobs; /* that wait or run; guarded by mutex */
};

/* One that is being made. */
struct work {
	struct exporter *exporter;
	struct library_item source;
	struct mp4_reader *reader;
	struct transcoder *transcoder;
	struct muxer *muxer; /* NULL before the first frame */
	char path[PATH_MAX];
};

/* What a crash has left would take its room for ever. */
static void remove_work(const char *folder)
{
	static const char *const files[] = {WORK_FILE, WORK_FILE MUXER_TEMPORARY};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (name_join(path, folder, files[i]) == 0)
			unlink(path);
	}
}

/* On the worker. */
static void clean_up(void *arg)
{
	const struct exporter *exporter = arg;

	remove_work(exporter->options.config->record.dir);
}

struct exporter *exporter_new(const struct exporter_options *options)
{
	struct exporter *exporter = calloc(1, sizeof(*exporter));

	if (!exporter)
		return NULL;
	exporter->options = *options;
	atomic_init(&exporter->stopping, false);
	pthread_mutex_init(&exporter->mutex, NULL);
	exporter->worker = worker_new("export", EXPORTER_MAX_WAITING);
	if (!exporter->worker) {
		pthread_mutex_destroy(&exporter->mutex);
		free(exporter);
		return NULL;
	}
	worker_submit(exporter->worker, clean_up, exporter);
	return exporter;
}

int exporter_stop(struct exporter *exporter, int64_t timeout_us)
{
	atomic_store(&exporter->stopping, true);
	return worker_stop(exporter->worker, timeout_us);
}

void exporter_free(struct exporter *exporter)
{
	if (!exporter)
		return;
	atomic_store(&exporter->stopping, true);
	worker_free(exporter->worker);
	pthread_mutex_destroy(&exporter->mutex);
	free(exporter);
}

/* --- One export --- */

/* Of the camera that recorded it; when that is gone, of another one. */
static const struct config_camera *settings_of(const struct config *config, const char *camera)
{
	for (size_t i = 0; i < config->camera_count; i++) {
		if (strcmp(config->cameras[i].id, camera) == 0)
			return &config->cameras[i];
	}
	return config->camera_count > 0 ? &config->cameras[0] : NULL;
}

static double fps_of(const struct library_item *item)
{
	return item->duration_s > 0 ? (double)item->frames / item->duration_s : FPS_IF_UNKNOWN;
}

static int begin(struct work *work, int fd)
{
	const struct exporter_options *options = &work->exporter->options;
	const struct config_camera *settings = settings_of(options->config, work->source.camera);
	char path[64];
	int r;

	if (!settings)
		return -ENOSYS;
	r = name_join(work->path, options->config->record.dir, WORK_FILE);
	if (r < 0)
		return r;
	remove_work(options->config->record.dir); /* the disk may have come after clean_up() */
	work->transcoder = transcoder_new(settings, fps_of(&work->source));
	if (!work->transcoder)
		return -ENOMEM;
	/* By the descriptor: the name has been checked. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return mp4_reader_open(path, &work->reader);
}

static int write_frame(struct work *work, const struct frame *frame)
{
	struct muxer_tags tags = {0};
	bool flushed = false;
	int r = 0;

	if (!work->muxer) {
		memcpy(tags.label, work->source.label, sizeof(tags.label));
		tags.started_wall_us = work->source.started_wall_us;
		r = muxer_open(work->path, &tags, frame, &work->muxer);
	}
	if (r == 0)
		r = muxer_write(work->muxer, frame, &flushed);
	/* Recordings that run need the room more. */
	if (r == 0 && flushed)
		r = folder_check(&work->exporter->options.config->record);
	return r;
}

static int convert(struct work *work)
{
	for (;;) {
		_cleanup_(frame_unref_p) struct frame *jpeg = NULL, *frame = NULL;
		int r = mp4_reader_next(work->reader, &jpeg);

		if (r == -ENODATA)
			return work->muxer ? 0 : -EBADMSG;
		if (atomic_load(&work->exporter->stopping))
			return -ESHUTDOWN;
		if (r == 0)
			r = transcoder_encode(work->transcoder, jpeg, &frame);
		if (r == -EBADMSG)
			continue; /* a broken picture is a missing one */
		if (r == 0)
			r = write_frame(work, frame);
		if (r < 0)
			return r;
	}
}

static void describe(struct library_item *item, const struct muxer_file *file, const char *path)
{
	struct stat st;

	item->bytes = stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
	item->frames = file->frames;
	item->duration_s = (double)file->duration_us / USEC_PER_SEC;
	item->format = CONFIG_H264;
	item->known = item->protected = item->recovered = false;
}

/* Turns the item of the source into the new one. */
static int make_whole(struct work *work, struct library_item *item)
{
	const char *folder = work->exporter->options.config->record.dir;
	struct muxer_file file;
	char path[PATH_MAX];
	int r = muxer_close(move_ptr(work->muxer));

	if (r == 0)
		r = part_take_free_name(folder, item->file, path);
	if (r == 0)
		r = muxer_finish(work->path, path, &file);
	if (r == 0)
		describe(item, &file, path);
	return r;
}

static void finish(struct work *work)
{
	mp4_reader_free(work->reader);
	transcoder_free(work->transcoder);
	muxer_close(work->muxer);
	unlink(work->path);
}

static int convert_file(struct exporter *exporter, const char *file, struct library_item *ret_item)
{
	struct work work = {.exporter = exporter};
	_cleanup_close_ int fd = library_open_file(exporter->options.library, file, ret_item);
	int r = fd < 0 ? fd : folder_check(&exporter->options.config->record);

	if (r < 0)
		return r;
	work.source = *ret_item;
	r = begin(&work, fd);
	if (r == 0)
		r = convert(&work);
	if (r == 0)
		r = make_whole(&work, ret_item);
	finish(&work);
	return r;
}

/* --- Jobs --- */

/* False when there is one of this file. */
static bool enlist(struct exporter *exporter, struct job *job)
{
	const struct job *other;

	pthread_mutex_lock(&exporter->mutex);
	other = exporter->jobs;
	while (other && strcmp(other->file, job->file) != 0)
		other = other->next;
	if (!other) {
		job->next = exporter->jobs;
		exporter->jobs = job;
	}
	pthread_mutex_unlock(&exporter->mutex);
	return !other;
}

static void strike_off(struct exporter *exporter, const struct job *job)
{
	struct job **place = &exporter->jobs;

	pthread_mutex_lock(&exporter->mutex);
	while (*place && *place != job)
		place = &(*place)->next;
	if (*place)
		*place = job->next;
	pthread_mutex_unlock(&exporter->mutex);
}

/* On the worker. Whoever was told that it is accepted hears what came of it, also at the end. */
static void run(void *arg)
{
	_cleanup_free_ struct job *job = arg;
	struct exporter *exporter = job->exporter;
	struct library_item item = {0};
	int r = -ESHUTDOWN;

	str_copy(item.file, sizeof(item.file), job->file);
	str_copy(item.camera, sizeof(item.camera), job->camera);
	if (!atomic_load(&exporter->stopping)) {
		setpriority(PRIO_PROCESS, (id_t)gettid(), LOWEST_PRIORITY);
		r = convert_file(exporter, job->file, &item);
	}
	if (r == 0)
		library_add(exporter->options.library, &item);
	strike_off(exporter, job);
	exporter->options.done(exporter->options.user, job->file, r, &item);
}

/* Beside it, with its time and all its pictures. */
static bool is_export_of(const struct library_item *item, const struct library_item *source)
{
	return !item->damaged && item->format == CONFIG_H264 && item->frames == source->frames &&
	       fabs(item->duration_s - source->duration_s) < SAME_DURATION_S;
}

static bool find_export(struct exporter *exporter, const struct library_item *source,
                        struct library_item *ret_item)
{
	char file[RECORDER_FILE_SIZE];
	struct name_parts parts;

	if (source->frames == 0 || name_parse(source->file, &parts) < 0)
		return false;
	for (unsigned copy = 1; copy <= MAX_LOOKS; copy++) {
		name_format(file, parts.camera, parts.started_wall_us, copy);
		if (library_find(exporter->options.library, file, ret_item) == 0 &&
		    is_export_of(ret_item, source))
			return true;
	}
	return false;
}

static int submit(struct exporter *exporter, const struct library_item *item)
{
	struct job *job = calloc(1, sizeof(*job));
	int r;

	if (!job)
		return -ENOMEM;
	job->exporter = exporter;
	memcpy(job->file, item->file, sizeof(job->file));
	memcpy(job->camera, item->camera, sizeof(job->camera));
	if (!enlist(exporter, job)) {
		free(job);
		return -EINPROGRESS;
	}
	r = worker_submit(exporter->worker, run, job);
	if (r < 0) {
		strike_off(exporter, job);
		free(job);
	}
	return r;
}

int exporter_submit(struct exporter *exporter, const char *file, struct library_item *ret_item)
{
	struct library_item item;
	int r = library_find(exporter->options.library, file, &item);

	if (r < 0)
		return r;
	/* What has just been recorded is described, too, though it was not read yet. */
	if ((item.known || item.frames > 0) && (item.damaged || item.format != CONFIG_MJPEG))
		return -EINVAL;
	if (find_export(exporter, &item, ret_item))
		return -EEXIST;
	*ret_item = item;
	return submit(exporter, &item);
}
