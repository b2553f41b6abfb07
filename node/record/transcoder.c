#include "record/transcoder.h"

#include "media/h264_encoder.h"
#include "media/jpeg_decoder.h"

#include <errno.h>
#include <stdlib.h>

struct transcoder {
	const struct config_camera *config;
	double fps;
	struct jpeg_decoder *decoder;
	struct h264_encoder *encoder; /* NULL before the first picture */
	int width, height;            /* the encoder's */
};

struct transcoder *transcoder_new(const struct config_camera *config, double fps)
{
	struct transcoder *transcoder = calloc(1, sizeof(*transcoder));

	if (!transcoder)
		return NULL;
	transcoder->config = config;
	transcoder->fps = fps;
	transcoder->decoder = jpeg_decoder_new();
	if (!transcoder->decoder) {
		free(transcoder);
		return NULL;
	}
	return transcoder;
}

void transcoder_free(struct transcoder *transcoder)
{
	if (!transcoder)
		return;
	h264_encoder_free(transcoder->encoder);
	jpeg_decoder_free(transcoder->decoder);
	free(transcoder);
}

static int prepare(struct transcoder *transcoder, const struct image_info *info)
{
	struct h264_options options;
	int r;

	if (transcoder->encoder && transcoder->width == info->width &&
	    transcoder->height == info->height)
		return 0;
	h264_encoder_free(move_ptr(transcoder->encoder));
	h264_options_init(&options, transcoder->config, info);
	options.fps = transcoder->fps;
	options.encoder = H264_LIBX264; /* a device may serve one only */
	r = h264_encoder_new(&options, &transcoder->encoder);
	if (r < 0)
		return r;
	transcoder->width = info->width;
	transcoder->height = info->height;
	return 0;
}

int transcoder_encode(struct transcoder *transcoder, const struct frame *jpeg,
                      struct frame **ret_frame)
{
	_cleanup_(image_unref_p) struct image *decoded = NULL, *even = NULL;
	const struct image_info info = {
		.sequence = frame_info(jpeg)->sequence,
		.pts_us = frame_info(jpeg)->pts_us,
	};
	int r = jpeg_decoder_decode(transcoder->decoder, frame_data(jpeg), frame_size(jpeg), &info,
	                            &decoded);

	if (r == 0)
		r = image_crop_even(decoded, &even);
	if (r == 0)
		r = prepare(transcoder, image_info(even));
	if (r == 0)
		r = h264_encoder_encode(transcoder->encoder, even, false, ret_frame);
	return r;
}
