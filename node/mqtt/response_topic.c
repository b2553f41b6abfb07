#include "mqtt/response_topic.h"

#include <string.h>

#include "base/str.h"
#include "proto/topic.h"

bool response_topic_is_allowed(const char *topic, size_t length, const char *prefix,
                               const char *node)
{
	char copy[TOPIC_SIZE];

	if (length == 0 || length >= sizeof(copy) || !str_is_utf8(topic, length))
		return false;
	if (topic[0] == '$' || memchr(topic, '\0', length) || memchr(topic, '+', length) ||
	    memchr(topic, '#', length))
		return false;
	memcpy(copy, topic, length);
	copy[length] = '\0';
	const char *suffix = topic_suffix(copy, prefix, node);
	return !suffix || strcmp(suffix, topic_table[TOPIC_REPLY].name) == 0;
}
