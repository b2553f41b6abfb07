#include "capture/pattern_code.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define BLACK 16
#define WHITE 235
#define NEUTRAL 128 /* chroma */
#define CODE_BYTES (PATTERN_BLOCKS_PER_ROW * PATTERN_ROWS / 8)
#define CHECKSUM_SEED 0x5A

static void code_pack(const struct pattern_code *code, uint8_t ret_bytes[CODE_BYTES])
{
	const uint64_t fields = (uint64_t)code->frame << 24 | (code->time_ms & PATTERN_TIME_MASK);
	uint8_t checksum = CHECKSUM_SEED;

	for (int i = 0; i < CODE_BYTES - 1; i++) {
		ret_bytes[i] = (uint8_t)(fields >> 8 * (CODE_BYTES - 2 - i));
		checksum ^= ret_bytes[i];
	}
	ret_bytes[CODE_BYTES - 1] = checksum;
}

static void fill_row(uint8_t *row, const uint8_t bytes[PATTERN_BLOCKS_PER_ROW / 8])
{
	for (int block = 0; block < PATTERN_BLOCKS_PER_ROW; block++) {
		const bool white = bytes[block / 8] & 0x80 >> block % 8;

		memset(row + block * PATTERN_BLOCK, white ? WHITE : BLACK, PATTERN_BLOCK);
	}
}

void pattern_code_write(struct image *image, const struct pattern_code *code)
{
	const struct image_info *info = image_info(image);
	uint8_t bytes[CODE_BYTES];

	if (info->width < PATTERN_CODE_WIDTH || info->height < PATTERN_CODE_HEIGHT)
		return;
	code_pack(code, bytes);
	for (int y = 0; y < PATTERN_CODE_HEIGHT; y++)
		fill_row(image_plane(image, 0) + (ptrdiff_t)y * info->strides[0],
		         bytes + y / PATTERN_BLOCK * (PATTERN_BLOCKS_PER_ROW / 8));
	for (int plane = 1; plane < 3; plane++) {
		for (int y = 0; y < PATTERN_CODE_HEIGHT / 2; y++)
			memset(image_plane(image, plane) + (ptrdiff_t)y * info->strides[plane],
			       NEUTRAL, PATTERN_CODE_WIDTH / 2);
	}
}

/* The mean luma of a block's inner 4×4 px, which an encoder's ringing reaches least. */
static bool block_is_white(const uint8_t *block, int stride)
{
	int sum = 0;

	for (int y = 2; y < 6; y++) {
		for (int x = 2; x < 6; x++)
			sum += block[y * stride + x];
	}
	return sum / 16 >= (BLACK + WHITE) / 2;
}

int pattern_code_read(const uint8_t *luma, int stride, int width, int height,
                      struct pattern_code *ret_code)
{
	uint8_t checksum = CHECKSUM_SEED;
	uint64_t fields = 0;

	if (width < PATTERN_CODE_WIDTH || height < PATTERN_CODE_HEIGHT)
		return -EBADMSG;
	for (int i = 0; i < PATTERN_BLOCKS_PER_ROW * PATTERN_ROWS; i++) {
		const int row = i / PATTERN_BLOCKS_PER_ROW * PATTERN_BLOCK;
		const int column = i % PATTERN_BLOCKS_PER_ROW * PATTERN_BLOCK;

		fields = fields << 1 |
		         (uint64_t)block_is_white(luma + (ptrdiff_t)row * stride + column, stride);
	}
	for (int i = 1; i < CODE_BYTES; i++)
		checksum ^= (uint8_t)(fields >> 8 * i);
	if (checksum != (uint8_t)fields)
		return -EBADMSG;
	ret_code->frame = (uint32_t)(fields >> 32);
	ret_code->time_ms = (uint32_t)(fields >> 8) & PATTERN_TIME_MASK;
	return 0;
}
