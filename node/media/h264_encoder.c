#include "media/h264_encoder.h"

#include "base/clock.h"
#include "media/h264.h"
#include "media/libav.h"
#include "media/scaler.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavutil/dict.h>
#include <math.h>
#include <string.h>

/* Pictures that an encoder keeps to itself at most. */
#define MAX_PENDING 128

/* Of an encoder without constant quality. */
#define BITS_PER_PIXEL 0.12

struct h264_encoder {
	AVCodecContext *codec;
	AVFrame *picture;
	AVPacket *packet;
	struct scaler *scaler; /* made when a picture comes that is not YUV420 */
	int64_t gop_us;
	int64_t last_key_us;
	int64_t last_us; /* INT64_MIN before the first picture */
	unsigned epoch;
	bool is_x264;
	struct pending { /* pictures on their way; a packet tells its time only */
		int64_t pts_us;
		uint64_t sequence;
	} pending[MAX_PENDING];
	unsigned sent; /* of pending: the next goes to sent % MAX_PENDING */
	uint8_t parameters[H264_PARAMETERS_MAX]; /* SPS and PPS, for key frames without */
	size_t parameters_size;
};

/* Key frames are placed by time, by us: the library could only count pictures, and a camera that
 * halves its rate in the dark would double their distance. */
static void set_codec_options(AVCodecContext *codec, const struct h264_options *options)
{
	codec->width = options->width;
	codec->height = options->height;
	codec->pix_fmt = AV_PIX_FMT_YUV420P;
	codec->color_range = options->full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
	/* BT.601, as JPEG and the cameras have it; players take unmarked HD for BT.709. */
	codec->colorspace = AVCOL_SPC_SMPTE170M;
	codec->time_base = (AVRational){1, USEC_PER_SEC};
	codec->framerate = av_d2q(options->fps, 1001000);
	codec->gop_size = INT32_MAX;
	codec->max_b_frames = 0;
	codec->thread_count = 1;
	codec->profile = FF_PROFILE_H264_CONSTRAINED_BASELINE;
	/* One second of buffer: a key frame, 20 times the mean, needs the room. */
	codec->rc_max_rate = options->max_kbps * INT64_C(1000);
	codec->rc_buffer_size = options->max_kbps * 1000;
}

static void set_x264_options(AVDictionary **dictionary, const struct h264_options *options)
{
	av_dict_set(dictionary, "preset", options->preset, 0);
	av_dict_set(dictionary, "tune", "zerolatency", 0);
	av_dict_set(dictionary, "profile", "baseline", 0);
	av_dict_set(dictionary, "sc_threshold", "0", 0);
	av_dict_set(dictionary, "forced-idr", "1", 0);
	av_dict_set_int(dictionary, "crf", options->crf, 0);
}

/* Encoders in hardware know neither quality nor, all of them, how to be asked for a key frame. */
static void set_other_options(AVCodecContext *codec, const struct h264_options *options)
{
	double rate = options->width * options->height * options->fps * BITS_PER_PIXEL;

	codec->bit_rate = options->max_kbps ? options->max_kbps * INT64_C(1000) : (int64_t)rate;
	codec->gop_size = (int)ceil(options->gop_s * options->fps);
}

static const AVCodec *find_encoder(const char *name)
{
	if (strcmp(name, H264_ANY) == 0)
		return avcodec_find_encoder(AV_CODEC_ID_H264);
	return avcodec_find_encoder_by_name(name);
}

bool h264_encoder_is_known(const char *name)
{
	return !*name || find_encoder(name);
}

bool h264_encoder_is_fit(const char *name)
{
	const AVCodec *library = *name ? find_encoder(name) : NULL;

	return !*name || (library && library->id == AV_CODEC_ID_H264);
}

static int open_codec(struct h264_encoder *encoder, const struct h264_options *options)
{
	const char *name = options->encoder && *options->encoder ? options->encoder : H264_LIBX264;
	const AVCodec *library = find_encoder(name);
	AVDictionary *dictionary = NULL;
	int error;

	if (!library || library->id != AV_CODEC_ID_H264)
		return -ENOSYS;
	encoder->is_x264 = strcmp(name, H264_LIBX264) == 0;
	encoder->codec = avcodec_alloc_context3(library);
	encoder->picture = av_frame_alloc();
	encoder->packet = av_packet_alloc();
	if (!encoder->codec || !encoder->picture || !encoder->packet)
		return -ENOMEM;
	set_codec_options(encoder->codec, options);
	if (encoder->is_x264)
		set_x264_options(&dictionary, options);
	else
		set_other_options(encoder->codec, options);
	error = avcodec_open2(encoder->codec, library, &dictionary);
	av_dict_free(&dictionary);
	return error < 0 ? libav_errno(error) : 0;
}

static bool options_are_valid(const struct h264_options *options)
{
	return options->width > 0 && options->width % 2 == 0 && options->width <= IMAGE_MAX_SIDE &&
	       options->height > 0 && options->height % 2 == 0 &&
	       options->height <= IMAGE_MAX_SIDE && options->fps > 0 && options->fps <= 1000 &&
	       options->crf >= 0 && options->crf <= 51 && options->gop_s > 0 &&
	       options->gop_s <= 3600 && options->max_kbps >= 0 && options->max_kbps <= 1000000;
}

void h264_options_init(struct h264_options *options, const struct config_camera *config,
                       const struct image_info *image)
{
	*options = (struct h264_options){
		.width = image->width,
		.height = image->height,
		.fps = config->fps,
		.encoder = config->h264_encoder,
		.preset = config->h264_preset,
		.crf = config->h264_crf,
		.gop_s = config->h264_gop_s,
		.max_kbps = config->h264_max_kbps,
		.full_range = image->full_range,
	};
}

int h264_encoder_new(const struct h264_options *options, struct h264_encoder **ret_encoder)
{
	struct h264_encoder *encoder;
	int error;

	if (!options_are_valid(options))
		return -EINVAL;
	libav_init();
	encoder = calloc(1, sizeof(*encoder));
	if (!encoder)
		return -ENOMEM;
	encoder->gop_us = llround(options->gop_s * USEC_PER_SEC);
	encoder->last_us = INT64_MIN;
	encoder->epoch = options->epoch;
	error = open_codec(encoder, options);
	if (error) {
		h264_encoder_free(encoder);
		return error;
	}
	*ret_encoder = encoder;
	return 0;
}

void h264_encoder_free(struct h264_encoder *encoder)
{
	if (!encoder)
		return;
	avcodec_free_context(&encoder->codec);
	av_frame_free(&encoder->picture);
	av_packet_free(&encoder->packet);
	scaler_free(encoder->scaler);
	free(encoder);
}

static void release_image(void *image, uint8_t *data)
{
	image_unref(image);
}

/* A key frame is due when the next picture, by the last distance, would come too late. */
static bool key_is_due(const struct h264_encoder *encoder, int64_t pts_us)
{
	return encoder->last_us == INT64_MIN ||
	       pts_us - encoder->last_key_us + (pts_us - encoder->last_us) / 2 >= encoder->gop_us;
}

/* Lends the image's planes to the library, which would copy the picture if it had no owner. */
static int fill_picture(struct h264_encoder *encoder, struct image *image, bool key)
{
	const struct image_info *info = image_info(image);
	AVFrame *picture = encoder->picture;

	picture->buf[0] = av_buffer_create((uint8_t *)info->planes[0], (size_t)info->strides[0],
	                                   release_image, image, AV_BUFFER_FLAG_READONLY);
	if (!picture->buf[0])
		return -ENOMEM;
	image_ref(image);
	picture->width = info->width;
	picture->height = info->height;
	picture->format = AV_PIX_FMT_YUV420P;
	picture->color_range = encoder->codec->color_range;
	picture->pts = info->pts_us;
	picture->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
	for (int i = 0; i < 3; i++) {
		picture->data[i] = (uint8_t *)info->planes[i];
		picture->linesize[i] = info->strides[i];
	}
	return 0;
}

static void note_sent(struct h264_encoder *encoder, const struct image_info *info, bool key)
{
	encoder->pending[encoder->sent++ % MAX_PENDING] =
		(struct pending){info->pts_us, info->sequence};
	encoder->last_us = info->pts_us;
	if (key)
		encoder->last_key_us = info->pts_us;
}

static int send_picture(struct h264_encoder *encoder, struct image *image, bool key)
{
	int error = fill_picture(encoder, image, key);

	if (error)
		return error;
	error = avcodec_send_frame(encoder->codec, encoder->picture);
	av_frame_unref(encoder->picture);
	if (error == AVERROR(EAGAIN))
		return -EIO; /* all that was ready has been taken */
	if (error)
		return libav_errno(error);
	note_sent(encoder, image_info(image), key);
	return 0;
}

/* The number of the picture of that time; 0 if it is not known any more. */
static uint64_t sequence_of(const struct h264_encoder *encoder, int64_t pts_us)
{
	for (unsigned i = 0; i < MAX_PENDING; i++) {
		if (encoder->pending[i].pts_us == pts_us)
			return encoder->pending[i].sequence;
	}
	return 0;
}

/* Remembers SPS and PPS when the packet has them: what of it is to be put in front of it. */
static size_t missing_parameters(struct h264_encoder *encoder, const AVPacket *packet)
{
	uint8_t found[H264_PARAMETERS_MAX];
	size_t size = h264_parameters(packet->data, (size_t)packet->size, found);

	if (size > 0) {
		memcpy(encoder->parameters, found, size);
		encoder->parameters_size = size;
		return 0;
	}
	return packet->flags & AV_PKT_FLAG_KEY ? encoder->parameters_size : 0;
}

static struct frame *make_frame(struct h264_encoder *encoder, const AVPacket *packet)
{
	const AVCodecContext *codec = encoder->codec;
	size_t missing = missing_parameters(encoder, packet);
	const void *const pieces[] = {encoder->parameters, packet->data};
	const size_t sizes[] = {missing, (size_t)packet->size};
	const struct frame_info info = {
		.codec = FRAME_H264,
		.width = codec->width,
		.height = codec->height,
		.sequence = sequence_of(encoder, packet->pts),
		.pts_us = packet->pts,
		.key = packet->flags & AV_PKT_FLAG_KEY,
		.full_range = codec->color_range == AVCOL_RANGE_JPEG,
		.quality = -1,
		.epoch = encoder->epoch,
	};

	return frame_new_joined(&info, pieces, sizes, 2);
}

/* The next packet with a picture: some send SPS and PPS alone, in front. */
static int receive_packet(struct h264_encoder *encoder)
{
	AVPacket *packet = encoder->packet;
	int error = avcodec_receive_packet(encoder->codec, packet);

	while (!error && !h264_has_slice(packet->data, (size_t)packet->size)) {
		missing_parameters(encoder, packet);
		av_packet_unref(packet);
		error = avcodec_receive_packet(encoder->codec, packet);
	}
	return error ? libav_errno(error) : 0;
}

int h264_encoder_next(struct h264_encoder *encoder, struct frame **ret_frame)
{
	struct frame *frame;
	int error = receive_packet(encoder);

	if (error)
		return error;
	frame = make_frame(encoder, encoder->packet);
	av_packet_unref(encoder->packet);
	if (!frame)
		return -ENOMEM;
	*ret_frame = frame;
	return 0;
}

static bool fits(const struct h264_encoder *encoder, const struct image_info *info)
{
	bool full_range = encoder->codec->color_range == AVCOL_RANGE_JPEG;

	return info->format != IMAGE_JPEG && info->width == encoder->codec->width &&
	       info->height == encoder->codec->height && info->full_range == full_range &&
	       info->pts_us > encoder->last_us;
}

/* A new reference to the image, or a converted one. */
static int as_yuv420(struct h264_encoder *encoder, const struct image *image,
                     struct image **ret_image)
{
	const struct image_info *info = image_info(image);

	if (info->format == IMAGE_YUV420) {
		*ret_image = image_ref((struct image *)image); /* counting changes no picture */
		return 0;
	}
	if (!encoder->scaler)
		encoder->scaler = scaler_new();
	if (!encoder->scaler)
		return -ENOMEM;
	return scaler_scale(encoder->scaler, image, info->width, info->height, ret_image);
}

int h264_encoder_encode(struct h264_encoder *encoder, const struct image *image, bool force_key,
                        struct frame **ret_frame)
{
	_cleanup_(image_unref_p) struct image *yuv420 = NULL;
	const struct image_info *info = image_info(image);
	int error;

	if (!fits(encoder, info))
		return -EINVAL;
	error = as_yuv420(encoder, image, &yuv420);
	if (!error)
		error = send_picture(encoder, yuv420,
		                     force_key || key_is_due(encoder, info->pts_us));
	if (!error)
		error = h264_encoder_next(encoder, ret_frame);
	return error == -EAGAIN && encoder->is_x264 ? -EIO : error; /* it has zero latency */
}
