#include "control/board.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct listener {
	void (*posted)(void *user, struct message *message);
	void *user;
};

struct board {
	pthread_mutex_t mutex;
	struct message *kept[BOARD_MAX_TOPICS];   /* guarded by mutex */
	size_t kept_count;                        /* guarded by mutex */
	struct message *events[BOARD_MAX_EVENTS]; /* ring, guarded by mutex */
	size_t event_count; /* of all time: the next one's place in the ring; guarded by mutex */

	/* Held while listeners run, so that removing one waits for its call. Taken before `mutex`.
	 */
	pthread_mutex_t listeners_mutex;
	struct listener listeners[BOARD_MAX_LISTENERS]; /* guarded by listeners_mutex */
	size_t listener_count;                          /* guarded by listeners_mutex */
};

struct board *board_new(void)
{
	struct board *board = calloc(1, sizeof *board);

	if (!board)
		return NULL;
	pthread_mutex_init(&board->mutex, NULL);
	pthread_mutex_init(&board->listeners_mutex, NULL);
	return board;
}

void board_free(struct board *board)
{
	if (!board)
		return;
	for (size_t i = 0; i < board->kept_count; i++)
		message_unref(board->kept[i]);
	for (size_t i = 0; i < BOARD_MAX_EVENTS; i++)
		message_unref(board->events[i]);
	pthread_mutex_destroy(&board->listeners_mutex);
	pthread_mutex_destroy(&board->mutex);
	free(board);
}

static bool is_kept(enum topic_kind kind)
{
	return kind != TOPIC_EVENT && kind != TOPIC_REPLY;
}

/* The place of a topic, or kept_count. The mutex is held. */
static size_t find(const struct board *board, const char *topic)
{
	size_t i = 0;

	while (i < board->kept_count && strcmp(message_topic(board->kept[i]), topic) != 0)
		i++;
	return i;
}

static void keep(struct board *board, struct message *message)
{
	struct message *replaced = NULL;

	pthread_mutex_lock(&board->mutex);
	size_t i = find(board, message_topic(message));
	bool fits = i < BOARD_MAX_TOPICS;
	if (fits) {
		if (i == board->kept_count)
			board->kept_count++;
		replaced = board->kept[i];
		board->kept[i] = message_ref(message);
	}
	pthread_mutex_unlock(&board->mutex);
	message_unref(replaced);
	if (!fits)
		log_error("no room to keep %s: over %d topics", message_topic(message),
		          BOARD_MAX_TOPICS);
}

static void keep_event(struct board *board, struct message *message)
{
	pthread_mutex_lock(&board->mutex);
	struct message **place = &board->events[board->event_count++ % BOARD_MAX_EVENTS];
	struct message *replaced = *place;
	*place = message_ref(message);
	pthread_mutex_unlock(&board->mutex);
	message_unref(replaced);
}

void board_post(struct board *board, struct message *message)
{
	if (!message)
		return;
	pthread_mutex_lock(&board->listeners_mutex);
	if (is_kept(message_kind(message)))
		keep(board, message);
	else if (message_kind(message) == TOPIC_EVENT)
		keep_event(board, message);
	for (size_t i = 0; i < board->listener_count; i++)
		board->listeners[i].posted(board->listeners[i].user, message);
	pthread_mutex_unlock(&board->listeners_mutex);
	message_unref(message);
}

int board_add_listener(struct board *board, void (*posted)(void *user, struct message *message),
                       void *user)
{
	int error = 0;

	pthread_mutex_lock(&board->listeners_mutex);
	if (board->listener_count < BOARD_MAX_LISTENERS)
		board->listeners[board->listener_count++] = (struct listener){posted, user};
	else
		error = -ENOSPC;
	pthread_mutex_unlock(&board->listeners_mutex);
	return error;
}

void board_remove_listener(struct board *board, void (*posted)(void *user, struct message *message),
                           void *user)
{
	pthread_mutex_lock(&board->listeners_mutex);
	for (size_t i = 0; i < board->listener_count; i++) {
		struct listener *listener = &board->listeners[i];
		if (listener->posted == posted && listener->user == user) {
			*listener = board->listeners[--board->listener_count];
			break;
		}
	}
	pthread_mutex_unlock(&board->listeners_mutex);
}

void board_each(struct board *board, void (*each)(void *user, struct message *message), void *user)
{
	struct message *copies[BOARD_MAX_TOPICS];

	pthread_mutex_lock(&board->mutex);
	size_t count = board->kept_count;
	for (size_t i = 0; i < count; i++)
		copies[i] = message_ref(board->kept[i]);
	pthread_mutex_unlock(&board->mutex);
	for (size_t i = 0; i < count; i++) {
		each(user, copies[i]);
		message_unref(copies[i]);
	}
}

void board_each_event(struct board *board, void (*each)(void *user, struct message *message),
                      void *user)
{
	struct message *copies[BOARD_MAX_EVENTS];
	size_t count = 0;

	pthread_mutex_lock(&board->mutex);
	size_t end = board->event_count;
	for (size_t i = end > BOARD_MAX_EVENTS ? end - BOARD_MAX_EVENTS : 0; i < end; i++)
		copies[count++] = message_ref(board->events[i % BOARD_MAX_EVENTS]);
	pthread_mutex_unlock(&board->mutex);
	for (size_t i = 0; i < count; i++) {
		each(user, copies[i]);
		message_unref(copies[i]);
	}
}

struct message *board_get(struct board *board, const char *topic)
{
	pthread_mutex_lock(&board->mutex);
	size_t i = find(board, topic);
	struct message *message = i < board->kept_count ? message_ref(board->kept[i]) : NULL;
	pthread_mutex_unlock(&board->mutex);
	return message;
}
