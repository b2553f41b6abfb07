#include "base/cleanup.h"

#include <fcntl.h>
#include <stdbool.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct thing {
	int frees;
};

static void thing_free(struct thing *thing)
{
	if (thing)
		thing->frees++;
}

DEFINE_CLEANUP(struct thing *, thing_free);

static void frees_what_leaves_scope(void **state)
{
	struct thing thing = {0};

	{
		_cleanup_(thing_free_p) struct thing *local = &thing;
		_cleanup_(thing_free_p) struct thing *none = NULL;

		assert_int_equal(local->frees, 0);
		assert_null(none);
	}
	assert_int_equal(thing.frees, 1);
}

static struct thing *hand_on(struct thing *thing)
{
	_cleanup_(thing_free_p) struct thing *local = thing;

	return move_ptr(local);
}

static void keeps_what_was_moved(void **state)
{
	struct thing thing = {0};

	assert_ptr_equal(hand_on(&thing), &thing);
	assert_int_equal(thing.frees, 0);
}

static void closes_descriptors(void **state)
{
	int copy;

	{
		_cleanup_close_ int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		_cleanup_close_ int none = -1;

		assert_true(fd >= 0);
		assert_int_equal(none, -1);
		copy = fd;
	}
	assert_int_equal(fcntl(copy, F_GETFD), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frees_what_leaves_scope),
		cmocka_unit_test(keeps_what_was_moved),
		cmocka_unit_test(closes_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
