#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "proto/message.h"

static void test_example(void **state)
{
	_cleanup_(message_unref_p) struct message *message =
		message_new("camnode/n/status", TOPIC_STATUS, "online", 6);

	assert_string_equal(message_topic(message), "camnode/n/status");
	assert_string_equal(message_payload(message), "online");
	assert_int_equal(message_length(message), 6);
	assert_int_equal(message_kind(message), TOPIC_STATUS);
	assert_int_equal(message_qos(message), 1);
	assert_true(message_retain(message));
	assert_false(message_is_binary(message));
}

static void test_the_payload_is_copied(void **state)
{
	char payload[] = "online";
	_cleanup_(message_unref_p) struct message *message =
		message_new("t", TOPIC_STATUS, payload, 2);

	payload[0] = 'X';
	assert_string_equal(message_payload(message), "on");
}

static void test_an_empty_payload(void **state)
{
	_cleanup_(message_unref_p) struct message *message =
		message_new("t", TOPIC_STATUS, NULL, 0);

	assert_string_equal(message_payload(message), "");
	assert_int_equal(message_length(message), 0);
}

static void test_retain_can_be_switched_off(void **state)
{
	_cleanup_(message_unref_p) struct message *message =
		message_new("t", TOPIC_CAM_SNAPSHOT, "", 0);

	assert_true(message_retain(message));
	message_set_retain(message, false);
	assert_false(message_retain(message));
}

static void test_a_reply_echoes_correlation_data(void **state)
{
	const struct message_extra extra = {"\0\1\2", 3};
	_cleanup_(message_unref_p) struct message *reply =
		message_new_reply("someone/answers", "{}", 2, &extra);
	size_t length;
	const void *correlation = message_correlation(reply, &length);

	assert_int_equal(length, 3);
	assert_memory_equal(correlation, "\0\1\2", 3);
	assert_string_equal(message_payload(reply), "{}");
	assert_int_equal(message_qos(reply), 1);
	assert_false(message_retain(reply));
}

static void test_a_reply_without_correlation_data(void **state)
{
	_cleanup_(message_unref_p) struct message *reply = message_new_reply("t", "{}", 2, NULL);
	size_t length = 7;

	assert_null(message_correlation(reply, &length));
	assert_int_equal(length, 0);
}

static void count_call(void *owner)
{
	int *calls = owner;

	(*calls)++;
}

static void test_a_shared_payload_is_released_by_the_last(void **state)
{
	static const char picture[] = "\xff\xd8 and so on";
	int releases = 0;
	struct message *message = message_new_shared("t", TOPIC_CAM_SNAPSHOT, picture,
	                                             sizeof(picture), count_call, &releases);

	assert_ptr_equal(message_payload(message), picture);
	assert_true(message_is_binary(message));
	assert_ptr_equal(message_ref(message), message);
	message_unref(message);
	assert_int_equal(releases, 0);
	message_unref(message);
	assert_int_equal(releases, 1);
	message_unref(NULL);
}

#define SHARES 1000

static void *take_and_drop(void *arg)
{
	for (int i = 0; i < SHARES; i++)
		message_unref(message_ref(arg));
	message_unref(arg);
	return NULL;
}

static void test_threads_share_a_message(void **state)
{
	int releases = 0;
	struct message *message =
		message_new_shared("t", TOPIC_CAM_SNAPSHOT, "", 0, count_call, &releases);
	pthread_t threads[3];

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, take_and_drop, message_ref(message)), 0);
	message_unref(message);
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(releases, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_the_payload_is_copied),
		cmocka_unit_test(test_an_empty_payload),
		cmocka_unit_test(test_retain_can_be_switched_off),
		cmocka_unit_test(test_a_reply_echoes_correlation_data),
		cmocka_unit_test(test_a_reply_without_correlation_data),
		cmocka_unit_test(test_a_shared_payload_is_released_by_the_last),
		cmocka_unit_test(test_threads_share_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
