/*
 * The machine-readable corner of the test pattern: frame number and time as black and white blocks
 * that survive any encoder, so that tests can count frames and measure latency. Pure functions.
 *
 * Top left, 2 rows × 32 blocks of 8×8 px, black (luma 16) or white (luma 235), row by row, most
 * significant bit first: 32 bits frame number, 24 bits CLOCK_MONOTONIC time in ms modulo 2^24,
 * 8 bits checksum (xor of the 7 bytes before, ^ 0x5A). Neutral chroma below. The two luma values
 * hold in full-range and in limited-range pictures; readers take 125 as the border. Pictures under
 * 256×16 px have no code.
 */
#ifndef CAMNODE_CAPTURE_PATTERN_CODE_H
#define CAMNODE_CAPTURE_PATTERN_CODE_H

#include "media/image.h"

#define PATTERN_BLOCK 8 /* px */
#define PATTERN_BLOCKS_PER_ROW 32
#define PATTERN_ROWS 2
#define PATTERN_CODE_WIDTH (PATTERN_BLOCKS_PER_ROW * PATTERN_BLOCK) /* px */
#define PATTERN_CODE_HEIGHT (PATTERN_ROWS * PATTERN_BLOCK)
#define PATTERN_TIME_MASK 0xFFFFFFu

struct pattern_code {
	uint32_t frame;
	uint32_t time_ms; /* CLOCK_MONOTONIC, modulo 2^24 */
};

/* On a YUV420 image that is not shared yet. */
void pattern_code_write(struct image *image, const struct pattern_code *code);

/* Reads the code back from a luma plane: 0, or -EBADMSG if there is none or its checksum is wrong.
 */
int pattern_code_read(const uint8_t *luma, int stride, int width, int height,
                      struct pattern_code *ret_code);

#endif
