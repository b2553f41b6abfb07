#include "media/jpeg_decoder.h"

#include "base/log.h"
#include "media/planar.h"

#include <errno.h>
#include <string.h>
#include <turbojpeg.h>

/* A picture decodes to chroma of its own subsampling, at most as large as luma. */
struct jpeg_decoder {
	tjhandle handle;
	uint8_t *chroma; /* for both planes, when they are not 4:2:0 */
	size_t chroma_size;
};

struct size {
	int width, height;
};

struct jpeg_decoder *jpeg_decoder_new(void)
{
	struct jpeg_decoder *decoder = calloc(1, sizeof(*decoder));

	if (!decoder)
		return NULL;
	decoder->handle = tjInitDecompress();
	if (!decoder->handle) {
		free(decoder);
		return NULL;
	}
	return decoder;
}

void jpeg_decoder_free(struct jpeg_decoder *decoder)
{
	if (!decoder)
		return;
	tjDestroy(decoder->handle);
	free(decoder->chroma);
	free(decoder);
}

/* Grows the scratch memory for two chroma planes; what was in it is not kept. */
static int need_chroma(struct jpeg_decoder *decoder, size_t size)
{
	if (decoder->chroma_size >= size)
		return 0;
	free(decoder->chroma);
	decoder->chroma = malloc(size);
	decoder->chroma_size = decoder->chroma ? size : 0;
	return decoder->chroma ? 0 : -ENOMEM;
}

/* Any chroma to that of 4:2:0: the mean of the samples that fall on one, or one sample again. */
static void resample(const uint8_t *from, struct size from_size, uint8_t *to, int stride,
                     struct size to_size)
{
	for (int y = 0; y < to_size.height; y++) {
		int top = y * from_size.height / to_size.height;
		int bottom = ((y + 1) * from_size.height - 1) / to_size.height;
		const uint8_t *a = from + (size_t)top * from_size.width;
		const uint8_t *b = from + (size_t)bottom * from_size.width;

		for (int x = 0; x < to_size.width; x++) {
			int left = x * from_size.width / to_size.width;
			int right = ((x + 1) * from_size.width - 1) / to_size.width;

			to[(size_t)y * stride + x] =
				(uint8_t)((a[left] + a[right] + b[left] + b[right] + 2) / 4);
		}
	}
}

/* The usual case of USB cameras, 4:2:2: pairs of rows, in vector code. */
static void halve_rows(const uint8_t *from, struct size from_size, uint8_t *to, int stride,
                       struct size to_size)
{
	for (int y = 0; y < to_size.height; y++) {
		int next = 2 * y + 1 < from_size.height ? 2 * y + 1 : 2 * y;

		planar_average(from + (size_t)(2 * y) * from_size.width,
		               from + (size_t)next * from_size.width, to_size.width,
		               to + (size_t)y * stride);
	}
}

static int decompress(struct jpeg_decoder *decoder, const uint8_t *data, size_t size,
                      const struct image_info *info, uint8_t *planes[3], int strides[3])
{
	if (!tjDecompressToYUVPlanes(decoder->handle, data, size, planes, info->width, strides,
	                             info->height, TJFLAG_LIMITSCANS))
		return 0;
	/* Cameras' pictures often have a stray byte or a short last row: no reason to show nothing.
	 */
	if (tjGetErrorCode(decoder->handle) == TJERR_WARNING)
		return 0;
	log_debug("JPEG decoder: %s", tjGetErrorStr2(decoder->handle));
	return -EBADMSG;
}

/* Decodes into planes of the picture's own subsampling, and brings chroma to 4:2:0. */
static int decode_resampled(struct jpeg_decoder *decoder, const uint8_t *data, size_t size,
                            enum TJSAMP sampling, struct image *image)
{
	const struct image_info *info = image_info(image);
	struct size to = {(info->width + 1) / 2, (info->height + 1) / 2};
	struct size from = {tjPlaneWidth(1, info->width, sampling),
	                    tjPlaneHeight(1, info->height, sampling)};
	size_t plane_size = (size_t)from.width * from.height;
	int strides[3] = {info->strides[0], from.width, from.width};
	uint8_t *planes[3] = {image_plane(image, 0)};
	int error = need_chroma(decoder, 2 * plane_size);

	if (error)
		return error;
	planes[1] = decoder->chroma;
	planes[2] = decoder->chroma + plane_size;
	error = decompress(decoder, data, size, info, planes, strides);
	if (error)
		return error;
	for (int i = 1; i < 3; i++) {
		uint8_t *plane = image_plane(image, i);

		if (sampling == TJSAMP_422)
			halve_rows(planes[i], from, plane, info->strides[i], to);
		else
			resample(planes[i], from, plane, info->strides[i], to);
	}
	return 0;
}

static int decode_direct(struct jpeg_decoder *decoder, const uint8_t *data, size_t size,
                         enum TJSAMP sampling, struct image *image)
{
	const struct image_info *info = image_info(image);
	uint8_t *planes[3];
	int strides[3];

	for (int i = 0; i < 3; i++) {
		planes[i] = image_plane(image, i);
		strides[i] = info->strides[i];
		if (i && sampling == TJSAMP_GRAY)
			memset(planes[i], 128, (size_t)strides[i] * ((info->height + 1) / 2));
	}
	return decompress(decoder, data, size, info, planes, strides);
}

/* The sizes that the library decodes to, by scaling in the frequency domain. */
static void shrink(struct image_info *info, int min_width)
{
	for (int divisor = 8; divisor > 1 && min_width > 0; divisor /= 2) {
		int width = (info->width + divisor - 1) / divisor;

		if (width < min_width)
			continue;
		info->width = width;
		info->height = (info->height + divisor - 1) / divisor;
		return;
	}
}

int jpeg_decoder_decode(struct jpeg_decoder *decoder, const uint8_t *data, size_t size,
                        const struct image_info *info, struct image **ret_image)
{
	return jpeg_decoder_decode_small(decoder, data, size, info, 0, ret_image);
}

int jpeg_decoder_decode_small(struct jpeg_decoder *decoder, const uint8_t *data, size_t size,
                              const struct image_info *info, int min_width,
                              struct image **ret_image)
{
	_cleanup_(image_unref_p) struct image *image = NULL;
	struct image_info own = {
		.format = IMAGE_YUV420,
		.full_range = true,
		.sequence = info->sequence,
		.pts_us = info->pts_us,
	};
	int sampling, colorspace, error;

	if (tjDecompressHeader3(decoder->handle, data, size, &own.width, &own.height, &sampling,
	                        &colorspace) ||
	    (colorspace != TJCS_YCbCr && colorspace != TJCS_GRAY) || own.width > IMAGE_MAX_SIDE ||
	    own.height > IMAGE_MAX_SIDE)
		return -EBADMSG;
	shrink(&own, min_width);
	image = image_new_planes(&own);
	if (!image)
		return -ENOMEM;
	if (sampling == TJSAMP_420 || sampling == TJSAMP_GRAY)
		error = decode_direct(decoder, data, size, sampling, image);
	else
		error = decode_resampled(decoder, data, size, sampling, image);
	if (!error)
		*ret_image = move_ptr(image);
	return error;
}
