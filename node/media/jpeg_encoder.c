#include "media/jpeg_encoder.h"

#include <errno.h>
#include <string.h>
#include <turbojpeg.h>

#include "base/log.h"
#include "media/planar.h"

struct scratch {
	uint8_t *data;
	size_t size;
};

struct jpeg_encoder {
	tjhandle handle;
	struct scratch planes; /* of pictures that don't come as full-range planes */
	struct scratch
		jpeg; /* for the worst case; only the pages written to are ever real memory */
};

/* Planes as TurboJPEG takes them. */
struct view {
	const uint8_t *planes[3];
	int strides[3];
	int chroma_width, chroma_height;
	enum TJSAMP sampling;
};

struct jpeg_encoder *jpeg_encoder_new(void)
{
	struct jpeg_encoder *encoder = calloc(1, sizeof(*encoder));

	if (!encoder)
		return NULL;
	encoder->handle = tjInitCompress();
	if (!encoder->handle) {
		free(encoder);
		return NULL;
	}
	return encoder;
}

void jpeg_encoder_free(struct jpeg_encoder *encoder)
{
	if (!encoder)
		return;
	tjDestroy(encoder->handle);
	free(encoder->planes.data);
	free(encoder->jpeg.data);
	free(encoder);
}

/* What was in it is not kept. */
static int scratch_need(struct scratch *scratch, size_t size)
{
	if (scratch->size >= size)
		return 0;
	free(scratch->data);
	scratch->data = malloc(size);
	scratch->size = scratch->data ? size : 0;
	return scratch->data ? 0 : -ENOMEM;
}

static void copy_plane(const struct image_info *info, int plane, int width, int height, uint8_t *to)
{
	for (int y = 0; y < height; y++)
		memcpy(to + (size_t)y * width,
		       info->planes[plane] + (size_t)y * info->strides[plane], (size_t)width);
}

/* Fills planes whose rows follow each other without gaps. */
static void fill_planes(const struct image_info *info, const struct view *view,
                        uint8_t *const planes[static 3])
{
	int width = view->chroma_width, height = view->chroma_height;

	if (info->format == IMAGE_YUYV) {
		for (int y = 0; y < height; y++)
			planar_split_yuyv(info->planes[0] + (size_t)y * info->strides[0], width,
			                  planes[0] + (size_t)y * info->width,
			                  planes[1] + (size_t)y * width,
			                  planes[2] + (size_t)y * width);
		return;
	}
	if (planes[0] == view->planes[0])
		copy_plane(info, 0, info->width, info->height, planes[0]);
	if (info->format == IMAGE_NV12) {
		for (int y = 0; y < height; y++)
			planar_split_uv(info->planes[1] + (size_t)y * info->strides[1], width,
			                planes[1] + (size_t)y * width,
			                planes[2] + (size_t)y * width);
		return;
	}
	copy_plane(info, 1, width, height, planes[1]);
	copy_plane(info, 2, width, height, planes[2]);
}

/* The image's planes in the encoder's memory. Luma stays where it is when it can be used as it is.
 */
static int make_planes(struct jpeg_encoder *encoder, const struct image_info *info,
                       struct view *view)
{
	size_t luma_size = (size_t)info->width * info->height;
	size_t chroma_size = (size_t)view->chroma_width * view->chroma_height;
	uint8_t *planes[3];
	int error = scratch_need(&encoder->planes, luma_size + 2 * chroma_size);

	if (error)
		return error;
	for (int i = 0; i < 3; i++) {
		planes[i] = encoder->planes.data + (i ? luma_size + (i - 1) * chroma_size : 0);
		if (i == 0 && info->format == IMAGE_NV12 && info->full_range)
			continue;
		view->planes[i] = planes[i];
		view->strides[i] = i ? view->chroma_width : info->width;
	}
	fill_planes(info, view, planes);
	if (!info->full_range) {
		planar_expand_luma(planes[0], (int)luma_size);
		planar_expand_chroma(planes[1], (int)(2 * chroma_size));
	}
	return 0;
}

static int view_image(struct jpeg_encoder *encoder, const struct image_info *info,
                      struct view *ret_view)
{
	bool half_height = info->format == IMAGE_YUV420 || info->format == IMAGE_NV12;
	struct view view = {
		.planes = {info->planes[0], info->planes[1], info->planes[2]},
		.strides = {info->strides[0], info->strides[1], info->strides[2]},
		.chroma_width = info->width / 2,
		.chroma_height = half_height ? info->height / 2 : info->height,
		.sampling = half_height ? TJSAMP_420 : TJSAMP_422,
	};
	bool planar = info->format == IMAGE_YUV420 || info->format == IMAGE_YUV422;
	int error = 0;

	if (!planar || !info->full_range)
		error = make_planes(encoder, info, &view);
	if (!error)
		*ret_view = view;
	return error;
}

/* Odd sizes are refused: TurboJPEG would read a column and a row more than they have. */
static bool can_encode(const struct image_info *info)
{
	return info->format != IMAGE_JPEG && info->width > 0 && info->height > 0 &&
	       info->width <= IMAGE_MAX_SIDE && info->height <= IMAGE_MAX_SIDE &&
	       info->width % 2 == 0 && info->height % 2 == 0;
}

int jpeg_encoder_encode(struct jpeg_encoder *encoder, const struct image *image, int quality,
                        struct frame **ret_frame)
{
	const struct image_info *info = image_info(image);
	struct frame_info frame_info = {
		.codec = FRAME_JPEG,
		.width = info->width,
		.height = info->height,
		.sequence = info->sequence,
		.pts_us = info->pts_us,
		.key = true,
		.full_range = true,
		.quality = quality,
	};
	struct frame *frame;
	struct view view;
	unsigned long size;
	int error;

	if (!can_encode(info) || quality < 1 || quality > 100)
		return -EINVAL;
	error = view_image(encoder, info, &view);
	if (error)
		return error;
	size = tjBufSize(info->width, info->height, view.sampling);
	error = scratch_need(&encoder->jpeg, size);
	if (error)
		return error;
	if (tjCompressFromYUVPlanes(encoder->handle, view.planes, info->width, view.strides,
	                            info->height, view.sampling, &encoder->jpeg.data, &size,
	                            quality, TJFLAG_NOREALLOC)) {
		log_debug("JPEG encoder: %s", tjGetErrorStr2(encoder->handle));
		return -EIO;
	}
	frame = frame_new(&frame_info, encoder->jpeg.data, size);
	if (!frame)
		return -ENOMEM;
	*ret_frame = frame;
	return 0;
}
