#include "mqtt/inbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "mqtt/response_topic.h"
#include "proto/payload.h"

/* Who waits for a reply. */
struct requester {
	struct inbox *inbox;
	struct requester *previous, *next; /* guarded by inbox->mutex */
	bool has_topic;                    /* its own one */
	char topic[TOPIC_SIZE];
	char correlation[INBOX_MAX_CORRELATION];
	size_t correlation_length;
};

struct inbox {
	struct control *control;
	struct queue *posts;
	char reply_topic[TOPIC_SIZE];
	struct log_repeat refusals; /* on Paho's thread */
	pthread_mutex_t mutex;
	struct requester *requesters; /* guarded by mutex */
	size_t count;                 /* guarded by mutex */
};

struct inbox *inbox_new(struct control *control, struct queue *posts)
{
	const struct config *config = control_config(control);
	struct inbox *inbox = calloc(1, sizeof(*inbox));

	if (!inbox)
		return NULL;
	inbox->control = control;
	inbox->posts = posts;
	topic_build(inbox->reply_topic, config->mqtt.prefix, config->node.id, TOPIC_REPLY, NULL);
	pthread_mutex_init(&inbox->mutex, NULL);
	return inbox;
}

void inbox_free(struct inbox *inbox)
{
	if (!inbox)
		return;
	for (struct requester *requester = inbox->requesters, *next; requester; requester = next) {
		next = requester->next;
		free(requester);
	}
	pthread_mutex_destroy(&inbox->mutex);
	free(inbox);
}

/* Counts the requester among those who wait; false when there are too many. */
static bool enlist(struct inbox *inbox, struct requester *requester)
{
	pthread_mutex_lock(&inbox->mutex);
	bool fits = inbox->count < INBOX_MAX_REQUESTERS;
	if (fits) {
		requester->next = inbox->requesters;
		if (requester->next)
			requester->next->previous = requester;
		inbox->requesters = requester;
		inbox->count++;
	}
	pthread_mutex_unlock(&inbox->mutex);
	return fits;
}

static void delist(struct requester *requester)
{
	struct inbox *inbox = requester->inbox;

	pthread_mutex_lock(&inbox->mutex);
	if (requester->previous)
		requester->previous->next = requester->next;
	else
		inbox->requesters = requester->next;
	if (requester->next)
		requester->next->previous = requester->previous;
	inbox->count--;
	pthread_mutex_unlock(&inbox->mutex);
}

static void describe(struct requester *requester, const struct arrival *arrival)
{
	const struct config *config = control_config(requester->inbox->control);

	str_copy(requester->topic, sizeof(requester->topic), requester->inbox->reply_topic);
	if (arrival->response_topic &&
	    response_topic_is_allowed(arrival->response_topic, arrival->response_topic_length,
	                              config->mqtt.prefix, config->node.id)) {
		memcpy(requester->topic, arrival->response_topic, arrival->response_topic_length);
		requester->topic[arrival->response_topic_length] = '\0';
		requester->has_topic = strcmp(requester->topic, requester->inbox->reply_topic) != 0;
	}
	if (arrival->correlation && arrival->correlation_length <= INBOX_MAX_CORRELATION) {
		memcpy(requester->correlation, arrival->correlation, arrival->correlation_length);
		requester->correlation_length = arrival->correlation_length;
	}
}

static struct message *make_reply(const struct requester *requester, const char *json)
{
	const struct message_extra extra = {
		.correlation = requester->correlation_length ? requester->correlation : NULL,
		.correlation_length = requester->correlation_length,
	};

	return message_new_reply(requester->topic, json, strlen(json), &extra);
}

static void push(struct queue *posts, struct message *message)
{
	if (!message || queue_push(posts, message) < 0)
		message_unref(message);
}

/* On the control thread, which alone may post on the board. */
static void on_reply(void *user, enum code code, const char *json)
{
	struct requester *requester = user;
	struct message *reply = json[0] ? make_reply(requester, json) : NULL;

	/* What goes to this node's own topic, those who listen by HTTP see too. */
	if (requester->has_topic)
		push(requester->inbox->posts, reply);
	else
		board_post(control_board(requester->inbox->control), reply);
	delist(requester);
	free(requester);
}

/* On Paho's thread: such a reply passes the board by. */
static void refuse(struct requester *requester, const char *suffix, const struct arrival *arrival,
                   enum code code, const char *reason)
{
	struct command command;
	char text[COMMAND_TEXT_SIZE];

	command_parse(suffix, arrival->payload, arrival->length, &command, text);
	log_debug("%s: refused (%s): %s", arrival->topic, code_name(code), reason);
	_cleanup_free_ char *json = payload_reply(&command, code, reason, NULL);
	if (json)
		push(requester->inbox->posts, make_reply(requester, json));
}

/* An answer that its requester cannot tell from others is none, so nothing is done. */
static void refuse_correlation(struct requester *requester, const char *suffix,
                               const struct arrival *arrival)
{
	char text[COMMAND_TEXT_SIZE];

	snprintf(text, sizeof(text), "correlation data of %zu bytes: %d are the limit",
	         arrival->correlation_length, INBOX_MAX_CORRELATION);
	refuse(requester, suffix, arrival, CODE_BAD_VALUE, text);
}

static int submit(struct requester *requester, const char *suffix, const struct arrival *arrival)
{
	const struct control_origin origin = {
		.retained = arrival->retained,
		.expired = arrival->expired,
		.wants_reply = arrival->response_topic != NULL,
		.reply = on_reply,
		.user = requester,
	};

	if (!enlist(requester->inbox, requester))
		return -ENOSPC;
	int error = control_submit(requester->inbox->control, suffix, arrival->payload,
	                           arrival->length, &origin);
	if (error < 0)
		delist(requester);
	return error;
}

/* Nothing, retained, is how a broker is told to forget what it retains for the topic. */
static bool clears_topic(const struct arrival *arrival)
{
	return arrival->retained && arrival->length == 0;
}

void inbox_take(struct inbox *inbox, const struct arrival *arrival)
{
	const struct config *config = control_config(inbox->control);
	const char *suffix = topic_suffix(arrival->topic, config->mqtt.prefix, config->node.id);

	if (!suffix)
		return;
	if (clears_topic(arrival)) {
		log_debug("%s: a retained command was cleared", arrival->topic);
		return;
	}
	struct requester *requester = calloc(1, sizeof(*requester));
	if (!requester)
		return;
	requester->inbox = inbox;
	describe(requester, arrival);
	if (arrival->correlation_length > INBOX_MAX_CORRELATION) {
		refuse_correlation(requester, suffix, arrival);
		free(requester);
		return;
	}
	/* Once submitted, the requester may be gone already: only a refusal leaves it here. */
	if (submit(requester, suffix, arrival) == 0)
		return;
	log_repeat(&inbox->refusals, LOG_LEVEL_WARN, "commands are refused: too many are waiting");
	refuse(requester, suffix, arrival, CODE_BUSY, "too many commands are waiting");
	free(requester);
}
