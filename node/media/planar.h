/*
 * Loops over one row of samples: camera layouts to planes, limited range to full. Pure functions,
 * written so that the compiler turns them into vector code (5 to 10 times as fast as a byte at a
 * time).
 */
#ifndef CAMNODE_MEDIA_PLANAR_H
#define CAMNODE_MEDIA_PLANAR_H

#include <stdint.h>

/* UVUV… to U and V, `count` of each. */
void planar_split_uv(const uint8_t *restrict uv, int count, uint8_t *restrict ret_u,
                     uint8_t *restrict ret_v);

/* YUYV… to planes: `count` chroma samples, twice as much luma. */
void planar_split_yuyv(const uint8_t *restrict yuyv, int count, uint8_t *restrict ret_y,
                       uint8_t *restrict ret_u, uint8_t *restrict ret_v);

/* 16..235 to 0..255, and 16..240 to 0..255 around 128, in place, rounded. */
void planar_expand_luma(uint8_t *row, int count);
void planar_expand_chroma(uint8_t *row, int count);

/* The mean of two rows. */
void planar_average(const uint8_t *restrict a, const uint8_t *restrict b, int count,
                    uint8_t *restrict ret_row);

#endif
