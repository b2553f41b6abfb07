#include "mqtt/packet.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "proto/code.h"

#define OVERHEAD 64 /* bytes of a PUBLISH besides topic, payload, correlation data */
#define TEXT "the reply is larger than the broker allows: ask for less (list with a smaller limit)"

size_t packet_max_size(const struct message *message)
{
	size_t correlation_bytes;

	message_correlation(message, &correlation_bytes);
	return strlen(message_topic(message)) + message_length(message) + correlation_bytes +
	       OVERHEAD;
}

static char *refuse(const struct message *message)
{
	json_auto_t *reply = json_loadb(message_payload(message), message_length(message), 0, NULL);

	json_object_set_new(reply, "ok", json_false());
	json_object_set_new(reply, "code", json_string(code_name(CODE_INTERNAL)));
	json_object_set_new(reply, "message", json_string(TEXT));
	json_object_del(reply, "data");
	return reply ? json_dumps(reply, JSON_COMPACT) : NULL;
}

struct message *packet_short_reply(const struct message *message)
{
	struct message_extra extra;

	if (message_kind(message) != TOPIC_REPLY)
		return NULL;
	_cleanup_free_ char *json = refuse(message);
	extra.correlation = message_correlation(message, &extra.correlation_length);
	return json ? message_new_reply(message_topic(message), json, strlen(json), &extra) : NULL;
}
