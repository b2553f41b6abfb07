#include "media/frame.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_frame_keeps_its_own_copy(void **state)
{
	const struct frame_info info = {.codec = FRAME_H264, .sequence = 7, .key = true};
	char data[] = "picture";
	struct frame *frame = frame_new(&info, data, sizeof(data));

	memset(data, 0, sizeof(data));
	assert_int_equal(frame_size(frame), sizeof("picture"));
	assert_string_equal((const char *)frame_data(frame), "picture");
	assert_int_equal(frame_info(frame)->sequence, 7);
	frame_unref(frame);
}

static void pieces_follow_each_other(void **state)
{
	const struct frame_info info = {.codec = FRAME_JPEG};
	const void *const pieces[] = {"head", "tables", "scan"};
	const size_t sizes[] = {4, 6, 4};
	struct frame *frame = frame_new_joined(&info, pieces, sizes, 3);

	assert_int_equal(frame_size(frame), 14);
	assert_memory_equal(frame_data(frame), "headtablesscan", 14);
	frame_unref(frame);
}

static void data_is_padded_with_zeros(void **state)
{
	static const uint8_t zeros[FRAME_PADDING];
	const struct frame_info info = {.codec = FRAME_JPEG};
	struct frame *frame = frame_new(&info, "x", 1);

	assert_memory_equal(frame_data(frame) + 1, zeros, FRAME_PADDING);
	frame_unref(frame);
}

static void a_reference_keeps_the_frame(void **state)
{
	const struct frame_info info = {.codec = FRAME_JPEG};
	struct frame *frame = frame_new(&info, "x", 1);
	struct frame *second = frame_ref(frame);

	frame_unref(frame);
	assert_int_equal(frame_data(second)[0], 'x');
	frame_unref(second);
	frame_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_keeps_its_own_copy),
		cmocka_unit_test(pieces_follow_each_other),
		cmocka_unit_test(data_is_padded_with_zeros),
		cmocka_unit_test(a_reference_keeps_the_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
