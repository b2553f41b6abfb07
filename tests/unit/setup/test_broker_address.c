#include "setup/broker_address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void knows_every_way_to_write_an_address(void **state)
{
	static const struct {
		const char *text;
		const char *host;
		int port;
		bool tls;
	} cases[] = {
		{"broker", "broker", 1883, false},
		{"broker.example.org:1884", "broker.example.org", 1884, false},
		{"192.168.1.5:8883", "192.168.1.5", 8883, true},
		{"mqtt://broker", "broker", 1883, false},
		{"mqtt://broker:8883", "broker", 8883, false},
		{"MQTTS://broker/", "broker", 8883, true},
		{"mqtts://broker:8884/", "broker", 8884, true},
		{"ssl://broker", "broker", 8883, true},
		{"tcp://[::1]:1884", "::1", 1884, false},
		{"[fd00::1]", "fd00::1", 1883, false},
		{"fd00::1", "fd00::1", 1883, false},
		{"broker:65535", "broker", 65535, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct broker_address address;

		assert_int_equal(broker_address_parse(cases[i].text, &address), 0);
		assert_string_equal(address.host, cases[i].host);
		assert_int_equal(address.port, cases[i].port);
		assert_int_equal(address.tls, cases[i].tls);
		assert_false(address.none);
	}
}

static void none_is_an_answer(void **state)
{
	struct broker_address address;

	assert_int_equal(broker_address_parse("none", &address), 0);
	assert_true(address.none);
	assert_true(broker_address_rule.holds("none"));
}

static void refuses_what_is_no_address(void **state)
{
	static const char *const cases[] = {
		"",          "mqtt://",    "broker:", "broker:0", "broker:65536", "broker:x", "a b",
		"user@host", "host/topic", "[::1",    "[::1]x",   "http://host",  "host:1 2",
	};
	char longest[BROKER_HOST_SIZE + 1];
	struct broker_address address = {.port = 7};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(broker_address_parse(cases[i], &address), -EINVAL);
		assert_false(broker_address_rule.holds(cases[i]));
	}
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(broker_address_parse(longest, &address), -EINVAL);
	assert_int_equal(address.port, 7);
	longest[sizeof(longest) - 2] = '\0';
	assert_int_equal(broker_address_parse(longest, &address), 0);
}

static void formats_what_it_reads(void **state)
{
	static const char *const cases[] = {"mqtt://broker", "mqtts://broker",
	                                    "mqtts://broker:8884", "mqtt://[::1]:1884", "none"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct broker_address address;
		char text[BROKER_TEXT_SIZE];

		assert_int_equal(broker_address_parse(cases[i], &address), 0);
		broker_address_format(&(struct config_mqtt){.enabled = !address.none,
		                                            .host = address.host,
		                                            .port = address.port,
		                                            .tls = address.tls},
		                      text);
		assert_string_equal(text, cases[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_every_way_to_write_an_address),
		cmocka_unit_test(none_is_an_answer),
		cmocka_unit_test(refuses_what_is_no_address),
		cmocka_unit_test(formats_what_it_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
