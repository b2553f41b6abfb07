#include "capture/clip.h"

#include "base/clock.h"
#include "capture/backlog.h"
#include "media/libav.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_FPS 25
#define MAX_FPS 240
#define ANALYZE_US 2000000 /* how much of a stream is looked at before it starts */

struct clip {
	struct clip_info info;
	const atomic_bool *stop;
	int64_t deadline_us; /* for the call into libavformat that runs now */

	AVFormatContext *format;
	AVStream *stream;
	AVCodecContext *decoder; /* NULL for MJPEG */
	struct SwsContext *converter;
	AVPacket *packet;
	AVFrame *frame;

	bool has_image;         /* the picture is in `frame`, or in `packet` for MJPEG */
	struct backlog backlog; /* of the pictures that nobody wanted */
	bool is_draining;       /* the file is at its end, the decoder not yet */
	uint64_t pass_count;    /* pictures of this pass */
	int64_t time_us;
};

static int is_interrupted(void *user)
{
	const struct clip *clip = user;

	return atomic_load(clip->stop) || clock_mono_us() > clip->deadline_us;
}

static void arm_deadline(struct clip *clip)
{
	clip->deadline_us = clock_mono_us() + CLIP_TIMEOUT_US;
}

/* libav's error, or why it was interrupted. */
static int explain(const struct clip *clip, int averror)
{
	if (atomic_load(clip->stop))
		return -ESHUTDOWN;
	if (clock_mono_us() > clip->deadline_us)
		return -ETIMEDOUT;
	/* Demuxers of streams have errors of their own for an end that comes without a farewell. */
	if (clip->info.is_live && clip->format->pb && avio_feof(clip->format->pb))
		return -ENODATA;
	return libav_errno(averror);
}

static int open_input(struct clip *clip, const char *url)
{
	AVDictionary *options = NULL;
	int r;

	clip->format = avformat_alloc_context();
	if (!clip->format)
		return AVERROR(ENOMEM);
	clip->format->interrupt_callback = (AVIOInterruptCB){is_interrupted, clip};
	clip->format->max_analyze_duration = ANALYZE_US;
	/* UDP is RTSP's default and loses packets; other protocols don't look at this. */
	av_dict_set(&options, "rtsp_transport", "tcp", 0);
	arm_deadline(clip);
	r = avformat_open_input(&clip->format, url, NULL, &options);
	av_dict_free(&options);
	if (r < 0)
		return r;
	arm_deadline(clip);
	return avformat_find_stream_info(clip->format, NULL);
}

static int open_decoder(struct clip *clip)
{
	const AVCodecParameters *parameters = clip->stream->codecpar;
	const AVCodec *codec = avcodec_find_decoder(parameters->codec_id);

	if (!codec)
		return AVERROR_DECODER_NOT_FOUND;
	clip->decoder = avcodec_alloc_context3(codec);
	if (!clip->decoder)
		return AVERROR(ENOMEM);
	clip->decoder->thread_count = 1;
	clip->decoder->pkt_timebase = clip->stream->time_base;
	if (avcodec_parameters_to_context(clip->decoder, parameters) < 0)
		return AVERROR(EINVAL);
	return avcodec_open2(clip->decoder, codec, NULL);
}

/* A stream that cannot go back and has no length comes as it comes: its times aren't trusted, and
 * waiting for them would only pile it up. */
static bool is_live(const AVFormatContext *format)
{
	const bool can_seek = format->pb && (format->pb->seekable & AVIO_SEEKABLE_NORMAL);

	return !can_seek && (format->duration == AV_NOPTS_VALUE || format->duration <= 0);
}

/* Streams without a steady rate are often said to have a very high one. */
static bool is_rate(AVRational rate)
{
	return rate.num > 0 && rate.den > 0 && av_q2d(rate) <= MAX_FPS;
}

static void describe(struct clip *clip)
{
	const AVCodecParameters *parameters = clip->stream->codecpar;
	const AVRational rate = av_guess_frame_rate(clip->format, clip->stream, NULL);
	const bool is_jpeg = parameters->codec_id == AV_CODEC_ID_MJPEG;

	clip->info = (struct clip_info){
		.width = is_jpeg ? parameters->width : parameters->width & ~1,
		.height = is_jpeg ? parameters->height : parameters->height & ~1,
		.fps = is_rate(rate) ? av_q2d(rate) : DEFAULT_FPS,
		.format = is_jpeg ? IMAGE_JPEG : IMAGE_YUV420,
		.is_live = is_live(clip->format),
		.codec = avcodec_get_name(parameters->codec_id),
	};
}

/* After open_input(): the stream to show, and its decoder. 0, or -EINVAL with `ret_why`. */
static int choose_stream(struct clip *clip, const char **ret_why)
{
	const int index = av_find_best_stream(clip->format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);

	if (index < 0) {
		*ret_why = "there is no video in it";
		return -EINVAL;
	}
	clip->stream = clip->format->streams[index];
	for (unsigned i = 0; i < clip->format->nb_streams; i++) {
		if (i != (unsigned)index)
			clip->format->streams[i]->discard = AVDISCARD_ALL;
	}
	describe(clip);
	if (clip->info.width < 2 || clip->info.height < 2 || clip->info.width > IMAGE_MAX_SIDE ||
	    clip->info.height > IMAGE_MAX_SIDE) {
		*ret_why = "its pictures are too small or too large";
		return -EINVAL;
	}
	if (clip->info.format != IMAGE_JPEG && open_decoder(clip) < 0) {
		*ret_why = "its video cannot be decoded here";
		return -EINVAL;
	}
	return 0;
}

static void explain_open(const struct clip *clip, int averror, char *ret_text, size_t text_size)
{
	if (explain(clip, averror) == -ETIMEDOUT)
		averror = AVERROR(ETIMEDOUT);
	if (av_strerror(averror, ret_text, text_size) < 0)
		snprintf(ret_text, text_size, "cannot be opened");
}

int clip_open(const char *url, const atomic_bool *stop, struct clip **ret_clip, char *ret_text,
              size_t text_size)
{
	struct clip *clip = calloc(1, sizeof(*clip));
	const char *why = NULL;
	int r = AVERROR(ENOMEM);

	if (!clip) {
		snprintf(ret_text, text_size, "no memory");
		return -ENOMEM;
	}
	libav_init();
	clip->stop = stop;
	clip->packet = av_packet_alloc();
	clip->frame = av_frame_alloc();
	if (clip->packet && clip->frame)
		r = open_input(clip, url);
	if (r < 0) {
		explain_open(clip, r, ret_text, text_size);
		clip_close(clip);
		return -ENODEV;
	}
	r = choose_stream(clip, &why);
	if (r < 0) {
		snprintf(ret_text, text_size, "%s", why);
		clip_close(clip);
		return r;
	}
	*ret_clip = clip;
	return 0;
}

void clip_close(struct clip *clip)
{
	if (!clip)
		return;
	arm_deadline(clip); /* RTSP says good-bye */
	backlog_clear(&clip->backlog);
	sws_freeContext(clip->converter);
	avcodec_free_context(&clip->decoder);
	avformat_close_input(&clip->format);
	av_packet_free(&clip->packet);
	av_frame_free(&clip->frame);
	free(clip);
}

const struct clip_info *clip_info(const struct clip *clip)
{
	return &clip->info;
}

int64_t clip_time_us(const struct clip *clip)
{
	return clip->time_us;
}

bool clip_is_first(const struct clip *clip)
{
	return clip->pass_count == 1;
}

/* The picture is found: its time in the clip, from a time stamp of the stream. */
static void set_picture(struct clip *clip, int64_t stamp, bool has_image)
{
	const AVRational usec = {1, USEC_PER_SEC};

	clip->time_us = stamp == AV_NOPTS_VALUE
	                        ? CLIP_NO_TIME
	                        : av_rescale_q(stamp, clip->stream->time_base, usec);
	clip->has_image = has_image;
	clip->pass_count++;
}

/* What comes next doesn't need what came before. */
static void restart_decoder(struct clip *clip)
{
	backlog_clear(&clip->backlog);
	if (clip->decoder)
		avcodec_flush_buffers(clip->decoder);
}

/* Back to the beginning of a file: by time, and where the format knows no times, by bytes. */
static int rewind_file(struct clip *clip)
{
	const int64_t start =
		clip->format->start_time == AV_NOPTS_VALUE ? 0 : clip->format->start_time;
	int r;

	if (clip->pass_count == 0)
		return -EBADMSG; /* there was nothing to show, and never will be */
	r = av_seek_frame(clip->format, -1, start, AVSEEK_FLAG_BACKWARD);
	if (r < 0)
		r = av_seek_frame(clip->format, -1, 0, AVSEEK_FLAG_BYTE);
	if (r < 0)
		return libav_errno(r);
	restart_decoder(clip);
	clip->is_draining = false;
	clip->pass_count = 0;
	return 0;
}

/* The next packet of the stream, in clip->packet: 0, AVERROR_EOF, AVERROR. */
static int read_packet(struct clip *clip)
{
	int r;

	do {
		if (atomic_load(clip->stop))
			return AVERROR_EXIT;
		av_packet_unref(clip->packet);
		arm_deadline(clip);
		r = av_read_frame(clip->format, clip->packet);
	} while (r >= 0 && clip->packet->stream_index != clip->stream->index);
	return r;
}

static int64_t packet_stamp(const AVPacket *packet)
{
	return packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
}

/* Decodes the oldest packet of the backlog only so that later ones can be. False: there is none. */
static bool decode_oldest(struct clip *clip)
{
	AVPacket *packet = backlog_take(&clip->backlog);

	if (!packet)
		return false;
	if (avcodec_send_packet(clip->decoder, packet) >= 0) {
		while (avcodec_receive_frame(clip->decoder, clip->frame) >= 0)
			;
	}
	av_packet_free(&packet);
	return true;
}

static void catch_up(struct clip *clip)
{
	while (!atomic_load(clip->stop) && decode_oldest(clip))
		;
}

/* Leaves a packet undecoded: most are never needed, because a key frame comes. */
static int pass_over(struct clip *clip)
{
	if (clip->packet->flags & AV_PKT_FLAG_KEY)
		restart_decoder(clip);
	while (backlog_is_full(&clip->backlog, (size_t)clip->packet->size))
		decode_oldest(clip);
	set_picture(clip, packet_stamp(clip->packet), false);
	return backlog_push(&clip->backlog, clip->packet);
}

/* Takes a packet to the decoder, or past it. 1: it is passed over, and is the picture. */
static int feed(struct clip *clip, bool wanted)
{
	int r;

	if (!wanted) {
		r = pass_over(clip);
		return r < 0 ? r : 1;
	}
	r = avcodec_send_packet(clip->decoder, clip->packet);
	return r == AVERROR_INVALIDDATA ? 0 : r; /* a broken picture is only missing */
}

/* At the end of the input. 0 to go on reading. */
static int end_of_input(struct clip *clip)
{
	if (clip->info.is_live)
		return -ENODATA;
	if (!clip->decoder || clip->backlog.count > 0 || clip->is_draining)
		return rewind_file(clip);
	clip->is_draining = true;
	return avcodec_send_packet(clip->decoder, NULL) < 0 ? rewind_file(clip) : 0;
}

static int next_jpeg(struct clip *clip)
{
	for (;;) {
		int r = read_packet(clip);

		if (r >= 0) {
			set_picture(clip, packet_stamp(clip->packet), true);
			return 0;
		}
		r = r == AVERROR_EOF ? end_of_input(clip) : explain(clip, r);
		if (r < 0)
			return r;
	}
}

static int next_decoded(struct clip *clip, bool wanted)
{
	if (wanted)
		catch_up(clip);
	for (;;) {
		int r = avcodec_receive_frame(clip->decoder, clip->frame);

		if (r >= 0) {
			set_picture(clip, clip->frame->best_effort_timestamp, true);
			return 0;
		}
		r = clip->is_draining ? AVERROR_EOF : read_packet(clip);
		if (r >= 0)
			r = feed(clip, wanted);
		else
			r = r == AVERROR_EOF ? end_of_input(clip) : explain(clip, r);
		if (r != 0)
			return r > 0 ? 0 : r;
	}
}

int clip_next(struct clip *clip, bool wanted)
{
	return clip->decoder ? next_decoded(clip, wanted) : next_jpeg(clip);
}

static void release_packet(void *owner)
{
	AVPacket *packet = owner;

	av_packet_free(&packet);
}

static void release_frame(void *owner)
{
	AVFrame *frame = owner;

	av_frame_free(&frame);
}

static struct image *image_from_packet(struct clip *clip, struct image_info *info)
{
	AVPacket *packet = av_packet_clone(clip->packet);
	struct image *image = NULL;

	if (!packet)
		return NULL;
	info->full_range = true;
	info->planes[0] = packet->data;
	info->size = (size_t)packet->size;
	image = image_new(info, release_packet, packet);
	if (!image)
		av_packet_free(&packet);
	return image;
}

static bool is_full_range(const AVFrame *frame)
{
	return frame->color_range == AVCOL_RANGE_JPEG || frame->format == AV_PIX_FMT_YUVJ420P ||
	       frame->format == AV_PIX_FMT_YUVJ422P || frame->format == AV_PIX_FMT_YUVJ444P;
}

/* True if the decoder's planes can be shown as they are. */
static bool is_ready(const struct clip *clip, const AVFrame *frame)
{
	return (frame->format == AV_PIX_FMT_YUV420P || frame->format == AV_PIX_FMT_YUVJ420P) &&
	       frame->width == clip->info.width && frame->height == clip->info.height &&
	       frame->linesize[0] > 0;
}

static struct image *image_from_frame(const AVFrame *frame, struct image_info *info)
{
	AVFrame *owner = av_frame_clone(frame);
	struct image *image;

	if (!owner)
		return NULL;
	for (int i = 0; i < 3; i++) {
		info->planes[i] = owner->data[i];
		info->strides[i] = owner->linesize[i];
	}
	image = image_new(info, release_frame, owner);
	if (!image)
		av_frame_free(&owner);
	return image;
}

/* Other formats, and pictures whose size changes, become what clip_info() promised. */
static struct image *convert_frame(struct clip *clip, const struct image_info *info)
{
	const AVFrame *frame = clip->frame;
	const int *coefficients = sws_getCoefficients(SWS_CS_DEFAULT);
	struct image *image = image_new_planes(info);
	uint8_t *planes[4] = {0};
	int strides[4] = {0};

	clip->converter = sws_getCachedContext(clip->converter, frame->width, frame->height,
	                                       frame->format, info->width, info->height,
	                                       AV_PIX_FMT_YUV420P, SWS_BILINEAR, NULL, NULL, NULL);
	if (!image || !clip->converter) {
		image_unref(image);
		return NULL;
	}
	sws_setColorspaceDetails(clip->converter, coefficients, info->full_range, coefficients,
	                         info->full_range, 0, 1 << 16, 1 << 16);
	for (int i = 0; i < 3; i++) {
		planes[i] = image_plane(image, i);
		strides[i] = image_info(image)->strides[i];
	}
	sws_scale(clip->converter, (const uint8_t *const *)frame->data, frame->linesize, 0,
	          frame->height, planes, strides);
	return image;
}

struct image *clip_image(struct clip *clip, uint64_t sequence, int64_t pts_us)
{
	struct image_info info = {
		.format = clip->info.format,
		.width = clip->info.width,
		.height = clip->info.height,
		.sequence = sequence,
		.pts_us = pts_us,
		.exposure = IMAGE_EXPOSURE_SETTLED, /* by whoever recorded it */
	};

	if (!clip->has_image)
		return NULL;
	if (!clip->decoder)
		return image_from_packet(clip, &info);
	info.full_range = is_full_range(clip->frame);
	if (is_ready(clip, clip->frame))
		return image_from_frame(clip->frame, &info);
	return convert_frame(clip, &info);
}
