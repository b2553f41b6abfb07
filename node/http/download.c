#include "http/download.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SEND_BLOCK (64 * 1024)
#define READ_TIMEOUT_US (30 * USEC_PER_SEC) /* of a disk that hangs */

struct download {
	atomic_uint references;
	struct server *server;
	char file[RECORDER_FILE_SIZE];
	int fd; /* -1 until opened */
	struct stat stat;
	struct answer *answer; /* of the job that opens */

	struct MHD_Connection *connection;
	struct parked parked;
	struct park_group group;
	size_t sent;        /* of `data` */
	int64_t give_up_us; /* when the read in progress takes too long */

	pthread_mutex_t mutex;
	bool reading;      /* a job is at it; guarded by mutex */
	int error;         /* of a read; guarded by mutex */
	size_t length;     /* of `data`; guarded by mutex */
	uint64_t position; /* in the file, of the next read; the job's while reading */
	uint64_t end;
	char *data; /* DOWNLOAD_BLOCK bytes; the job's while reading */
};

struct download *download_new(struct server *server, const char *file)
{
	struct download *download = calloc(1, sizeof(*download));

	if (!download)
		return NULL;
	atomic_init(&download->references, 1);
	pthread_mutex_init(&download->mutex, NULL);
	download->server = server;
	download->fd = -1;
	/* Too long a name is none of ours: "" is not found. */
	str_copy(download->file, sizeof(download->file), file);
	return download;
}

static struct download *download_ref(struct download *download)
{
	atomic_fetch_add_explicit(&download->references, 1, memory_order_relaxed);
	return download;
}

void download_unref(struct download *download)
{
	if (!download)
		return;
	if (atomic_fetch_sub_explicit(&download->references, 1, memory_order_acq_rel) != 1)
		return;
	close_p(&download->fd);
	pthread_mutex_destroy(&download->mutex);
	free(download->data);
	free(download);
}

/* On the worker. */
static void open_job(void *arg)
{
	struct download *download = arg;
	struct library *library = control_library(download->server->control);
	struct answer_result result = {0};
	struct library_item item;
	int fd = library_open_file(library, download->file, &item);

	download->fd = fd < 0 ? -1 : fd;
	if (fd < 0)
		result.error = fd;
	else if (fstat(fd, &download->stat) < 0)
		result.error = -errno;
	else
		posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	answer_give(move_ptr(download->answer), &result);
	download_unref(download);
}

int download_open(struct download *download, struct answer *answer)
{
	int r;

	download->answer = answer;
	r = worker_submit(download->server->worker, open_job, download_ref(download));
	if (r < 0)
		download_unref(download);
	return r;
}

uint64_t download_size(const struct download *download)
{
	return (uint64_t)download->stat.st_size;
}

int64_t download_modified_s(const struct download *download)
{
	return download->stat.st_mtim.tv_sec;
}

void download_etag(const struct download *download, char ret_etag[static DOWNLOAD_ETAG_SIZE])
{
	snprintf(ret_etag, DOWNLOAD_ETAG_SIZE, "\"%" PRIx64 "-%" PRIx64 ".%lx\"",
	         (uint64_t)download->stat.st_size, (uint64_t)download->stat.st_mtim.tv_sec,
	         download->stat.st_mtim.tv_nsec);
}

/* On the worker: reads the next block. */
static void read_job(void *arg)
{
	struct download *download = arg;
	uint64_t left = download->end - download->position;
	size_t wanted = left < DOWNLOAD_BLOCK ? (size_t)left : DOWNLOAD_BLOCK;
	ssize_t n = pread(download->fd, download->data, wanted, (off_t)download->position);
	int error = n > 0 ? 0 : n < 0 ? -errno : -ENODATA; /* the file has become shorter */

	pthread_mutex_lock(&download->mutex);
	download->error = error;
	download->length = error ? 0 : (size_t)n;
	download->position += download->length;
	download->reading = false;
	pthread_mutex_unlock(&download->mutex);
	park_wake(download->server->park, &download->group);
	download_unref(download);
}

/* Copies from the block: the bytes, 0 when it is used up or not there yet, or the error. */
static ssize_t take(struct download *download, char *ret_data, size_t size, bool *ret_reading)
{
	size_t left = 0;
	int error;

	pthread_mutex_lock(&download->mutex);
	*ret_reading = download->reading;
	error = download->error;
	if (!download->reading)
		left = download->length - download->sent;
	pthread_mutex_unlock(&download->mutex);
	if (error)
		return error;
	if (left > size)
		left = size;
	if (left == 0)
		return 0;
	memcpy(ret_data, download->data + download->sent, left);
	download->sent += left;
	return (ssize_t)left;
}

static int start_reading(struct download *download)
{
	int r;

	download->reading = true; /* no job runs: nobody else looks */
	download->sent = 0;
	download->give_up_us = clock_mono_us() + READ_TIMEOUT_US;
	r = worker_submit(download->server->worker, read_job, download_ref(download));
	if (r < 0) {
		download->reading = false;
		download_unref(download);
	}
	return r;
}

/* libmicrohttpd asks for more to send. */
static ssize_t download_read(void *arg, uint64_t position, char *ret_data, size_t size)
{
	struct download *download = arg;
	struct park *park = download->server->park;

	for (;;) {
		uint64_t generation = park_generation(park, &download->group);
		bool reading;
		ssize_t n = take(download, ret_data, size, &reading);

		if (n > 0)
			return n;
		if (n < 0 || park_is_closed(park))
			return MHD_CONTENT_READER_END_WITH_ERROR;
		if (!reading && start_reading(download) < 0)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		if (clock_mono_us() >= download->give_up_us)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		if (park_suspend(park, &download->parked, download->connection, &download->group,
		                 generation, download->give_up_us))
			return 0;
	}
}

static void release(void *arg)
{
	download_unref(arg);
}

struct MHD_Response *download_response(struct download *download, const struct range *range,
                                       struct MHD_Connection *connection)
{
	struct MHD_Response *response = NULL;

	download->connection = connection;
	download->position = range->first;
	download->end = range->first + range->length;
	download->data = malloc(DOWNLOAD_BLOCK);
	if (download->data)
		response = MHD_create_response_from_callback(range->length, SEND_BLOCK,
		                                             download_read, download, release);
	if (!response)
		download_unref(download);
	return response;
}
