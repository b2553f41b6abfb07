#include "camera/patience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MANY 100
#define BACK_MS 5000 /* a replugged camera is back within */

/* The longest of many waits. */
static int64_t longest_ms(struct patience *patience, bool was_online)
{
	int64_t longest_ms = 0;

	for (int i = 0; i < MANY; i++) {
		int64_t wait_ms = patience_next_ms(patience, was_online);

		assert_true(wait_ms >= PATIENCE_RETRY_MIN_MS);
		if (wait_ms > longest_ms)
			longest_ms = wait_ms;
	}
	return longest_ms;
}

static void looks_often_for_a_camera_that_is_away(void **state)
{
	struct patience patience;
	patience_init(&patience);

	assert_in_range(longest_ms(&patience, false), 1000, PATIENCE_RETRY_MAX_MS);
}

static void tries_a_flapping_camera_ever_less_often(void **state)
{
	struct patience patience;
	patience_init(&patience);

	assert_in_range(longest_ms(&patience, true), 15000, PATIENCE_FLAP_MAX_MS);
	assert_in_range(longest_ms(&patience, false), 1000, PATIENCE_RETRY_MAX_MS);
}

static void a_camera_replugged_a_few_times_is_back_soon(void **state)
{
	for (int i = 0; i < MANY; i++) {
		struct patience patience;
		patience_init(&patience);

		for (int life = 0; life < PATIENCE_FREE_LIVES; life++)
			assert_true(patience_next_ms(&patience, true) <= 2 * PATIENCE_RETRY_MIN_MS);
		for (int life = 0; life < 3; life++)
			assert_true(patience_next_ms(&patience, true) < BACK_MS);
	}
}

static void is_restored_by_a_long_life(void **state)
{
	struct patience patience;
	patience_init(&patience);

	longest_ms(&patience, true);
	patience_restore(&patience);
	for (int life = 0; life < PATIENCE_FREE_LIVES; life++)
		assert_true(patience_next_ms(&patience, true) <= 2 * PATIENCE_RETRY_MIN_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks_often_for_a_camera_that_is_away),
		cmocka_unit_test(tries_a_flapping_camera_ever_less_often),
		cmocka_unit_test(a_camera_replugged_a_few_times_is_back_soon),
		cmocka_unit_test(is_restored_by_a_long_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
