#include "control/governor.h"

#include "base/clock.h"

#include <math.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct config_governor limits = {
	.cpu_high_pct = 90,
	.cpu_low_pct = 60,
	.temp_high_c = 80,
	.temp_low_c = 72,
	.mem_high_pct = 92,
	.late_high_pct = 20,
	.hold_s = 10,
	.recover_s = 60,
};

static const struct governor_reading calm = {
	.cpu_pct = 10, .temp_c = 50, .mem_pct = 30, .late_pct = 0};

struct machine {
	struct governor governor;
	int64_t now_us;
	char reason[GOVERNOR_REASON_SIZE];
};

/* A reading each second for so long: the first step, or none. Nobody takes it. */
static enum governor_step run_only(struct machine *machine, const struct governor_reading *reading,
                                   int seconds)
{
	for (int i = 0; i < seconds; i++) {
		machine->now_us += USEC_PER_SEC;
		enum governor_step step = governor_decide(&machine->governor, &limits, reading,
		                                          machine->now_us, machine->reason);
		if (step != GOVERNOR_STAY)
			return step;
	}
	return GOVERNOR_STAY;
}

/* As above; the step is taken. */
static enum governor_step run(struct machine *machine, const struct governor_reading *reading,
                              int seconds)
{
	enum governor_step step = run_only(machine, reading, seconds);

	governor_done(&machine->governor, &limits, step, machine->now_us);
	return step;
}

/* How many seconds until that step; -1: not within an hour. */
static int seconds_until(struct machine *machine, const struct governor_reading *reading,
                         enum governor_step step)
{
	int64_t start_us = machine->now_us;

	if (run(machine, reading, 3600) != step)
		return -1;
	return (int)((machine->now_us - start_us) / USEC_PER_SEC);
}

static void pressure_has_to_last(void **state)
{
	struct governor_reading busy = calm;
	struct machine machine = {.now_us = USEC_PER_SEC};

	busy.cpu_pct = 90.1;
	assert_int_equal(run(&machine, &busy, 10), GOVERNOR_STAY);
	assert_int_equal(run(&machine, &calm, 1), GOVERNOR_STAY); /* it was a moment only */
	assert_int_equal(run(&machine, &busy, 10), GOVERNOR_STAY);
	assert_int_equal(run(&machine, &busy, 1), GOVERNOR_DOWN);
	assert_string_equal(machine.reason, "CPU 90 %, over 90");
	assert_int_equal(run(&machine, &busy, 9), GOVERNOR_STAY); /* each step is earned */
	assert_int_equal(run(&machine, &busy, 1), GOVERNOR_DOWN);
}

static void each_signal_is_pressure_beyond_its_limit(void **state)
{
	static const struct {
		struct governor_reading at, over;
		const char *reason;
	} cases[] = {
		{{.cpu_pct = 90}, {.cpu_pct = 100}, "CPU 100 %, over 90"},
		{{.temp_c = 80}, {.temp_c = 81}, "temperature 81 °C, over 80"},
		{{.mem_pct = 92}, {.mem_pct = 95}, "memory 95 %, over 92"},
		{{.late_pct = 20}, {.late_pct = 33}, "late frames 33 %, over 20"},
		{{.cpu_pct = 89}, {.throttled = true}, "the machine is throttled"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct machine machine = {.now_us = USEC_PER_SEC};

		assert_int_equal(run(&machine, &cases[i].at, 600), GOVERNOR_STAY);
		assert_int_equal(run(&machine, &cases[i].over, 11), GOVERNOR_DOWN);
		assert_string_equal(machine.reason, cases[i].reason);
	}
}

static void calm_has_to_last_and_between_nothing_happens(void **state)
{
	struct governor_reading between = calm;
	struct machine machine = {.now_us = USEC_PER_SEC};

	between.cpu_pct = 60.1;
	assert_int_equal(run(&machine, &between, 600), GOVERNOR_STAY);
	assert_int_equal(run(&machine, &calm, 60), GOVERNOR_STAY);
	assert_int_equal(run(&machine, &between, 1), GOVERNOR_STAY);
	assert_int_equal(seconds_until(&machine, &calm, GOVERNOR_UP), 61);
	assert_string_equal(machine.reason, "calm for 60 s");
	assert_int_equal(seconds_until(&machine, &calm, GOVERNOR_UP), 60);
}

static void what_is_not_known_does_not_count(void **state)
{
	const struct governor_reading unknown = {
		.cpu_pct = NAN, .temp_c = NAN, .mem_pct = NAN, .late_pct = NAN};
	struct machine machine = {.now_us = USEC_PER_SEC};

	assert_int_equal(seconds_until(&machine, &unknown, GOVERNOR_UP), 61);
}

static void a_relapse_makes_it_patient(void **state)
{
	struct governor_reading busy = calm;
	struct machine machine = {.now_us = USEC_PER_SEC};
	int expected = 60;

	busy.cpu_pct = 99;
	assert_int_equal(run(&machine, &busy, 11), GOVERNOR_DOWN);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(seconds_until(&machine, &calm, GOVERNOR_UP), expected + 1);
		assert_int_equal(run(&machine, &busy, 11), GOVERNOR_DOWN);
		if (expected < 60 * GOVERNOR_MAX_PATIENCE)
			expected *= 2;
	}
	assert_int_equal(expected, 60 * GOVERNOR_MAX_PATIENCE);

	/* Long after the last step up, pressure is not its fault. */
	machine.governor.rose_us = machine.now_us - 3600 * USEC_PER_SEC;
	assert_int_equal(run(&machine, &busy, 11), GOVERNOR_DOWN);
	assert_int_equal(seconds_until(&machine, &calm, GOVERNOR_UP), 61);
}

/* Calm with nothing to give back is no step up, so what comes after is nobody's fault. */
static void load_after_long_calm_is_no_relapse(void **state)
{
	struct governor_reading busy = calm;
	struct machine machine = {.now_us = USEC_PER_SEC};

	busy.cpu_pct = 99;
	for (int i = 0; i < 5; i++)
		run_only(&machine, &calm, 61);
	assert_int_equal(run(&machine, &busy, 11), GOVERNOR_DOWN);
	assert_int_equal(run(&machine, &busy, 11), GOVERNOR_DOWN);
	for (int i = 0; i < 4; i++) /* no camera can be lowered any more */
		assert_int_equal(run_only(&machine, &busy, 11), GOVERNOR_DOWN);
	assert_int_equal(seconds_until(&machine, &calm, GOVERNOR_UP), 61);
	assert_int_equal(seconds_until(&machine, &calm, GOVERNOR_UP), 60);
}

/* However many steps down it takes, one step up was wrong once. */
static void one_relapse_counts_once(void **state)
{
	struct governor_reading busy = calm;
	struct machine machine = {.now_us = USEC_PER_SEC};

	busy.cpu_pct = 99;
	assert_int_equal(run(&machine, &busy, 11), GOVERNOR_DOWN);
	assert_int_equal(seconds_until(&machine, &calm, GOVERNOR_UP), 61);
	for (int i = 0; i < 3; i++)
		assert_int_equal(run(&machine, &busy, 11), GOVERNOR_DOWN);
	assert_int_equal(seconds_until(&machine, &calm, GOVERNOR_UP), 121);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pressure_has_to_last),
		cmocka_unit_test(each_signal_is_pressure_beyond_its_limit),
		cmocka_unit_test(calm_has_to_last_and_between_nothing_happens),
		cmocka_unit_test(what_is_not_known_does_not_count),
		cmocka_unit_test(a_relapse_makes_it_patient),
		cmocka_unit_test(load_after_long_calm_is_no_relapse),
		cmocka_unit_test(one_relapse_counts_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
