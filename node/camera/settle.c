#include "camera/settle.h"

#include <math.h>

#define SAMPLES 16      /* each way */
#define SAME_LUMA 3.0   /* of 255 */
#define BLACK_LUMA 24.0 /* up to this it says nothing: many cameras begin with black */
#define YUYV_PIXEL_BYTES 2

void settle_begin(struct settle *settle)
{
	settle->began_us = 0;
	settle->alike = 0;
	atomic_store(&settle->since_us, INT64_MAX);
}

int64_t settle_since_us(struct settle *settle)
{
	return atomic_load(&settle->since_us);
}

/* The mean of some points. */
static double brightness(const struct image_info *info)
{
	int step = info->format == IMAGE_YUYV ? YUYV_PIXEL_BYTES : 1;
	int sum = 0;

	for (int y = 0; y < SAMPLES; y++) {
		const uint8_t *row =
			info->planes[0] + (int64_t)info->strides[0] * (y * info->height / SAMPLES);

		for (int x = 0; x < SAMPLES; x++)
			sum += row[x * info->width / SAMPLES * step];
	}
	return (double)sum / (SAMPLES * SAMPLES);
}

/* True when as many pictures as it takes were as bright as this one. */
static bool is_steady(struct settle *settle, const struct image_info *info)
{
	double luma = brightness(info);

	if (settle->alike == 0 || fabs(luma - settle->luma) > SAME_LUMA || luma < BLACK_LUMA) {
		settle->luma = luma;
		settle->alike = 0;
	}
	settle->alike++;
	return settle->alike >= SETTLE_PICTURES && luma >= BLACK_LUMA;
}

static bool has_settled(struct settle *settle, const struct image_info *info, int64_t age_us)
{
	if (age_us >= SETTLE_MAX_US)
		return true;
	if (!info)
		return false;
	if (info->exposure != IMAGE_EXPOSURE_UNKNOWN)
		return info->exposure == IMAGE_EXPOSURE_SETTLED;
	if (info->format == IMAGE_JPEG)
		return age_us >= SETTLE_JPEG_US;
	return is_steady(settle, info);
}

void settle_feed(struct settle *settle, const struct image_info *info, int64_t now_us)
{
	int64_t taken_us = info ? info->pts_us : now_us;

	if (atomic_load_explicit(&settle->since_us, memory_order_relaxed) != INT64_MAX)
		return;
	if (settle->began_us == 0)
		settle->began_us = taken_us;
	if (has_settled(settle, info, taken_us - settle->began_us))
		atomic_store(&settle->since_us, taken_us);
}
