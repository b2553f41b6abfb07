#include "http/thumbnail.h"

#include "http/respond.h"
#include "media/poster.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct kept {
	char file[RECORDER_FILE_SIZE]; /* "": free */
	uint64_t bytes;                /* of the recording, then */
	struct frame *frame;
};

struct thumbnails {
	struct kept kept[THUMBNAIL_KEPT];
	size_t next; /* to be replaced */
};

struct job {
	struct server *server;
	struct answer *answer;
	char file[RECORDER_FILE_SIZE];
};

struct thumbnails *thumbnails_new(void)
{
	return calloc(1, sizeof(struct thumbnails));
}

void thumbnails_free(struct thumbnails *thumbnails)
{
	if (!thumbnails)
		return;
	for (size_t i = 0; i < THUMBNAIL_KEPT; i++)
		frame_unref(thumbnails->kept[i].frame);
	free(thumbnails);
}

static struct frame *find(struct thumbnails *thumbnails, const char *file, uint64_t bytes)
{
	for (size_t i = 0; i < THUMBNAIL_KEPT; i++) {
		struct kept *kept = &thumbnails->kept[i];

		if (kept->frame && kept->bytes == bytes && strcmp(kept->file, file) == 0)
			return frame_ref(kept->frame);
	}
	return NULL;
}

static void keep(struct thumbnails *thumbnails, const char *file, uint64_t bytes,
                 struct frame *frame)
{
	struct kept *kept = &thumbnails->kept[thumbnails->next];

	thumbnails->next = (thumbnails->next + 1) % THUMBNAIL_KEPT;
	frame_unref(kept->frame);
	str_copy(kept->file, sizeof(kept->file), file);
	kept->bytes = bytes;
	kept->frame = frame_ref(frame);
}

/* 0, -ENOENT, -EBADMSG, -errno. */
static int make(struct server *server, const char *file, struct frame **ret_frame)
{
	struct library_item item;
	char path[64];
	int fd = library_open_file(control_library(server->control), file, &item);
	int r = 0;

	if (fd < 0)
		return fd;
	*ret_frame = find(server->thumbnails, file, item.bytes);
	if (!*ret_frame) {
		/* By the descriptor: the name has been checked. */
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		r = poster_make(path, THUMBNAIL_WIDTH, ret_frame);
		if (r == 0)
			keep(server->thumbnails, file, item.bytes, *ret_frame);
	}
	close(fd);
	return r;
}

/* On the worker. */
static void run(void *arg)
{
	_cleanup_free_ struct job *job = arg;
	struct answer_result result = {0};

	result.error = make(job->server, job->file, &result.frame);
	answer_give(job->answer, &result);
}

/* 0, -EBUSY or -ENOMEM. */
static int ask(struct request *request)
{
	struct job *job = calloc(1, sizeof(*job));
	struct answer *answer = job ? request_ask(request) : NULL;
	size_t length = strlen(request->rest) - strlen(THUMBNAIL_SUFFIX);

	if (!answer) {
		free(job);
		return -ENOMEM;
	}
	job->server = request->server;
	job->answer = answer_ref(answer);
	if (length < sizeof(job->file))
		memcpy(job->file, request->rest, length);
	if (worker_submit(request->server->worker, run, job) < 0) {
		answer_unref(answer);
		free(job);
		return -EBUSY;
	}
	return 0;
}

bool thumbnail_is_asked(const struct request *request)
{
	size_t length = strlen(request->rest), suffix = strlen(THUMBNAIL_SUFFIX);

	return length > suffix && strcmp(request->rest + length - suffix, THUMBNAIL_SUFFIX) == 0;
}

void thumbnail_handle(struct request *request)
{
	const struct answer_result *result = respond_after(request, ask);

	if (!result)
		return;
	if (result->frame)
		respond_frame(request, frame_ref(result->frame));
	else if (result->error == -ENOENT)
		respond_text(request, MHD_HTTP_NOT_FOUND, "no such recording");
	else
		respond_text(request, MHD_HTTP_NOT_FOUND, "it has no picture: %s",
		             strerrordesc_np(-result->error));
}
