#include "media/h264.h"

#include <string.h>

enum unit_type { UNIT_SLICE = 1, UNIT_IDR_SLICE = 5, UNIT_SPS = 7, UNIT_PPS = 8 };

static const uint8_t start_code[] = {0, 0, 1};

/* The first start code at or behind `at`, or `size`. */
static size_t find_start_code(const uint8_t *data, size_t size, size_t at)
{
	const uint8_t *found = NULL;

	if (at < size)
		found = memmem(data + at, size - at, start_code, sizeof(start_code));
	return found ? (size_t)(found - data) : size;
}

static bool is_slice(int type)
{
	return type >= UNIT_SLICE && type <= UNIT_IDR_SLICE;
}

bool h264_has_slice(const uint8_t *data, size_t size)
{
	size_t at = find_start_code(data, size, 0);

	while (size - at > sizeof(start_code)) {
		if (is_slice(data[at + sizeof(start_code)] & 0x1f))
			return true;
		at = find_start_code(data, size, at + sizeof(start_code));
	}
	return false;
}

size_t h264_parameters(const uint8_t *data, size_t size,
                       uint8_t ret_parameters[static H264_PARAMETERS_MAX])
{
	bool has_sps = false, has_pps = false;
	size_t total = 0;
	size_t begin = find_start_code(data, size, 0);

	while (size - begin > sizeof(start_code)) {
		int type = data[begin + sizeof(start_code)] & 0x1f;
		size_t next, end;

		if (is_slice(type))
			break;
		next = end = find_start_code(data, size, begin + sizeof(start_code));
		while (data[end - 1] == 0)
			end--; /* the next start code's, which has 3 or 4 bytes */
		if (type == UNIT_SPS || type == UNIT_PPS) {
			if (end - begin > H264_PARAMETERS_MAX - total)
				return 0;
			memcpy(ret_parameters + total, data + begin, end - begin);
			total += end - begin;
			has_sps |= type == UNIT_SPS;
			has_pps |= type == UNIT_PPS;
		}
		begin = next;
	}
	return has_sps && has_pps ? total : 0;
}
