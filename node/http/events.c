#include "http/events.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/queue.h"
#include "http/envelope.h"
#include "http/peer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BLOCK_SIZE (16 * 1024)
#define OPENING "retry: 2000\n\n"
#define KEEP_ALIVE ":\n\n"
/* The whole state comes at once, on top of what is posted meanwhile. */
#define QUEUE_CAPACITY (BOARD_MAX_TOPICS + EVENTS_QUEUE)

struct listener {
	struct listener *next, *previous; /* guarded by the mutex of events */
	struct events *events;
	struct MHD_Connection *connection;
	int fd;
	struct queue *messages; /* closed once it was too full */
	struct parked parked;
	struct buf text; /* of the message being sent */
	size_t offset;
	uint64_t next_id;
	int64_t sent_us;
};

struct events {
	struct board *board;
	struct park *park;
	struct park_group group;
	pthread_mutex_t mutex;
	struct listener listeners; /* ring with this as its head; guarded by mutex */
};

static void drop_message(void *message)
{
	message_unref(message);
}

/* The socket may take nothing any more, and libmicrohttpd would wait for it for ever. A quick
 * system call under the lock: it keeps the listener in the ring, and so its descriptor open. */
static void cut_off(struct listener *listener)
{
	queue_close(listener->messages);
	shutdown(listener->fd, SHUT_RDWR);
}

static void enqueue(void *user, struct message *message)
{
	struct listener *listener = user;
	int r;

	if (message_is_binary(message))
		return;
	r = queue_push(listener->messages, message_ref(message));
	if (r < 0)
		message_unref(message);
	if (r == -ENOSPC)
		cut_off(listener);
}

/* The board has a new message; on the control thread. */
static void posted(void *user, struct message *message)
{
	struct events *events = user;

	pthread_mutex_lock(&events->mutex);
	for (struct listener *listener = events->listeners.next; listener != &events->listeners;
	     listener = listener->next)
		enqueue(listener, message);
	pthread_mutex_unlock(&events->mutex);
	park_wake(events->park, &events->group);
}

struct events *events_new(struct board *board, struct park *park)
{
	struct events *events = calloc(1, sizeof(*events));

	if (!events)
		return NULL;
	events->board = board;
	events->park = park;
	events->listeners.next = events->listeners.previous = &events->listeners;
	pthread_mutex_init(&events->mutex, NULL);
	if (board_add_listener(board, posted, events) < 0) {
		pthread_mutex_destroy(&events->mutex);
		free(events);
		return NULL;
	}
	return events;
}

void events_free(struct events *events)
{
	if (!events)
		return;
	board_remove_listener(events->board, posted, events);
	pthread_mutex_destroy(&events->mutex);
	free(events);
}

static void enter(struct events *events, struct listener *listener)
{
	struct listener *head = &events->listeners;

	pthread_mutex_lock(&events->mutex);
	listener->next = head;
	listener->previous = head->previous;
	head->previous->next = listener;
	head->previous = listener;
	pthread_mutex_unlock(&events->mutex);
}

static void leave(struct events *events, struct listener *listener)
{
	pthread_mutex_lock(&events->mutex);
	listener->previous->next = listener->next;
	listener->next->previous = listener->previous;
	pthread_mutex_unlock(&events->mutex);
}

static void listener_free(void *user)
{
	struct listener *listener = user;

	leave(listener->events, listener);
	queue_free(listener->messages);
	buf_finish(&listener->text);
	free(listener);
}

static struct listener *listener_new(struct events *events, struct MHD_Connection *connection)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener)
		return NULL;
	listener->messages = queue_new(QUEUE_CAPACITY, drop_message);
	if (!listener->messages) {
		free(listener);
		return NULL;
	}
	listener->events = events;
	listener->connection = connection;
	listener->fd = peer_fd(connection);
	buf_init(&listener->text, EVENTS_MAX_BYTES);
	buf_puts(&listener->text, OPENING);
	/* First entered, then filled: a change in between comes twice rather than not at all. */
	enter(events, listener);
	board_each(events->board, enqueue, listener);
	return listener;
}

/* Puts the next message, or a sign of life, into `text`: 0, -EAGAIN or -ESHUTDOWN. */
static int next_text(struct listener *listener)
{
	void *item;
	int r = queue_try_pop(listener->messages, &item);

	if (r == -EAGAIN && clock_mono_us() - listener->sent_us < EVENTS_KEEP_ALIVE_US)
		return r;
	if (r == -ESHUTDOWN)
		return r;
	buf_clear(&listener->text);
	listener->offset = 0;
	if (r == 0) {
		envelope_event(&listener->text, item, listener->next_id++);
		message_unref(item);
	} else {
		buf_puts(&listener->text, KEEP_ALIVE);
	}
	return listener->text.error ? -ESHUTDOWN : 0;
}

static size_t send_text(struct listener *listener, char *ret_data, size_t size)
{
	size_t left = listener->text.length - listener->offset;

	if (left > size)
		left = size;
	if (left == 0)
		return 0;
	memcpy(ret_data, listener->text.data + listener->offset, left);
	listener->offset += left;
	listener->sent_us = clock_mono_us();
	return left;
}

/* libmicrohttpd asks for more to send. */
static ssize_t listener_read(void *user, uint64_t position, char *ret_data, size_t size)
{
	struct listener *listener = user;
	struct events *events = listener->events;

	for (;;) {
		uint64_t generation = park_generation(events->park, &events->group);
		size_t sent = send_text(listener, ret_data, size);
		int r;

		if (sent > 0)
			return (ssize_t)sent;
		r = next_text(listener);
		if (r == 0)
			continue;
		if (r == -ESHUTDOWN || park_is_closed(events->park) || peer_has_left(listener->fd))
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (park_suspend(events->park, &listener->parked, listener->connection,
		                 &events->group, generation,
		                 listener->sent_us + EVENTS_KEEP_ALIVE_US))
			return 0;
	}
}

struct MHD_Response *events_response(struct events *events, struct MHD_Connection *connection)
{
	struct listener *listener = listener_new(events, connection);
	struct MHD_Response *response;

	if (!listener)
		return NULL;
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, listener_read,
	                                             listener, listener_free);
	if (!response) {
		listener_free(listener);
		return NULL;
	}
	MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
	MHD_add_response_header(response, "X-Accel-Buffering", "no"); /* nginx in front */
	return response;
}
