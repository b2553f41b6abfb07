#include "media/h264.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SPS 0, 0, 0, 1, 0x67, 1, 2, 3
#define PPS 0, 0, 1, 0x68, 4
#define SEI 0, 0, 1, 0x06, 5, 6
#define IDR 0, 0, 1, 0x65, 7, 8, 9
#define SLICE 0, 0, 1, 0x41, 9

static size_t find(const uint8_t *data, size_t size, uint8_t ret[static H264_PARAMETERS_MAX])
{
	uint8_t *copy = malloc(size ? size : 1); /* so that reading past the end is seen */
	size_t found;

	memcpy(copy, data, size);
	found = h264_parameters(copy, size, ret);
	free(copy);
	return found;
}

static void sps_and_pps_are_found_in_front_of_the_slice(void **state)
{
	static const uint8_t data[] = {SPS, PPS, SEI, IDR};
	static const uint8_t expected[] = {0, 0, 1, 0x67, 1, 2, 3, PPS};
	uint8_t parameters[H264_PARAMETERS_MAX];

	assert_int_equal(find(data, sizeof(data), parameters), sizeof(expected));
	assert_memory_equal(parameters, expected, sizeof(expected));
}

static void start_codes_of_four_bytes_add_nothing(void **state)
{
	static const uint8_t data[] = {SPS, 0, PPS, 0, IDR};
	static const uint8_t expected[] = {0, 0, 1, 0x67, 1, 2, 3, PPS};
	uint8_t parameters[H264_PARAMETERS_MAX];

	assert_int_equal(find(data, sizeof(data), parameters), sizeof(expected));
	assert_memory_equal(parameters, expected, sizeof(expected));
}

static void without_both_there_is_nothing(void **state)
{
	static const uint8_t no_pps[] = {SPS, IDR};
	static const uint8_t no_sps[] = {PPS, IDR};
	static const uint8_t too_late[] = {SLICE, SPS, PPS};
	static const uint8_t zeros[50];
	uint8_t parameters[H264_PARAMETERS_MAX];

	assert_int_equal(find(no_pps, sizeof(no_pps), parameters), 0);
	assert_int_equal(find(no_sps, sizeof(no_sps), parameters), 0);
	assert_int_equal(find(too_late, sizeof(too_late), parameters), 0);
	assert_int_equal(find(zeros, sizeof(zeros), parameters), 0);
	assert_int_equal(find(zeros, 0, parameters), 0);
}

static void every_truncation_is_survived(void **state)
{
	static const uint8_t data[] = {SPS, PPS, SEI, IDR};
	uint8_t parameters[H264_PARAMETERS_MAX];

	for (size_t size = 0; size < sizeof(data); size++)
		assert_true(find(data, size, parameters) <= size);
}

/* An SPS of `size` bytes and a PPS. */
static size_t find_long(size_t size)
{
	static const uint8_t sps[] = {0, 0, 1, 0x67}, pps[] = {PPS};
	uint8_t data[2 * H264_PARAMETERS_MAX], parameters[H264_PARAMETERS_MAX];

	memset(data, 0xaa, sizeof(data));
	memcpy(data, sps, sizeof(sps));
	memcpy(data + size, pps, sizeof(pps));
	return find(data, size + sizeof(pps), parameters);
}

static void parameters_are_bounded(void **state)
{
	assert_int_equal(find_long(H264_PARAMETERS_MAX - 5), H264_PARAMETERS_MAX);
	assert_int_equal(find_long(H264_PARAMETERS_MAX - 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sps_and_pps_are_found_in_front_of_the_slice),
		cmocka_unit_test(start_codes_of_four_bytes_add_nothing),
		cmocka_unit_test(without_both_there_is_nothing),
		cmocka_unit_test(every_truncation_is_survived),
		cmocka_unit_test(parameters_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
