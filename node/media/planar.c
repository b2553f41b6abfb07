#include "media/planar.h"

/* GCC 12's -O2 vectorises only loops whose count it knows. */
#if defined(__GNUC__) && !defined(__clang__)
#define VECTORISED __attribute__((optimize("O3")))
#else
#define VECTORISED
#endif

VECTORISED
void planar_split_uv(const uint8_t *restrict uv, int count, uint8_t *restrict ret_u,
                     uint8_t *restrict ret_v)
{
	for (int i = 0; i < count; i++) {
		ret_u[i] = uv[2 * i];
		ret_v[i] = uv[2 * i + 1];
	}
}

VECTORISED
void planar_split_yuyv(const uint8_t *restrict yuyv, int count, uint8_t *restrict ret_y,
                       uint8_t *restrict ret_u, uint8_t *restrict ret_v)
{
	for (int i = 0; i < count; i++) {
		ret_y[2 * i] = yuyv[4 * i];
		ret_u[i] = yuyv[4 * i + 1];
		ret_y[2 * i + 1] = yuyv[4 * i + 2];
		ret_v[i] = yuyv[4 * i + 3];
	}
}

/* Fixed point with 8 bits of fraction: 298 = 256 × 255/219 fits into 16 bits once luma is clamped.
 */
VECTORISED
void planar_expand_luma(uint8_t *row, int count)
{
	for (int i = 0; i < count; i++) {
		uint8_t luma = row[i] < 16 ? 16 : row[i] > 235 ? 235 : row[i];

		row[i] = (uint16_t)((luma - 16) * 298 + 128) >> 8;
	}
}

/* (chroma − 128) × 255/224 + 128 = (chroma − 16) × 291/256 + 1/2, and another half to round. */
VECTORISED
void planar_expand_chroma(uint8_t *row, int count)
{
	for (int i = 0; i < count; i++) {
		uint8_t chroma = row[i] < 16 ? 16 : row[i] > 240 ? 240 : row[i];

		row[i] = (uint16_t)((chroma - 16) * 291 + 256) >> 8;
	}
}

VECTORISED
void planar_average(const uint8_t *restrict a, const uint8_t *restrict b, int count,
                    uint8_t *restrict ret_row)
{
	for (int i = 0; i < count; i++)
		ret_row[i] = (uint8_t)((a[i] + b[i] + 1) >> 1);
}
