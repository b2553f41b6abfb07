#include "camera/picture.h"

#include <errno.h>

#include "media/jpeg_decoder.h"
#include "media/jpeg_encoder.h"
#include "media/scaler.h"

#define QUALITY_DEFAULT 80
#define QUALITY_MIN 35
#define QUALITY_STEP 15
#define WIDTH_MIN 160 /* px */

struct tools {
	struct jpeg_decoder *decoder;
	struct jpeg_encoder *encoder;
	struct scaler *scaler;
};

static void tools_finish(struct tools *tools)
{
	jpeg_decoder_free(tools->decoder);
	jpeg_encoder_free(tools->encoder);
	scaler_free(tools->scaler);
}

static int tools_init(struct tools *tools)
{
	tools->decoder = jpeg_decoder_new();
	tools->encoder = jpeg_encoder_new();
	tools->scaler = scaler_new();
	return tools->decoder && tools->encoder && tools->scaler ? 0 : -ENOMEM;
}

/* Encodes the planes at `width` (even, no larger than they are) and `quality`. */
static int encode(struct tools *tools, struct image *planes, int width, int quality,
                  struct frame **ret_frame)
{
	const struct image_info *info = image_info(planes);
	_cleanup_(image_unref_p) struct image *scaled = NULL;

	if (width >= info->width)
		return jpeg_encoder_encode(tools->encoder, planes, quality, ret_frame);
	int height = (int)((int64_t)info->height * width / info->width) & ~1;
	int error = scaler_scale(tools->scaler, planes, width, height > 2 ? height : 2, &scaled);
	if (error < 0)
		return error;
	return jpeg_encoder_encode(tools->encoder, scaled, quality, ret_frame);
}

/* Quality steps down first, then the size. */
static int step_down(int *width, int *quality)
{
	if (*quality > QUALITY_MIN) {
		*quality = *quality - QUALITY_STEP > QUALITY_MIN ? *quality - QUALITY_STEP
		                                                 : QUALITY_MIN;
		return 0;
	}
	if (*width <= WIDTH_MIN)
		return -EFBIG;
	*width = *width * 3 / 4 & ~1;
	return 0;
}

static bool is_small_enough(const struct frame *frame, const struct picture_wish *wish)
{
	return wish->max_bytes == 0 || frame_size(frame) <= wish->max_bytes;
}

static int refit(struct tools *tools, struct frame *frame, const struct picture_wish *wish,
                 struct frame **ret_frame)
{
	const struct frame_info *info = frame_info(frame);
	const struct image_info carried = {.sequence = info->sequence, .pts_us = info->pts_us};
	_cleanup_(image_unref_p) struct image *planes = NULL;
	_cleanup_(frame_unref_p) struct frame *fitted = NULL;
	int quality = info->quality > 0 ? info->quality : QUALITY_DEFAULT;
	int width = info->width;

	if (wish->quality > 0)
		quality = wish->quality;
	if (wish->max_width > 0 && wish->max_width < width)
		width = wish->max_width & ~1;
	int error = jpeg_decoder_decode(tools->decoder, frame_data(frame), frame_size(frame),
	                                &carried, &planes);
	while (error == 0) {
		error = encode(tools, planes, width, quality, &fitted);
		if (error < 0 || is_small_enough(fitted, wish))
			break;
		frame_unref(move_ptr(fitted));
		error = step_down(&width, &quality);
	}
	if (error == 0)
		*ret_frame = move_ptr(fitted);
	return error;
}

int picture_fit(struct frame *frame, const struct picture_wish *wish, struct frame **ret_frame)
{
	const struct frame_info *info = frame_info(frame);
	_cleanup_(tools_finish) struct tools tools = {0};
	bool same_quality = wish->quality == 0 || wish->quality == info->quality;
	bool same_width = wish->max_width == 0 || wish->max_width >= info->width;

	if (same_quality && same_width && is_small_enough(frame, wish)) {
		*ret_frame = frame_ref(frame);
		return 0;
	}
	int error = tools_init(&tools);
	return error < 0 ? error : refit(&tools, frame, wish, ret_frame);
}
