/* Pictures with known samples for the tests of this folder. */
#ifndef CAMNODE_TESTS_MEDIA_PICTURE_H
#define CAMNODE_TESTS_MEDIA_PICTURE_H

#include "media/image.h"

/* Smooth waves in luma and slopes in chroma, so that codecs return nearly what went in. `step`
 * moves them. */
static inline uint8_t picture_luma(int x, int y, int step)
{
	int phase = (x + 2 * y + 5 * step) % 512;

	return (uint8_t)(40 + (phase < 256 ? phase : 511 - phase) * 5 / 8);
}

static inline uint8_t picture_u(int x, int y)
{
	return (uint8_t)(100 + x / 8 % 64);
}

static inline uint8_t picture_v(int x, int y)
{
	return (uint8_t)(160 - y / 8 % 64);
}

static inline void picture_fill_yuyv(struct image *image, int step)
{
	const struct image_info *info = image_info(image);

	for (int y = 0; y < info->height; y++) {
		uint8_t *row = image_plane(image, 0) + y * info->strides[0];

		for (int x = 0; x < info->width; x++) {
			row[2 * x] = picture_luma(x, y, step);
			row[2 * x + 1] = x % 2 ? picture_v(x - 1, y) : picture_u(x, y);
		}
	}
}

static inline void picture_fill(struct image *image, int step)
{
	const struct image_info *info = image_info(image);
	int down = info->format == IMAGE_YUV422 ? 1 : 2;

	if (info->format == IMAGE_YUYV) {
		picture_fill_yuyv(image, step);
		return;
	}
	for (int y = 0; y < info->height; y++)
		for (int x = 0; x < info->width; x++)
			image_plane(image, 0)[y * info->strides[0] + x] = picture_luma(x, y, step);
	for (int y = 0; y < info->height / down; y++) {
		for (int x = 0; x < info->width / 2; x++) {
			uint8_t u = picture_u(2 * x, down * y), v = picture_v(2 * x, down * y);
			int at = y * info->strides[1];

			if (info->format == IMAGE_NV12) {
				image_plane(image, 1)[at + 2 * x] = u;
				image_plane(image, 1)[at + 2 * x + 1] = v;
			} else {
				image_plane(image, 1)[at + x] = u;
				image_plane(image, 2)[at + x] = v;
			}
		}
	}
}

static inline struct image *picture_new(enum image_format format, int width, int height, int step)
{
	const struct image_info info = {
		.format = format,
		.width = width,
		.height = height,
		.full_range = true,
		.sequence = 1000 + (uint64_t)step,
		.pts_us = 5000000 + 33333 * (int64_t)step,
	};
	struct image *image = image_new_planes(&info);

	if (image)
		picture_fill(image, step);
	return image;
}

static inline void picture_release(void *image)
{
	image_unref(image);
}

/* `main` (taken over) with `small` (borrowed for life) as its small picture, as of a camera with
 * two streams. */
static inline struct image *picture_with_small(struct image *main, struct image *small)
{
	struct image_info info = *image_info(main);

	info.writable = false;
	info.small.width = image_info(small)->width;
	info.small.height = image_info(small)->height;
	for (int i = 0; i < 3; i++) {
		info.small.planes[i] = image_info(small)->planes[i];
		info.small.strides[i] = image_info(small)->strides[i];
	}
	return image_new(&info, picture_release, main);
}

#endif
