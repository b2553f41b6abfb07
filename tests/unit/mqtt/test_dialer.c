#include "mqtt/dialer.h"

#include "base/clock.h"
#include "mqtt/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MIN_MS 1000
#define MAX_MS 8000

static struct dialer make(int version)
{
	const struct config_mqtt config = {.version = version,
	                                   .reconnect_min_s = MIN_MS / 1000,
	                                   .reconnect_max_s = MAX_MS / 1000};
	struct dialer dialer;

	dialer_init(&dialer, &config);
	return dialer;
}

static void example(void **state)
{
	struct dialer dialer = make(0);

	assert_int_equal(dialer.version, 5);
	assert_in_range(dialer_failed(&dialer, 0, false), MIN_MS, 2 * MIN_MS);
	assert_in_range(dialer_failed(&dialer, 0, false), MIN_MS, 4 * MIN_MS);
	dialer_up(&dialer, 0);
	assert_in_range(dialer_lost(&dialer, 0, DIALER_GOOD_US), 0, DIALER_FIRST_RETRY_MS);
	assert_in_range(dialer_failed(&dialer, 0, false), MIN_MS, 2 * MIN_MS);
	assert_int_equal(dialer.version, 5);
}

static void waits_have_a_limit(void **state)
{
	struct dialer dialer = make(5);
	int64_t longest_ms = 0;

	for (int i = 0; i < 200; i++) {
		int64_t wait_ms = dialer_failed(&dialer, 0, false);

		assert_in_range(wait_ms, MIN_MS, MAX_MS);
		if (wait_ms > longest_ms)
			longest_ms = wait_ms;
	}
	/* All 200 below half by chance: 1 in 2^199. */
	assert_true(longest_ms > MAX_MS / 2);
}

static void short_connections_do_not_loop(void **state)
{
	struct dialer dialer = make(5);
	int64_t sum_ms = 0;

	for (int i = 0; i < 200; i++) {
		dialer_up(&dialer, 0);
		sum_ms += dialer_lost(&dialer, 0, DIALER_GOOD_US - 1);
	}
	assert_true(sum_ms / 200 > 2 * MIN_MS);
}

static void short_connections_in_a_row_are_noticed(void **state)
{
	struct dialer dialer = make(5);

	for (int i = 1; i < DIALER_MANY_SHORT; i++) {
		dialer_up(&dialer, 0);
		dialer_lost(&dialer, 0, DIALER_GOOD_US - 1);
		assert_false(dialer_is_thrown_out(&dialer));
	}
	dialer_up(&dialer, 0);
	dialer_lost(&dialer, 0, DIALER_GOOD_US - 1);
	assert_true(dialer_is_thrown_out(&dialer));
	/* Now one has to last longer than another node of this name may wait. */
	dialer.good_again_us = 2 * DIALER_GOOD_US;
	dialer_lost(&dialer, 0, 2 * DIALER_GOOD_US - 1);
	assert_true(dialer_is_thrown_out(&dialer));
	dialer_lost(&dialer, 0, 2 * DIALER_GOOD_US);
	assert_false(dialer_is_thrown_out(&dialer));
}

/* In a simulated hour two nodes of one name throw each other out less and less. */
static void two_of_one_name_come_to_rest(void **state)
{
	struct dialer dialers[] = {make(3), make(3)};
	int64_t next_us[] = {0, 500000};
	int kicks = 0, owner = -1;

	for (;;) {
		int who = next_us[0] <= next_us[1] ? 0 : 1;
		int64_t now_us = next_us[who];
		if (now_us > 3600 * INT64_C(1000000))
			break;
		dialer_up(&dialers[who], now_us);
		next_us[who] = INT64_MAX;
		if (owner == 1 - who) {
			next_us[owner] = now_us + dialer_lost(&dialers[owner], 0, now_us) * 1000;
			kicks++;
		}
		owner = who;
	}
	/* About one each (MIN_MS + MAX_MS) / 2 once both have backed off. */
	assert_in_range(kicks, 2, 2 * 3600 * 1000 / MAX_MS + 20);
}

static void another_of_this_name_gets_a_long_pause(void **state)
{
	struct dialer dialer = make(5);

	dialer_up(&dialer, 0);
	assert_int_equal(dialer_lost(&dialer, REASON_SESSION_TAKEN_OVER, DIALER_GOOD_US),
	                 DIALER_TAKEN_OVER_MS);
	dialer_up(&dialer, 0);
	assert_int_equal(dialer_lost(&dialer, REASON_SESSION_TAKEN_OVER, DIALER_GOOD_US),
	                 2 * DIALER_TAKEN_OVER_MS);
	for (int i = 0; i < 20; i++) {
		dialer_up(&dialer, 0);
		assert_in_range(dialer_lost(&dialer, REASON_SESSION_TAKEN_OVER, DIALER_GOOD_US),
		                2 * DIALER_TAKEN_OVER_MS, DIALER_MAX_TAKEN_OVER_MS);
	}
	dialer_up(&dialer, 0);
	assert_int_equal(dialer_lost(&dialer, REASON_SESSION_TAKEN_OVER, DIALER_UNCONTESTED_US),
	                 DIALER_TAKEN_OVER_MS);
}

static void a_refused_version_is_remembered(void **state)
{
	struct dialer dialer = make(0);

	assert_int_equal(dialer_failed(&dialer, 0x01, false), 0);
	assert_int_equal(dialer.version, 3);
	dialer_failed(&dialer, 0, false);
	dialer_failed(&dialer, 0, true);
	dialer_up(&dialer, 0);
	dialer_lost(&dialer, 0, DIALER_GOOD_US);
	assert_int_equal(dialer.version, 3);

	dialer = make(0);
	assert_int_equal(dialer_failed(&dialer, 0x84, false), 0);
	assert_int_equal(dialer.version, 3);
}

static void hanging_up_makes_311_a_guess(void **state)
{
	struct dialer dialer = make(0);

	assert_in_range(dialer_failed(&dialer, 0, true), MIN_MS, 2 * MIN_MS);
	assert_int_equal(dialer.version, 3);
	dialer_failed(&dialer, 0, true);
	assert_int_equal(dialer.version, 5);
	dialer_failed(&dialer, 0, true);
	assert_int_equal(dialer.version, 3);
	dialer_up(&dialer, 0);
	dialer_lost(&dialer, 0, DIALER_GOOD_US);
	assert_int_equal(dialer.version, 5); /* tried again at the next chance */
}

static void a_broker_that_knows_5_is_not_guessed_at(void **state)
{
	struct dialer dialer = make(0);

	dialer_up(&dialer, 0);
	dialer_lost(&dialer, 0, DIALER_GOOD_US);
	dialer_failed(&dialer, 0, true);
	assert_int_equal(dialer.version, 5);
}

static void a_configured_version_stays(void **state)
{
	for (int version = 3; version <= 5; version += 2) {
		struct dialer dialer = make(version);

		assert_in_range(dialer_failed(&dialer, 0x84, false), MIN_MS, 2 * MIN_MS);
		assert_int_equal(dialer.version, version);
		dialer_failed(&dialer, 0, true);
		assert_int_equal(dialer.version, version);
	}
}

static void reasons_have_texts(void **state)
{
	assert_string_equal(reason_text(5), "not authorised");
	assert_string_equal(reason_text(0x87), "not authorised");
	assert_string_equal(reason_text(REASON_SESSION_TAKEN_OVER), "session taken over");
	assert_string_equal(reason_text(0xff), "reason unknown");
	assert_true(reason_is_credentials(4) && reason_is_credentials(0x86));
	assert_false(reason_is_credentials(3) || reason_is_credentials(0x88));
	assert_true(reason_is_version(1) && reason_is_version(0x84));
	assert_false(reason_is_version(0) || reason_is_version(0x81));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example),
		cmocka_unit_test(waits_have_a_limit),
		cmocka_unit_test(short_connections_do_not_loop),
		cmocka_unit_test(short_connections_in_a_row_are_noticed),
		cmocka_unit_test(two_of_one_name_come_to_rest),
		cmocka_unit_test(another_of_this_name_gets_a_long_pause),
		cmocka_unit_test(a_refused_version_is_remembered),
		cmocka_unit_test(hanging_up_makes_311_a_guess),
		cmocka_unit_test(a_broker_that_knows_5_is_not_guessed_at),
		cmocka_unit_test(a_configured_version_stays),
		cmocka_unit_test(reasons_have_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
