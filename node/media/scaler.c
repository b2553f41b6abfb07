#include "media/scaler.h"

#include "media/libav.h"

#include <errno.h>
#include <libswscale/swscale.h>

struct scaler {
	struct SwsContext *context; /* for the sizes and the format of the last picture */
};

struct scaler *scaler_new(void)
{
	libav_init();
	return calloc(1, sizeof(struct scaler));
}

void scaler_free(struct scaler *scaler)
{
	if (!scaler)
		return;
	sws_freeContext(scaler->context);
	free(scaler);
}

static bool is_size(int width, int height)
{
	return width > 0 && height > 0 && width <= IMAGE_MAX_SIDE && height <= IMAGE_MAX_SIDE &&
	       width % 2 == 0 && height % 2 == 0;
}

void scaler_fit(int max_width, int *width, int *height)
{
	if (*width <= max_width)
		return;
	*height = (int)((int64_t)*height * max_width / *width) & ~1;
	*width = max_width;
	if (*height < 2)
		*height = 2;
}

int scaler_scale(struct scaler *scaler, const struct image *image, int width, int height,
                 struct image **ret_image)
{
	_cleanup_(image_unref_p) struct image *scaled = NULL;
	const struct image_info *from = image_info(image);
	struct image_info to = *from;
	uint8_t *planes[4] = {0};
	int strides[4] = {0};

	if (from->format == IMAGE_JPEG || !is_size(from->width, from->height) ||
	    !is_size(width, height))
		return -EINVAL;
	to.format = IMAGE_YUV420;
	to.width = width;
	to.height = height;
	scaled = image_new_planes(&to);
	/* The range is the same on both sides, so the library need not know it. */
	scaler->context = sws_getCachedContext(scaler->context, from->width, from->height,
	                                       libav_pixel_format(from->format), width, height,
	                                       AV_PIX_FMT_YUV420P, SWS_BILINEAR, NULL, NULL, NULL);
	if (!scaled || !scaler->context)
		return -ENOMEM;
	for (int i = 0; i < 3; i++) {
		planes[i] = image_plane(scaled, i);
		strides[i] = image_info(scaled)->strides[i];
	}
	sws_scale(scaler->context, from->planes, from->strides, 0, from->height, planes, strides);
	*ret_image = move_ptr(scaled);
	return 0;
}
