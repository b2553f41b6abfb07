#include "mqtt/response_topic.h"

#include "proto/topic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static bool is_allowed(const char *topic)
{
	return response_topic_is_allowed(topic, strlen(topic), "camnode", "garage");
}

static void example(void **state)
{
	assert_true(is_allowed("replies/tablet"));
	assert_true(is_allowed("camnode/garage/reply"));
	assert_false(is_allowed("camnode/garage/cam/door/record/set"));
}

static void only_what_can_be_published_to(void **state)
{
	static const char *const bad[] = {"",      "#",           "a/#",  "+/a",
	                                  "a/+/b", "$SYS/broker", "\xff", "a\n"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(is_allowed(bad[i]));
	assert_false(response_topic_is_allowed("a\0b", 3, "camnode", "garage"));
	assert_true(is_allowed("a$b"));
	assert_true(is_allowed("Antwort/Käfig"));
}

static void nothing_of_this_node_but_reply(void **state)
{
	static const char *const bad[] = {"camnode/garage/status", "camnode/garage/reply/x",
	                                  "camnode/garage/"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(is_allowed(bad[i]));
	assert_true(is_allowed("camnode/garage2/reply"));
	assert_true(is_allowed("camnode/replies"));
}

static void the_longest(void **state)
{
	char topic[TOPIC_SIZE + 1];

	memset(topic, 't', sizeof(topic));
	assert_true(response_topic_is_allowed(topic, TOPIC_SIZE - 1, "camnode", "garage"));
	assert_false(response_topic_is_allowed(topic, TOPIC_SIZE, "camnode", "garage"));
}

/* mosquitto ends the connection of a node that publishes below 200 levels. */
static void the_deepest(void **state)
{
	char topic[RESPONSE_TOPIC_MAX_LEVELS + 1];

	memset(topic, '/', sizeof(topic));
	assert_true(response_topic_is_allowed(topic, RESPONSE_TOPIC_MAX_LEVELS - 1, "c", "n"));
	assert_false(response_topic_is_allowed(topic, RESPONSE_TOPIC_MAX_LEVELS, "c", "n"));
}

/* The property's text ends where its length says, not with a NUL. */
static void reads_no_further_than_its_length(void **state)
{
	assert_true(response_topic_is_allowed("camnode/garage/reply/x", 20, "camnode", "garage"));
	assert_true(response_topic_is_allowed("a#", 1, "camnode", "garage"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example),
		cmocka_unit_test(only_what_can_be_published_to),
		cmocka_unit_test(nothing_of_this_node_but_reply),
		cmocka_unit_test(the_longest),
		cmocka_unit_test(the_deepest),
		cmocka_unit_test(reads_no_further_than_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
