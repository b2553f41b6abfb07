/*
 * The node's encoders alone, for a look at what they run on: `codecs jpeg` makes a JPEG, `codecs
 * h264` a picture of H.264, whose library tells on stderr what processor it found.
 */
#include "media/h264_encoder.h"
#include "media/jpeg_encoder.h"
#include "media/libav.h"
#include "tests/unit/media/picture.h"

#include <libavutil/log.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 320
#define HEIGHT 240

static int encode_jpeg(const struct image *image, struct frame **ret_frame)
{
	_cleanup_(jpeg_encoder_free_p) struct jpeg_encoder *encoder = jpeg_encoder_new();

	return encoder ? jpeg_encoder_encode(encoder, image, 80, ret_frame) : -1;
}

static int encode_h264(const struct image *image, struct frame **ret_frame)
{
	static const struct h264_options options = {
		.width = WIDTH,
		.height = HEIGHT,
		.fps = 30,
		.preset = "veryfast",
		.crf = 23,
		.gop_s = 2,
		.full_range = true,
	};
	struct h264_encoder *encoder = NULL;
	int error = h264_encoder_new(&options, &encoder);

	if (!error)
		error = h264_encoder_encode(encoder, image, true, ret_frame);
	h264_encoder_free(encoder);
	return error;
}

int main(int argc, char **argv)
{
	const bool is_jpeg = argc == 2 && strcmp(argv[1], "jpeg") == 0;
	struct image *image = picture_new(IMAGE_YUV420, WIDTH, HEIGHT, 0);
	struct frame *frame = NULL;
	int error;

	libav_init();
	av_log_set_callback(av_log_default_callback);
	error = is_jpeg ? encode_jpeg(image, &frame) : encode_h264(image, &frame);
	if (!error)
		printf("%zu bytes\n", frame_size(frame));
	frame_unref(frame);
	image_unref(image);
	return error ? 1 : 0;
}
