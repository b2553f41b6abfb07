#include "usb_camera/picture.h"

#include "base/clock.h"
#include "capture/pattern_code.h"
#include "capture/scene.h"
#include "media/jpeg_encoder.h"

#include <libavutil/crc.h>
#include <stdio.h>
#include <stdlib.h>

#define NOISE 30 /* as scene_new(); a JPEG of 640x480 then has 35 KB */
#define QUALITY 80
#define COMMENT_SIZE 64
#define MARKER_DHT 0xc4
#define MARKER_SOS 0xda

struct painter {
	struct uvc_mode mode;
	struct scene *scene;
	struct image *image;
	struct jpeg_encoder *encoder;
};

struct painter *painter_new(const struct uvc_mode *mode)
{
	const struct image_info info = {
		.format = IMAGE_YUV420,
		.width = mode->width,
		.height = mode->height,
		.full_range = mode->format == IMAGE_JPEG,
	};
	struct painter *painter = calloc(1, sizeof(*painter));

	if (!painter)
		return NULL;
	painter->mode = *mode;
	painter->scene = scene_new(mode->width, mode->height, NOISE);
	painter->image = image_new_planes(&info);
	painter->encoder = jpeg_encoder_new();
	if (!painter->scene || !painter->image || !painter->encoder) {
		painter_free(painter);
		return NULL;
	}
	return painter;
}

void painter_free(struct painter *painter)
{
	if (!painter)
		return;
	scene_free(painter->scene);
	image_unref(painter->image);
	jpeg_encoder_free(painter->encoder);
	free(painter);
}

static void append_yuyv(const struct image_info *info, struct buf *picture)
{
	for (int y = 0; y < info->height; y++) {
		const uint8_t *luma = info->planes[0] + (ptrdiff_t)y * info->strides[0];
		const uint8_t *u = info->planes[1] + (ptrdiff_t)(y / 2) * info->strides[1];
		const uint8_t *v = info->planes[2] + (ptrdiff_t)(y / 2) * info->strides[2];

		for (int x = 0; x < info->width / 2; x++)
			buf_append(picture, (uint8_t[]){luma[2 * x], u[x], luma[2 * x + 1], v[x]},
			           4);
	}
}

static void append_luma(const struct image_info *info, struct buf *picture)
{
	for (int y = 0; y < info->height; y++)
		buf_append(picture, info->planes[0] + (ptrdiff_t)y * info->strides[0],
		           (size_t)info->width);
}

static void append_nv12(const struct image_info *info, struct buf *picture)
{
	append_luma(info, picture);
	for (int y = 0; y < info->height / 2; y++) {
		const uint8_t *u = info->planes[1] + (ptrdiff_t)y * info->strides[1];
		const uint8_t *v = info->planes[2] + (ptrdiff_t)y * info->strides[2];

		for (int x = 0; x < info->width / 2; x++)
			buf_append(picture, (uint8_t[]){u[x], v[x]}, 2);
	}
}

/* The JPEG from its third byte on, without its Huffman tables if told so. */
static void append_segments(const uint8_t *jpeg, size_t size, bool tables, struct buf *ret_rest)
{
	size_t at = 2;

	while (!tables && at + 4 <= size && jpeg[at + 1] != MARKER_SOS) {
		size_t length = 2 + ((size_t)jpeg[at + 2] << 8 | jpeg[at + 3]);

		if (jpeg[at + 1] != MARKER_DHT)
			buf_append(ret_rest, jpeg + at, length);
		at += length;
	}
	buf_append(ret_rest, jpeg + at, size - at);
}

static void append_comment(uint32_t frame, const struct buf *rest, struct buf *picture)
{
	uint32_t crc = ~av_crc(av_crc_get_table(AV_CRC_32_IEEE_LE), UINT32_MAX,
	                       (const uint8_t *)rest->data, rest->length);
	char text[COMMENT_SIZE];
	size_t length = 2 + (size_t)snprintf(text, sizeof(text), "frame=%u crc=%u", frame, crc);

	buf_append(picture, (uint8_t[]){0xff, 0xfe, (uint8_t)(length >> 8), (uint8_t)length}, 4);
	buf_puts(picture, text);
}

static void append_jpeg(struct painter *painter, uint32_t frame, bool tables, struct buf *picture)
{
	_cleanup_(frame_unref_p) struct frame *jpeg = NULL;
	struct buf rest;

	if (jpeg_encoder_encode(painter->encoder, painter->image, QUALITY, &jpeg) < 0)
		return;
	buf_init(&rest, picture->limit);
	append_segments(frame_data(jpeg), frame_size(jpeg), tables, &rest);
	buf_append(picture, frame_data(jpeg), 2);
	append_comment(frame, &rest, picture);
	buf_append(picture, rest.data, rest.length);
	buf_finish(&rest);
}

void painter_paint(struct painter *painter, uint32_t frame, bool whole_tables, struct buf *picture)
{
	const struct pattern_code code = {
		.frame = frame,
		.time_ms = (uint32_t)(clock_mono_us() / USEC_PER_MSEC) & PATTERN_TIME_MASK,
	};

	scene_draw(painter->scene, frame, 0, painter->image);
	pattern_code_write(painter->image, &code);
	switch (painter->mode.format) {
	case IMAGE_JPEG:
		append_jpeg(painter, frame, whole_tables, picture);
		break;
	case IMAGE_YUYV:
		append_yuyv(image_info(painter->image), picture);
		break;
	case IMAGE_NV12:
		append_nv12(image_info(painter->image), picture);
		break;
	default:
		append_luma(image_info(painter->image), picture);
	}
}
