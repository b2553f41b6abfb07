/* Frames that wait their turn: in order, and no more than the limit. */
#include "media/hold.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SIZE 100

static void push(struct hold *hold, uint64_t sequence)
{
	static const char data[SIZE];
	const struct frame_info info = {.sequence = sequence};

	assert_true(hold_has_room(hold));
	hold_push(hold, frame_new(&info, data, sizeof(data)));
}

static void pop(struct hold *hold, uint64_t sequence)
{
	struct frame *frame = hold_pop(hold);

	assert_non_null(frame);
	assert_int_equal(frame_info(frame)->sequence, sequence);
	frame_unref(frame);
}

static void test_first_in_first_out(void **state)
{
	struct hold hold = {.limit = SIZE_MAX};
	uint64_t pushed = 0, popped = 0;

	(void)state;
	assert_null(hold_pop(&hold));
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 60; i++)
			push(&hold, pushed++);
		for (int i = 0; i < 50; i++)
			pop(&hold, popped++);
	}
	while (popped < pushed)
		pop(&hold, popped++);
	assert_null(hold_pop(&hold));
	assert_int_equal(hold.bytes, 0);
	assert_true(hold.capacity <= 1024); /* the room of what was popped is used again */
	push(&hold, 1);
	hold_clear(&hold);
	assert_null(hold_pop(&hold));
}

static void test_the_limit(void **state)
{
	struct hold hold = {.limit = 3 * (size_t)SIZE};

	(void)state;
	for (uint64_t i = 0; i < 3; i++)
		push(&hold, i);
	assert_false(hold_has_room(&hold));
	pop(&hold, 0);
	assert_true(hold_has_room(&hold));
	hold_clear(&hold);
	assert_true(hold_has_room(&hold));
	hold_clear(&hold);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_in_first_out),
		cmocka_unit_test(test_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
