#include "http/stream.h"

#include "base/clock.h"
#include "http/part.h"
#include "http/peer.h"
#include "http/query.h"
#include "http/respond.h"
#include "media/pace.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define BLOCK_SIZE (16 * 1024) /* libmicrohttpd's buffer; each viewer has one */
#define SILENCE_US USEC_PER_SEC
#define MAX_SILENCE_US (5 * USEC_PER_SEC) /* Home Assistant gives up after 10 s */
#define MAX_FIRST_AGE_US USEC_PER_SEC     /* a held frame younger than this may be the first */
#define MIN_FPS 0.1
#define MAX_FPS 240.0

/* Of libmicrohttpd's thread. Outlives the request, so it knows nothing of it. */
struct viewer {
	struct server_stream *stream;
	struct MHD_Connection *connection;
	int fd;
	bool plain; /* no TLS: the socket takes what we send */
	struct hub_reader *reader;
	struct parked parked;
	struct pace pace;
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

/* Moves the beginning of the pieces forward. */
static void skip(struct iovec *pieces, size_t count, size_t length)
{
	for (size_t i = 0; i < count; i++) {
		size_t skipped = length < pieces[i].iov_len ? length : pieces[i].iov_len;

		pieces[i].iov_base = (char *)pieces[i].iov_base + skipped;
		pieces[i].iov_len -= skipped;
		length -= skipped;
	}
}

/* Copies as much of the pieces as fits. */
static size_t copy(const struct iovec *pieces, size_t count, char *ret_data, size_t size)
{
	size_t copied = 0;

	for (size_t i = 0; i < count; i++) {
		size_t room = size - copied;
		size_t length = pieces[i].iov_len < room ? pieces[i].iov_len : room;

		memcpy(ret_data + copied, pieces[i].iov_base, length);
		copied += length;
	}
	return copied;
}

/* Straight from the shared frame into the socket, of which libmicrohttpd has nothing to send at the
 * moment: its way would copy each picture once more for each viewer. */
static size_t send_directly(const struct viewer *viewer, struct iovec *pieces, size_t count)
{
	const struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
	ssize_t sent = sendmsg(viewer->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE);

	return sent > 0 ? (size_t)sent : 0;
}

/* What is left of the frame being sent; 0 when it is all out. The end of a part, and what the
 * socket does not take now, goes by libmicrohttpd, which waits for room. */
static size_t send_rest(struct viewer *viewer, char *ret_data, size_t size)
{
	struct iovec opening = {(char *)PART_FIRST, strlen(PART_FIRST)};
	struct iovec part[] = {
		{viewer->header, viewer->header_length},
		{viewer->frame ? (uint8_t *)frame_data(viewer->frame) : NULL,
	         viewer->frame ? frame_size(viewer->frame) : 0},
		{(char *)PART_END, strlen(PART_END)},
	};
	struct iovec *pieces = viewer->frame ? part : &opening;
	size_t count = viewer->frame ? 3 : 1, sent = 0, copied;

	skip(pieces, count, viewer->offset);
	if (viewer->plain && viewer->frame && part[1].iov_len > 0) {
		sent = send_directly(viewer, part, 2);
		skip(part, 3, sent);
	}
	copied = copy(pieces, count, ret_data, size);
	viewer->offset += sent + copied;
	atomic_fetch_add_explicit(&viewer->stream->bytes, sent + copied, memory_order_relaxed);
	return copied;
}

static void begin_frame(struct viewer *viewer)
{
	const struct frame *frame = viewer->frame;
	int64_t wall_us = clock_wall_from_mono_us(frame_info(frame)->pts_us);

	viewer->header_length = part_header(viewer->header, frame_size(frame), wall_us);
	viewer->offset = 0;
	viewer->sent_us = clock_mono_us();
	atomic_fetch_add_explicit(&viewer->stream->frames, 1, memory_order_relaxed);
}

/* Takes the reference over, also of the one that was sent last: the reader gives what came between
 * its begin and the look at the held one. */
static void take_frame(struct viewer *viewer, struct frame *frame)
{
	frame_unref(viewer->frame);
	viewer->frame = frame;
	begin_frame(viewer);
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
	begin_frame(viewer);
	atomic_fetch_add_explicit(&viewer->stream->resent, 1, memory_order_relaxed);
	return 0;
}

/* Chooses what to send next: 0, -EAGAIN when there is nothing, -ESHUTDOWN. */
static int next_frame(struct viewer *viewer)
{
	_cleanup_(frame_unref_p) struct frame *frame = NULL;
	uint64_t lost = 0;
	int r;

	if (viewer->held) {
		take_frame(viewer, move_ptr(viewer->held));
		return 0;
	}
	r = hub_reader_next(viewer->reader, &frame, &lost);
	atomic_fetch_add_explicit(&viewer->stream->skipped, lost, memory_order_relaxed);
	if (r == 0 && pace_takes(&viewer->pace, frame_info(frame)->pts_us)) {
		take_frame(viewer, move_ptr(frame));
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
	struct server_stream *stream = viewer->stream;

	for (;;) {
		uint64_t generation = park_generation(stream->park, &stream->group);
		size_t copied = send_rest(viewer, ret_data, size);
		int r;

		if (copied > 0)
			return (ssize_t)copied;
		r = next_frame(viewer);
		if (r == 0)
			continue;
		if (r == -ESHUTDOWN || park_is_closed(stream->park))
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (park_suspend(stream->park, &viewer->parked, viewer->connection, &stream->group,
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

static struct viewer *viewer_new(const struct request *request, enum rendition_kind kind,
                                 double fps)
{
	struct viewer *viewer = calloc(1, sizeof(*viewer));

	if (!viewer)
		return NULL;
	viewer->stream = &request->camera->streams[kind];
	viewer->connection = request->connection;
	viewer->fd = peer_fd(request->connection);
	viewer->plain =
		!MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	viewer->pace.interval_us = pace_interval_us(fps);
	viewer->sent_us = clock_mono_us();
	viewer->silence_us = SILENCE_US;
	if (viewer->pace.interval_us > SILENCE_US)
		viewer->silence_us = viewer->pace.interval_us < MAX_SILENCE_US
		                             ? viewer->pace.interval_us
		                             : MAX_SILENCE_US;
	viewer->reader =
		hub_reader_new(viewer->stream->hub,
	                       &(struct hub_reader_options){.mode = HUB_LATEST, .viewer = true});
	if (!viewer->reader) {
		viewer_free(viewer);
		return NULL;
	}
	viewer->held = held_frame(viewer->stream->hub);
	return viewer;
}

void stream_handle(struct request *request)
{
	struct MHD_Response *response;
	enum rendition_kind kind = RENDITION_MAIN;
	struct viewer *viewer;
	double fps = 0;

	if (query_double(request, "fps", MIN_FPS, MAX_FPS, &fps) < 0 ||
	    query_rendition(request, &kind) < 0)
		return;
	viewer = viewer_new(request, kind, fps);
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
