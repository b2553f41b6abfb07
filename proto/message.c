#include "proto/message.h"

#include <stdatomic.h>
#include <string.h>

struct message {
	atomic_uint references;
	enum topic_kind kind;
	bool retain;
	int qos;
	int64_t wall_us; /* 0: not known */
	size_t length;
	size_t correlation_length;
	const void *payload;          /* in `data`, or the owner's */
	const void *correlation;      /* in `data`, or NULL */
	void (*release)(void *owner); /* NULL when the payload is in `data` */
	void *owner;
	char data[]; /* topic and NUL; payload and NUL; correlation */
};

static const struct message_extra no_extra;

static struct message *message_alloc(const char *topic, enum topic_kind kind, size_t data_size)
{
	size_t topic_size = strlen(topic) + 1;
	struct message *message = calloc(1, sizeof(*message) + topic_size + data_size);

	if (!message)
		return NULL;
	atomic_init(&message->references, 1);
	message->kind = kind;
	message->retain = kind == TOPIC_KIND_COUNT || topic_table[kind].retain;
	message->qos = kind == TOPIC_KIND_COUNT ? 1 : topic_table[kind].qos;
	memcpy(message->data, topic, topic_size);
	return message;
}

/* Appends to `data` at `offset`, whose size message_alloc() has been told. */
static const void *store(struct message *message, size_t offset, const void *bytes, size_t length)
{
	if (length > 0)
		memcpy(message->data + offset, bytes, length);
	return message->data + offset;
}

static struct message *message_new_copy(const char *topic, enum topic_kind kind,
                                        const void *payload, size_t length,
                                        const struct message_extra *extra)
{
	size_t payload_offset = strlen(topic) + 1;
	size_t correlation_offset = payload_offset + length + 1;
	struct message *message;

	message = message_alloc(topic, kind, length + 1 + extra->correlation_length);
	if (!message)
		return NULL;
	message->length = length;
	message->payload = store(message, payload_offset, payload, length);
	if (extra->correlation) {
		message->correlation = store(message, correlation_offset, extra->correlation,
		                             extra->correlation_length);
		message->correlation_length = extra->correlation_length;
	}
	return message;
}

struct message *message_new(const char *topic, enum topic_kind kind, const void *payload,
                            size_t length)
{
	return message_new_copy(topic, kind, payload, length, &no_extra);
}

struct message *message_new_reply(const char *topic, const void *payload, size_t length,
                                  const struct message_extra *extra)
{
	return message_new_copy(topic, TOPIC_REPLY, payload, length, extra ? extra : &no_extra);
}

struct message *message_new_retained(const char *topic, const void *payload, size_t length)
{
	return message_new_copy(topic, TOPIC_KIND_COUNT, payload, length, &no_extra);
}

struct message *message_new_shared(const char *topic, enum topic_kind kind, const void *payload,
                                   size_t length, void (*release)(void *owner), void *owner)
{
	struct message *message = message_alloc(topic, kind, 0);

	if (!message)
		return NULL;
	message->length = length;
	message->payload = payload;
	message->release = release;
	message->owner = owner;
	return message;
}

struct message *message_ref(struct message *message)
{
	atomic_fetch_add_explicit(&message->references, 1, memory_order_relaxed);
	return message;
}

void message_unref(struct message *message)
{
	if (!message)
		return;
	/* acq_rel: who frees sees all that the other holders did before they let go. */
	if (atomic_fetch_sub_explicit(&message->references, 1, memory_order_acq_rel) != 1)
		return;
	if (message->release)
		message->release(message->owner);
	free(message);
}

const char *message_topic(const struct message *message)
{
	return message->data;
}

enum topic_kind message_kind(const struct message *message)
{
	return message->kind;
}

const void *message_payload(const struct message *message)
{
	return message->payload;
}

size_t message_length(const struct message *message)
{
	return message->length;
}

int message_qos(const struct message *message)
{
	return message->qos;
}

void message_set_retain(struct message *message, bool retain)
{
	message->retain = retain;
}

void message_set_time(struct message *message, int64_t wall_us)
{
	message->wall_us = wall_us;
}

int64_t message_time_us(const struct message *message)
{
	return message->wall_us;
}

bool message_retain(const struct message *message)
{
	return message->retain;
}

bool message_is_binary(const struct message *message)
{
	return message->kind == TOPIC_CAM_SNAPSHOT;
}

bool message_is_json(const struct message *message)
{
	if (message->kind == TOPIC_KIND_COUNT)
		return message->length > 0 && *(const char *)message->payload == '{';
	return topic_table[message->kind].schema != NULL;
}

const void *message_correlation(const struct message *message, size_t *ret_length)
{
	*ret_length = message->correlation_length;
	return message->correlation;
}
