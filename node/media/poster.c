#include "media/poster.h"

#include "media/jpeg_encoder.h"
#include "media/libav.h"
#include "media/mp4_index.h"
#include "media/scaler.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <stdlib.h>
#include <string.h>

#define QUALITY 70
#define MAX_PACKETS 8 /* that may be needed for a first picture */
#define MIN_SIDE 16   /* px */

static void free_decoder(AVCodecContext **decoder)
{
	avcodec_free_context(decoder);
}

static AVCodecContext *open_decoder(const AVCodecParameters *track)
{
	const AVCodec *codec = avcodec_find_decoder(track->codec_id);
	AVCodecContext *decoder = codec ? avcodec_alloc_context3(codec) : NULL;

	if (!decoder)
		return NULL;
	decoder->thread_count = 1;
	if (avcodec_parameters_to_context(decoder, track) < 0 ||
	    avcodec_open2(decoder, codec, NULL) < 0)
		avcodec_free_context(&decoder);
	return decoder;
}

/* Feeds the decoder until it gives a picture: 0 or -EBADMSG. */
static int decode_first(AVFormatContext *format, AVCodecContext *decoder, AVPacket *packet,
                        AVFrame *ret_picture)
{
	for (int i = 0; i < MAX_PACKETS; i++) {
		bool more = av_read_frame(format, packet) >= 0;
		int error = avcodec_send_packet(decoder, more ? packet : NULL);

		av_packet_unref(packet);
		if (error < 0 && error != AVERROR(EAGAIN))
			return -EBADMSG;
		if (avcodec_receive_frame(decoder, ret_picture) == 0)
			return 0;
		if (!more)
			break;
	}
	return -EBADMSG;
}

static int read_picture(const char *path, AVFrame *ret_picture)
{
	_cleanup_(avformat_close_input) AVFormatContext *format = NULL;
	_cleanup_(free_decoder) AVCodecContext *decoder = NULL;
	_cleanup_(av_packet_free) AVPacket *packet = NULL;
	int r = mp4_open(path, &format);

	if (r < 0)
		return r;
	decoder = open_decoder(format->streams[0]->codecpar);
	packet = av_packet_alloc();
	if (!decoder || !packet)
		return -ENOMEM;
	return decode_first(format, decoder, packet, ret_picture);
}

/* A view of the decoder's planes. */
static struct image *image_of(const AVFrame *picture)
{
	struct image_info info = {
		.width = picture->width,
		.height = picture->height,
		.full_range = picture->color_range == AVCOL_RANGE_JPEG ||
	                      picture->format == AV_PIX_FMT_YUVJ420P ||
	                      picture->format == AV_PIX_FMT_YUVJ422P,
	};

	switch (picture->format) {
	case AV_PIX_FMT_YUV420P:
	case AV_PIX_FMT_YUVJ420P:
		info.format = IMAGE_YUV420;
		break;
	case AV_PIX_FMT_YUV422P:
	case AV_PIX_FMT_YUVJ422P:
		info.format = IMAGE_YUV422;
		break;
	default:
		return NULL;
	}
	for (int i = 0; i < 3; i++) {
		info.planes[i] = picture->data[i];
		info.strides[i] = picture->linesize[i];
	}
	return image_new(&info, NULL, NULL);
}

static int even(int length)
{
	return length < MIN_SIDE ? MIN_SIDE : length / 2 * 2;
}

static int shrink(const struct image *image, int width, struct image **ret_image)
{
	const struct image_info *info = image_info(image);
	struct scaler *scaler = scaler_new();
	int r;

	if (width > info->width)
		width = info->width;
	r = scaler ? scaler_scale(scaler, image, even(width),
	                          even((int)((int64_t)info->height * width / info->width)),
	                          ret_image)
	           : -ENOMEM;
	scaler_free(scaler);
	return r;
}

static int encode(const AVFrame *picture, int width, struct frame **ret_frame)
{
	_cleanup_(image_unref_p) struct image *image = image_of(picture);
	_cleanup_(image_unref_p) struct image *small = NULL;
	struct jpeg_encoder *encoder;
	int r = image ? shrink(image, width, &small) : -EBADMSG;

	if (r < 0)
		return r;
	encoder = jpeg_encoder_new();
	r = encoder ? jpeg_encoder_encode(encoder, small, QUALITY, ret_frame) : -ENOMEM;
	jpeg_encoder_free(encoder);
	return r;
}

int poster_make(const char *path, int width, struct frame **ret_frame)
{
	_cleanup_(av_frame_free) AVFrame *picture = av_frame_alloc();
	int r;

	if (!picture)
		return -ENOMEM;
	r = read_picture(path, picture);
	return r < 0 ? r : encode(picture, width, ret_frame);
}
