#include "control/summary.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void reads(struct summary summary, const char *expected)
{
	char text[SUMMARY_SIZE];

	summary_text(&summary, text);
	assert_string_equal(text, expected);
}

static void all_works(void **state)
{
	reads((struct summary){.cameras = 2,
	                       .online = 2,
	                       .recording = 1,
	                       .viewers = 3,
	                       .has_broker = true,
	                       .connected = true},
	      "2 cameras online, 1 recording, 3 viewers, broker connected");
	reads((struct summary){.cameras = 1, .online = 1, .viewers = 1},
	      "1 camera online, 0 recording, 1 viewer");
}

static void what_is_away_is_said(void **state)
{
	reads((struct summary){.cameras = 2, .online = 1, .has_broker = true},
	      "1 of 2 cameras online, 0 recording, 0 viewers, broker away");
	reads((struct summary){.cameras = 1}, "0 of 1 camera online, 0 recording, 0 viewers");
	reads((struct summary){0}, "no cameras, 0 recording, 0 viewers");
}

static void what_is_off_is_not_missed(void **state)
{
	reads((struct summary){.cameras = 3, .online = 2, .off = 1},
	      "2 cameras online (1 off), 0 recording, 0 viewers");
	reads((struct summary){.cameras = 3, .online = 1, .off = 1},
	      "1 of 2 cameras online (1 off), 0 recording, 0 viewers");
	reads((struct summary){.cameras = 1, .off = 1}, "1 camera off, 0 recording, 0 viewers");
}

static void the_largest_fits(void **state)
{
	char text[SUMMARY_SIZE];

	summary_text(&(struct summary){.cameras = UINT32_MAX,
	                               .online = UINT32_MAX - 2,
	                               .off = 1,
	                               .recording = UINT32_MAX,
	                               .viewers = UINT32_MAX,
	                               .has_broker = true,
	                               .connected = true},
	             text);
	assert_non_null(strstr(text, "broker connected"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_works),
		cmocka_unit_test(what_is_away_is_said),
		cmocka_unit_test(what_is_off_is_not_missed),
		cmocka_unit_test(the_largest_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
