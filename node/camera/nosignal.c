#include "camera/nosignal.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "media/image.h"
#include "media/jpeg_encoder.h"
#include "media/text.h"

#define QUALITY 60
#define BACKGROUND 40
#define FOREGROUND 220

static void fill(struct image *image)
{
	const struct image_info *info = image_info(image);
	size_t chroma_rows = (size_t)(info->height + 1) / 2;

	memset(image_plane(image, 0), BACKGROUND, (size_t)info->strides[0] * (size_t)info->height);
	memset(image_plane(image, 1), 128, (size_t)info->strides[1] * chroma_rows);
	memset(image_plane(image, 2), 128, (size_t)info->strides[2] * chroma_rows);
}

static void draw_centred(struct image *image, int y, int scale, const char *text)
{
	int width = image_info(image)->width;

	while (scale > 1 && text_width(text, scale) > width)
		scale--;
	int x = (width - text_width(text, scale)) / 2;
	text_draw(image, x > 0 ? x : 0, y, scale, text, FOREGROUND, -1);
}

int nosignal_frame(int width, int height, const struct nosignal_text *text,
                   struct frame **ret_frame)
{
	_cleanup_(jpeg_encoder_free_p) struct jpeg_encoder *encoder = jpeg_encoder_new();
	_cleanup_(frame_unref_p) struct frame *plain = NULL;
	const struct image_info info = {
		.format = IMAGE_YUV420,
		.width = width,
		.height = height,
		.full_range = true,
		.pts_us = clock_mono_us(),
	};
	_cleanup_(image_unref_p) struct image *image = image_new_planes(&info);

	if (!encoder || !image)
		return -ENOMEM;
	int scale = width / 160 > 0 ? width / 160 : 1;
	int line = scale * TEXT_CELL_HEIGHT * 2;
	fill(image);
	draw_centred(image, height / 2 - line, scale + 1, text->title);
	draw_centred(image, height / 2, scale, text->name);
	draw_centred(image, height / 2 + line, scale > 1 ? scale / 2 : 1, text->why);

	int error = jpeg_encoder_encode(encoder, image, QUALITY, &plain);
	if (error < 0)
		return error;
	struct frame_info frame_info_placeholder = *frame_info(plain);
	frame_info_placeholder.placeholder = true;
	struct frame *frame =
		frame_new(&frame_info_placeholder, frame_data(plain), frame_size(plain));
	if (!frame)
		return -ENOMEM;
	*ret_frame = frame;
	return 0;
}
