#include "http/envelope.h"

#include "base/cleanup.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char *event_of(const char *topic, enum topic_kind kind, const char *payload)
{
	_cleanup_(message_unref_p) struct message *message =
		message_new(topic, kind, payload, strlen(payload));
	struct buf buf;

	buf_init(&buf, 4096);
	envelope_event(&buf, message, 7);
	return buf_steal(&buf);
}

static void json_goes_in_as_it_is(void **state)
{
	_cleanup_free_ char *text = event_of("camnode/a/info", TOPIC_INFO, "{\"proto\":1}");

	assert_string_equal(
		text, "id: 7\ndata: {\"topic\":\"camnode/a/info\",\"payload\":{\"proto\":1}}\n\n");
}

static void a_word_becomes_a_string(void **state)
{
	_cleanup_free_ char *text = event_of("camnode/a/status", TOPIC_STATUS, "on\"line");

	assert_string_equal(
		text,
		"id: 7\ndata: {\"topic\":\"camnode/a/status\",\"payload\":\"on\\\"line\"}\n\n");
}

static void an_event_stays_on_one_line(void **state)
{
	_cleanup_free_ char *text = event_of("t", TOPIC_EVENT, "{\n\"a\":\r\n1}");

	assert_string_equal(text, "id: 7\ndata: {\"topic\":\"t\",\"payload\":{ \"a\":  1}}\n\n");
}

static void what_is_not_utf8_is_null(void **state)
{
	_cleanup_free_ char *text = event_of("t", TOPIC_STATUS, "\xff");

	assert_string_equal(text, "id: 7\ndata: {\"topic\":\"t\",\"payload\":null}\n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_goes_in_as_it_is),
		cmocka_unit_test(a_word_becomes_a_string),
		cmocka_unit_test(an_event_stays_on_one_line),
		cmocka_unit_test(what_is_not_utf8_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
