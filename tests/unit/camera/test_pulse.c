#include "camera/pulse.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct passed {
	int images, firsts;
	bool wanted;
};

static void on_image(void *user, struct image *image)
{
	struct passed *passed = user;

	passed->images++;
}

static bool on_wanted(void *user)
{
	struct passed *passed = user;

	return passed->wanted;
}

static void on_first(void *owner)
{
	struct passed *passed = owner;

	passed->firsts++;
}

static void bring(struct pulse *pulse, uint64_t sequence)
{
	const struct image_info info = {
		.format = IMAGE_YUV420, .width = 2, .height = 2, .sequence = sequence};
	struct image *image = image_new_planes(&info);

	assert_non_null(image);
	pulse_image(pulse, image);
}

static void begin(struct pulse *pulse, struct passed *passed)
{
	*pulse = (struct pulse){
		.user = passed,
		.image = on_image,
		.wanted = on_wanted,
		.owner = passed,
		.first = on_first,
	};
	pulse_begin(pulse);
}

static void gaps_are_losses(void **state)
{
	struct passed passed = {.wanted = true};
	struct pulse pulse;

	begin(&pulse, &passed);
	bring(&pulse, 5);
	bring(&pulse, 6);
	bring(&pulse, 10);
	assert_int_equal(passed.images, 3);
	assert_int_equal(passed.firsts, 1);
	assert_int_equal(pulse.captured, 3);
	assert_int_equal(pulse.dropped_sensor, 3);
	pulse_begin(&pulse); /* after a pause, a gap is none */
	bring(&pulse, 99);
	assert_int_equal(pulse.dropped_sensor, 3);
	assert_int_equal(passed.firsts, 2);
}

static void what_nobody_wants_is_captured_and_not_lost(void **state)
{
	struct passed passed = {0};
	struct pulse pulse;

	begin(&pulse, &passed);
	assert_false(pulse_wanted(&pulse));
	assert_int_equal(passed.firsts, 1);
	assert_int_equal(pulse.captured, 1);
	passed.wanted = true;
	assert_true(pulse_wanted(&pulse));
	bring(&pulse, 7);
	assert_int_equal(pulse.captured, 2);
	assert_int_equal(pulse.dropped_sensor, 0);
}

static void silence_is_measured_from_the_last_picture(void **state)
{
	struct passed passed = {.wanted = true};
	struct pulse pulse;

	begin(&pulse, &passed);
	assert_true(pulse_silence_us(&pulse) < 10 * USEC_PER_SEC);
	pulse.last_us = clock_mono_us() - 10 * USEC_PER_SEC;
	assert_true(pulse_silence_us(&pulse) >= 10 * USEC_PER_SEC);
	bring(&pulse, 1);
	assert_true(pulse_silence_us(&pulse) < 10 * USEC_PER_SEC);
	pulse.last_us = clock_mono_us() - 10 * USEC_PER_SEC;
	pulse_forgive(&pulse);
	assert_true(pulse_silence_us(&pulse) < 10 * USEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_are_losses),
		cmocka_unit_test(what_nobody_wants_is_captured_and_not_lost),
		cmocka_unit_test(silence_is_measured_from_the_last_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
