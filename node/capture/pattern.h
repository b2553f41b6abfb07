/*
 * The synthetic camera: a textured, moving scene with sensor-like noise, the camera's name, the
 * wall clock and a frame number readable by eye and by machine. YUV420, limited CPU: textures are
 * made once. Nothing is rendered while nobody wants images.
 *
 * Block code (top left, read back by tests): 2 rows × 32 blocks of 8×8 px, black (luma 16) or white
 * (luma 235), row by row, most significant bit first: 32 bits frame number, 24 bits
 * CLOCK_MONOTONIC time in ms modulo 2^24, 8 bits checksum (xor of the 7 bytes before, ^ 0x5A).
 * Neutral chroma below. Sizes under 256×16 px have no code.
 *
 * Fault control for tests (cameras[].pattern.fault): "stall@3" no images from 3 s after each start
 * of the process on; "slow@3" one image a second from then on; "disconnect@3+5" gone at 3 s, cannot
 * be opened for 5 s.
 */
#ifndef CAMNODE_CAPTURE_PATTERN_H
#define CAMNODE_CAPTURE_PATTERN_H

#include "capture/source.h"

extern const struct source_ops pattern_ops;

#define PATTERN_BLOCK 8 /* px */
#define PATTERN_BLOCKS_PER_ROW 32
#define PATTERN_ROWS 2

struct pattern_code {
	uint32_t frame;
	uint32_t time_ms; /* CLOCK_MONOTONIC, modulo 2^24 */
};

void pattern_code_write(struct image *image, const struct pattern_code *code);

/* Reads the code back from a luma plane: 0, or -EBADMSG if the checksum is wrong. */
int pattern_code_read(const uint8_t *luma, int stride, int width, int height,
		      struct pattern_code *ret_code);

#endif
