#include "mqtt/response_topic.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "proto/topic.h"

/* Brokers have limits of their own, and may end the connection of who publishes beyond them. */
static bool is_publishable(const char *topic, size_t length)
{
	int levels = 1;

	if (length == 0 || topic[0] == '$' || !str_is_utf8(topic, length))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (topic[i] == '+' || topic[i] == '#' || iscntrl((unsigned char)topic[i]))
			return false;
		levels += topic[i] == '/';
	}
	return levels <= RESPONSE_TOPIC_MAX_LEVELS;
}

bool response_topic_is_allowed(const char *topic, size_t length, const char *prefix,
                               const char *node)
{
	char copy[TOPIC_SIZE];

	if (length >= sizeof(copy) || !is_publishable(topic, length))
		return false;
	memcpy(copy, topic, length);
	copy[length] = '\0';
	const char *suffix = topic_suffix(copy, prefix, node);
	return !suffix || strcmp(suffix, topic_table[TOPIC_REPLY].name) == 0;
}
