/*
 * Any text as a topic: below the node it is recognised and built back the same, or is unknown; as a
 * prefix it is usable with every topic, or refused; as a response topic it is harmless, or ignored.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "mqtt/response_topic.h"
#include "proto/topic.h"

#define PREFIX "site/camnode"
#define NODE "node1"

static void try_suffix(const char *text)
{
	char topic[TOPIC_SIZE], camera[ID_SIZE];
	enum topic_kind kind;

	if (topic_parse(text, &kind, camera) < 0)
		return;
	expect(kind < TOPIC_KIND_COUNT);
	expect(topic_table[kind].per_camera == (camera[0] != '\0'));
	expect(topic_build(topic, PREFIX, NODE, kind, camera[0] ? camera : NULL) == 0);
	expect(strcmp(topic_suffix(topic, PREFIX, NODE), text) == 0);
}

static void try_prefix(const char *text)
{
	char topic[TOPIC_SIZE], camera[ID_SIZE];
	enum topic_kind parsed;

	if (!topic_is_prefix(text))
		return;
	for (int kind = 0; kind < TOPIC_KIND_COUNT; kind++) {
		const char *of = topic_table[kind].per_camera ? "door" : NULL;

		expect(topic_build(topic, text, NODE, kind, of) == 0);
		expect(!strpbrk(topic, "+#"));
		expect(topic_parse(topic_suffix(topic, text, NODE), &parsed, camera) == 0);
		expect((int)parsed == kind);
	}
}

static void try_response(const char *text, size_t length)
{
	if (!response_topic_is_allowed(text, length, PREFIX, NODE))
		return;
	expect(length > 0 && length < TOPIC_SIZE && strlen(text) == length);
	expect(!strpbrk(text, "+#") && text[0] != '$');
	size_t levels = 1;
	for (const char *slash = strchr(text, '/'); slash; slash = strchr(slash + 1, '/'))
		levels++;
	expect(levels <= RESPONSE_TOPIC_MAX_LEVELS);

	const char *suffix = topic_suffix(text, PREFIX, NODE);
	expect(!suffix || strcmp(suffix, "reply") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	try_suffix(text);
	try_prefix(text);
	try_response(text, size);
	return 0;
}
