#include "mqtt/outbox.h"

#include <stdlib.h>
#include <string.h>

#define MAX_WAITING (OUTBOX_MAX_TOPICS + OUTBOX_MAX_EVENTS)

struct slot {
	struct message *message; /* NULL: free */
	int token;
	int64_t sent_us; /* 0: not sent yet */
};

struct outbox {
	bool online;
	struct message *waiting[MAX_WAITING]; /* oldest first */
	size_t count;
	size_t events;                               /* of them: events and replies */
	struct slot in_flight[OUTBOX_MAX_IN_FLIGHT]; /* oldest first */
	size_t in_flight_count;
	size_t dropped;
};

struct outbox *outbox_new(void)
{
	return calloc(1, sizeof(struct outbox));
}

void outbox_free(struct outbox *outbox)
{
	if (!outbox)
		return;
	for (size_t i = 0; i < outbox->count; i++)
		message_unref(outbox->waiting[i]);
	for (size_t i = 0; i < outbox->in_flight_count; i++)
		message_unref(outbox->in_flight[i].message);
	free(outbox);
}

/* Events and replies are told once each; of all else only the newest matters. */
static bool is_event(const struct message *message)
{
	return message_kind(message) == TOPIC_EVENT || message_kind(message) == TOPIC_REPLY;
}

static bool is_meta_of(const struct message *meta, const struct message *picture)
{
	size_t length = strlen(message_topic(picture));

	return message_kind(meta) == TOPIC_CAM_SNAPSHOT_META && message_is_binary(picture) &&
	       strncmp(message_topic(meta), message_topic(picture), length) == 0 &&
	       message_topic(meta)[length] == '/';
}

static bool is_same_topic(const struct message *a, const struct message *b)
{
	return strcmp(message_topic(a), message_topic(b)) == 0;
}

/* The caller owns the reference now. */
static struct message *remove_waiting(struct outbox *outbox, size_t index)
{
	struct message *message = outbox->waiting[index];

	outbox->count--;
	memmove(&outbox->waiting[index], &outbox->waiting[index + 1],
	        (outbox->count - index) * sizeof(outbox->waiting[0]));
	if (is_event(message))
		outbox->events--;
	return message;
}

static void drop(struct outbox *outbox, size_t index)
{
	message_unref(remove_waiting(outbox, index));
	outbox->dropped++;
}

static void append(struct outbox *outbox, struct message *message)
{
	outbox->waiting[outbox->count++] = message_ref(message);
	if (is_event(message))
		outbox->events++;
}

/* The oldest reply, or else the oldest event: a requester asks again, an event is told only once,
 * and a flood of refusals must not push it out. */
static void drop_oldest_event(struct outbox *outbox)
{
	size_t oldest = outbox->count;

	for (size_t i = 0; i < outbox->count; i++) {
		enum topic_kind kind = message_kind(outbox->waiting[i]);

		if (kind == TOPIC_REPLY) {
			oldest = i;
			break;
		}
		if (kind == TOPIC_EVENT && oldest == outbox->count)
			oldest = i;
	}
	drop(outbox, oldest);
}

static void put_event(struct outbox *outbox, struct message *message)
{
	size_t limit = outbox->online ? OUTBOX_MAX_EVENTS : OUTBOX_MAX_OFFLINE_EVENTS;

	/* A requester that gets no answer asks again; an event is told only once. */
	if (!outbox->online && message_kind(message) != TOPIC_EVENT)
		return;
	if (outbox->events >= limit)
		drop_oldest_event(outbox);
	append(outbox, message);
}

/* A picture that is replaced takes along what was said of it: the new one's meta will follow. */
static void remove_meta(struct outbox *outbox, const struct message *picture)
{
	for (size_t i = 0; i < outbox->count; i++) {
		if (is_meta_of(outbox->waiting[i], picture)) {
			message_unref(remove_waiting(outbox, i));
			return;
		}
	}
}

static void put_state(struct outbox *outbox, struct message *message)
{
	if (!outbox->online)
		return;
	if (message_is_binary(message))
		remove_meta(outbox, message);
	/* In the old one's place, so that a topic which changes fast cannot starve. */
	for (size_t i = 0; i < outbox->count; i++) {
		struct message *old = outbox->waiting[i];
		if (!is_event(old) && is_same_topic(old, message)) {
			outbox->waiting[i] = message_ref(message);
			message_unref(old);
			return;
		}
	}
	if (outbox->count - outbox->events < OUTBOX_MAX_TOPICS)
		append(outbox, message);
	else
		outbox->dropped++;
}

static size_t find_slot(const struct outbox *outbox, const struct message *message)
{
	size_t i = 0;

	while (i < outbox->in_flight_count && outbox->in_flight[i].message != message)
		i++;
	return i;
}

void outbox_put(struct outbox *outbox, struct message *message)
{
	/* At a connect, the board's last word and the post that made it may both come. */
	if (find_slot(outbox, message) < outbox->in_flight_count)
		return;
	if (is_event(message))
		put_event(outbox, message);
	else
		put_state(outbox, message);
}

/* Must the message at `index` wait for a picture? */
static bool is_held(const struct outbox *outbox, size_t index)
{
	const struct message *message = outbox->waiting[index];

	if (message_is_binary(message)) {
		for (size_t i = 0; i < outbox->in_flight_count; i++) {
			if (is_same_topic(message, outbox->in_flight[i].message))
				return true;
		}
	}
	for (size_t i = 0; i < index; i++) {
		if (is_meta_of(message, outbox->waiting[i]))
			return true;
	}
	return false;
}

const struct message *outbox_take(struct outbox *outbox)
{
	size_t i = 0;

	if (!outbox->online || outbox->in_flight_count == OUTBOX_MAX_IN_FLIGHT)
		return NULL;
	while (i < outbox->count && is_held(outbox, i))
		i++;
	if (i == outbox->count)
		return NULL;
	struct slot *slot = &outbox->in_flight[outbox->in_flight_count++];
	*slot = (struct slot){.message = remove_waiting(outbox, i)};
	return slot->message;
}

void outbox_sent(struct outbox *outbox, const struct message *message, int token, int64_t now_us)
{
	size_t i = find_slot(outbox, message);

	if (i == outbox->in_flight_count)
		return;
	outbox->in_flight[i].token = token;
	outbox->in_flight[i].sent_us = now_us;
}

void outbox_settle(struct outbox *outbox, const struct message *message)
{
	size_t i = find_slot(outbox, message);

	if (i == outbox->in_flight_count)
		return;
	message_unref(outbox->in_flight[i].message);
	outbox->in_flight_count--;
	memmove(&outbox->in_flight[i], &outbox->in_flight[i + 1],
	        (outbox->in_flight_count - i) * sizeof(outbox->in_flight[0]));
}

const struct message *outbox_find(const struct outbox *outbox, int token)
{
	for (size_t i = 0; i < outbox->in_flight_count; i++) {
		const struct slot *slot = &outbox->in_flight[i];
		if (slot->sent_us > 0 && slot->token == token)
			return slot->message;
	}
	return NULL;
}

int64_t outbox_oldest_us(const struct outbox *outbox, size_t *ret_bytes)
{
	size_t bytes = 0;

	for (size_t i = 0; i < outbox->in_flight_count; i++)
		bytes += message_length(outbox->in_flight[i].message);
	*ret_bytes = bytes;
	return outbox->in_flight_count > 0 ? outbox->in_flight[0].sent_us : INT64_MAX;
}

void outbox_go_online(struct outbox *outbox)
{
	outbox->online = true;
}

/* Appends every event among the messages, and gives all references back. */
static void keep_events(struct outbox *outbox, struct message *const messages[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (is_event(messages[i]))
			put_event(outbox, messages[i]);
		message_unref(messages[i]);
	}
}

void outbox_go_offline(struct outbox *outbox)
{
	struct message *in_flight[OUTBOX_MAX_IN_FLIGHT];
	struct message *waiting[MAX_WAITING];
	size_t in_flight_count = outbox->in_flight_count;
	size_t count = outbox->count;

	for (size_t i = 0; i < in_flight_count; i++)
		in_flight[i] = outbox->in_flight[i].message;
	memcpy(waiting, outbox->waiting, count * sizeof(waiting[0]));
	outbox->count = outbox->events = outbox->in_flight_count = 0;
	outbox->online = false;
	keep_events(outbox, in_flight, in_flight_count);
	keep_events(outbox, waiting, count);
}

bool outbox_is_empty(const struct outbox *outbox)
{
	return outbox->count == 0 && outbox->in_flight_count == 0;
}

size_t outbox_take_dropped(struct outbox *outbox)
{
	size_t dropped = outbox->dropped;

	outbox->dropped = 0;
	return dropped;
}
