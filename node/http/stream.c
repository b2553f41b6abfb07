#include "http/stream.h"

#include "base/clock.h"
#include "http/part.h"
#include "http/peer.h"
#include "http/query.h"
#include "http/respond.h"

#include <errno.h>
#include <string.h>

/* Handed to the socket at once; one such buffer a viewer. Measured with 100 viewers: larger ones
 * save system calls, but fall out of the cache before they are sent, and cost more in the end. */
#define BLOCK_SIZE (32 * 1024)
#define SILENCE_US USEC_PER_SEC
#define MAX_SILENCE_US (5 * USEC_PER_SEC) /* Home Assistant gives up after 10 s */
#define MAX_FIRST_AGE_US USEC_PER_SEC	  /* a held frame younger than this may be the first */
#define MIN_FPS 0.1
#define MAX_FPS 240.0

/* Of libmicrohttpd's thread. Outlives the request, so it knows nothing of it. */
struct viewer {
	struct server_camera *camera;
	struct MHD_Connection *connection;
	int fd;
	struct hub_reader *reader;
	struct parked parked;
	struct part_rate rate;
	int64_t silence_us;

	struct frame *held;  /* to begin with; NULL: with the next one */
	struct frame *frame; /* being sent, or sent last; NULL before the first */
	int64_t sent_us;     /* when it was begun, or the silence was last looked at */
	char header[PART_HEADER_SIZE];
	size_t header_length;
	size_t offset; /* in header, picture and end; before the first frame in PART_FIRST */
};

static void viewer_free(void *arg)
{
	struct viewer *viewer = arg;

	if (!viewer)
		return;
	frame_unref(viewer->held);
	frame_unref(viewer->frame);
	hub_reader_free(viewer->reader);
	free(viewer);
}

struct piece {
	const void *data;
	size_t length;
};

/* Copies as much of the pieces from `offset` on as fits. */
static size_t copy_pieces(const struct piece *pieces, size_t count, size_t offset, char *ret_data,
			  size_t size)
{
	size_t copied = 0;

	for (size_t i = 0; i < count && copied < size; i++) {
		size_t length;

		if (offset >= pieces[i].length) {
			offset -= pieces[i].length;
			continue;
		}
		length = pieces[i].length - offset;
		if (length > size - copied)
			length = size - copied;
		memcpy(ret_data + copied, (const char *)pieces[i].data + offset, length);
		copied += length;
		offset = 0;
	}
	return copied;
}

/* What is left of the frame being sent; 0 when it is all out. */
static size_t send_rest(struct viewer *viewer, char *ret_data, size_t size)
{
	const struct piece opening = {PART_FIRST, strlen(PART_FIRST)};
	size_t copied;

	if (viewer->frame) {
		const struct piece part[] = {
			{viewer->header, viewer->header_length},
			{frame_data(viewer->frame), frame_size(viewer->frame)},
			{PART_END, strlen(PART_END)},
		};

		copied = copy_pieces(part, 3, viewer->offset, ret_data, size);
	} else {
		copied = copy_pieces(&opening, 1, viewer->offset, ret_data, size);
	}
	viewer->offset += copied;
	atomic_fetch_add_explicit(&viewer->camera->bytes, copied, memory_order_relaxed);
	return copied;
}

/* Begins with a frame: a new one, whose reference it takes over, or the last one again. */
static void begin_frame(struct viewer *viewer, struct frame *frame)
{
	int64_t wall_us = clock_wall_from_mono_us(frame_info(frame)->pts_us);

	if (frame != viewer->frame) {
		frame_unref(viewer->frame);
		viewer->frame = frame;
	}
	viewer->header_length = part_header(viewer->header, frame_size(frame), wall_us);
	viewer->offset = 0;
	viewer->sent_us = clock_mono_us();
	atomic_fetch_add_explicit(&viewer->camera->frames, 1, memory_order_relaxed);
}

/* Nothing new for a while: sends the last frame again, if there is one. */
static int resend(struct viewer *viewer)
{
	if (peer_has_left(viewer->fd)) /* while frames go out, sending them tells */
		return -ESHUTDOWN;
	if (!viewer->frame) {
		viewer->sent_us = clock_mono_us();
		return -EAGAIN;
	}
	begin_frame(viewer, viewer->frame);
	atomic_fetch_add_explicit(&viewer->camera->resent, 1, memory_order_relaxed);
	return 0;
}

/* Chooses what to send next: 0, -EAGAIN when there is nothing, -ESHUTDOWN. */
static int next_frame(struct viewer *viewer)
{
	_cleanup_(frame_unref_p) struct frame *frame = NULL;
	uint64_t lost = 0;
	int r;

	if (viewer->held) {
		begin_frame(viewer, move_ptr(viewer->held));
		return 0;
	}
	r = hub_reader_next(viewer->reader, &frame, &lost);
	atomic_fetch_add_explicit(&viewer->camera->skipped, lost, memory_order_relaxed);
	if (r == 0 && part_rate_takes(&viewer->rate, frame_info(frame)->pts_us)) {
		begin_frame(viewer, move_ptr(frame));
		return 0;
	}
	if (r == -ESHUTDOWN)
		return r;
	return clock_mono_us() - viewer->sent_us < viewer->silence_us ? -EAGAIN : resend(viewer);
}

/* libmicrohttpd asks for more to send. */
static ssize_t viewer_read(void *arg, uint64_t position, char *ret_data, size_t size)
{
	struct viewer *viewer = arg;
	struct server_camera *camera = viewer->camera;

	for (;;) {
		uint64_t generation = park_generation(camera->park, &camera->group);
		size_t copied = send_rest(viewer, ret_data, size);
		int r;

		if (copied > 0)
			return (ssize_t)copied;
		r = next_frame(viewer);
		if (r == 0)
			continue;
		if (r == -ESHUTDOWN || park_is_closed(camera->park))
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (park_suspend(camera->park, &viewer->parked, viewer->connection, &camera->group,
				 generation, viewer->sent_us + viewer->silence_us))
			return 0;
	}
}

/* A frame to show at once: what is on now, or that there is no signal; never an old picture. */
static struct frame *held_frame(struct hub *hub)
{
	struct frame *frame = hub_last(hub);

	if (frame && !frame_info(frame)->placeholder &&
	    clock_mono_us() - frame_info(frame)->pts_us > MAX_FIRST_AGE_US) {
		frame_unref(frame);
		return NULL;
	}
	return frame;
}

static struct viewer *viewer_new(const struct request *request, double fps)
{
	struct viewer *viewer = calloc(1, sizeof(*viewer));

	if (!viewer)
		return NULL;
	viewer->camera = request->camera;
	viewer->connection = request->connection;
	viewer->fd = peer_fd(request->connection);
	viewer->rate.interval_us = fps > 0 ? (int64_t)(USEC_PER_SEC / fps) : 0;
	viewer->sent_us = clock_mono_us();
	viewer->silence_us = SILENCE_US;
	if (viewer->rate.interval_us > SILENCE_US)
		viewer->silence_us = viewer->rate.interval_us < MAX_SILENCE_US
					     ? viewer->rate.interval_us
					     : MAX_SILENCE_US;
	viewer->reader =
		hub_reader_new(viewer->camera->hub,
			       &(struct hub_reader_options){.mode = HUB_LATEST, .viewer = true});
	if (!viewer->reader) {
		viewer_free(viewer);
		return NULL;
	}
	viewer->held = held_frame(viewer->camera->hub);
	return viewer;
}

void stream_handle(struct request *request)
{
	struct MHD_Response *response;
	struct viewer *viewer;
	double fps = 0;

	if (query_double(request, "fps", MIN_FPS, MAX_FPS, &fps) < 0)
		return;
	viewer = viewer_new(request, fps);
	if (!viewer) {
		respond_no_memory(request);
		return;
	}
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, viewer_read,
						     viewer, viewer_free);
	if (!response) {
		viewer_free(viewer);
		respond_no_memory(request);
		return;
	}
	/* Not chunked: some clients can't, and chunks would go through a small buffer. */
	MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, PART_CONTENT_TYPE);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache, no-store");
	MHD_add_response_header(response, MHD_HTTP_HEADER_PRAGMA, "no-cache");
	respond(request, MHD_HTTP_OK, response);
}
