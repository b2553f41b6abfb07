/*
 * What encoding costs: the node's encoders, TurboJPEG's bare call and libavcodec's with libx264,
 * one after the other over the same pictures, again and again. Prints one JSON object; times are
 * CPU time of the one thread, per picture. See usage().
 */
#include "base/clock.h"
#include "base/str.h"
#include "media/h264_encoder.h"
#include "media/jpeg_encoder.h"

#include <errno.h>
#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <turbojpeg.h>

#define MAX_SIDE 8192 /* px */
#define FPS 30
#define IN_A_ROW 8
#define H264_CRF 23 /* as is the node's default */
#define H264_GOP_S 2.0

struct pictures {
	int64_t width, height;
	const uint8_t *data; /* YUV420 pictures, one behind the other */
	size_t count;
};

struct encoders {
	struct jpeg_encoder *jpeg;
	struct h264_encoder *h264;
	AVCodecContext *x264;
	AVFrame *picture;
	AVPacket *packet;
	tjhandle turbo;
	uint8_t *buffer; /* turbo's */
	int quality;
};

/* One way to encode. JPEGs are made some in a row of the same picture, as tjbench makes them: its
 * times hold for a picture in the cache. */
struct contender {
	const char *name;
	int in_a_row;
	int (*encode)(struct encoders *encoders, struct image *image, size_t *ret_size);
};

struct score {
	int64_t pictures;       /* so far: their time goes on from round to round */
	double sum_us, best_us; /* CPU time a picture, over the rounds */
	size_t rounds, bytes;
};

static void usage(void)
{
	fputs("Usage: bench_encode WIDTH HEIGHT QUALITY PRESET SECONDS PICTURES.yu12\n", stderr);
}

static int64_t cpu_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static int encode_jpeg(struct encoders *encoders, struct image *image, size_t *ret_size)
{
	_cleanup_(frame_unref_p) struct frame *frame = NULL;
	int error = jpeg_encoder_encode(encoders->jpeg, image, encoders->quality, &frame);

	if (error == 0)
		*ret_size = frame_size(frame);
	return error;
}

static int encode_turbo(struct encoders *encoders, struct image *image, size_t *ret_size)
{
	const struct image_info *info = image_info(image);
	unsigned long size = tjBufSize(info->width, info->height, TJSAMP_420);

	if (tjCompressFromYUVPlanes(encoders->turbo, (const uint8_t **)info->planes, info->width,
	                            info->strides, info->height, TJSAMP_420, &encoders->buffer,
	                            &size, encoders->quality, TJFLAG_NOREALLOC) < 0)
		return -EIO;
	*ret_size = size;
	return 0;
}

static int encode_h264(struct encoders *encoders, struct image *image, size_t *ret_size)
{
	_cleanup_(frame_unref_p) struct frame *frame = NULL;
	int error = h264_encoder_encode(encoders->h264, image, false, &frame);

	if (error == 0)
		*ret_size = frame_size(frame);
	return error;
}

/* They are the mapped file's. */
static void keep_pixels(void *unused, uint8_t *pixels)
{
}

/* As any program calls it, with the node's settings. */
static int encode_x264(struct encoders *encoders, struct image *image, size_t *ret_size)
{
	const struct image_info *info = image_info(image);
	AVFrame *picture = encoders->picture;
	int error;

	picture->width = info->width;
	picture->height = info->height;
	picture->format = AV_PIX_FMT_YUV420P;
	picture->pts = (info->pts_us * FPS + USEC_PER_SEC / 2) / USEC_PER_SEC;
	for (int i = 0; i < 3; i++) {
		picture->data[i] = (uint8_t *)info->planes[i];
		picture->linesize[i] = info->strides[i];
	}
	picture->buf[0] =
		av_buffer_create(picture->data[0], 1, keep_pixels, NULL, AV_BUFFER_FLAG_READONLY);
	error = avcodec_send_frame(encoders->x264, picture);
	av_frame_unref(picture);
	if (error == 0)
		error = avcodec_receive_packet(encoders->x264, encoders->packet);
	if (error < 0)
		return -EIO;
	*ret_size = (size_t)encoders->packet->size;
	av_packet_unref(encoders->packet);
	return 0;
}

static const struct contender contenders[] = {
	{"jpeg", IN_A_ROW, encode_jpeg},
	{"turbojpeg", IN_A_ROW, encode_turbo},
	{"h264", 1, encode_h264},
	{"x264", 1, encode_x264},
};
#define CONTENDERS (sizeof(contenders) / sizeof(contenders[0]))

static struct image *image_of(const struct pictures *pictures, size_t i, int64_t number)
{
	const size_t luma = (size_t)(pictures->width * pictures->height);
	const uint8_t *data = pictures->data + i * luma * 3 / 2;
	const struct image_info info = {
		.format = IMAGE_YUV420,
		.width = (int)pictures->width,
		.height = (int)pictures->height,
		.full_range = true,
		.pts_us = number * USEC_PER_SEC / FPS,
		.planes = {data, data + luma, data + luma * 5 / 4},
		.strides = {(int)pictures->width, (int)pictures->width / 2,
	                    (int)pictures->width / 2},
	};

	return image_new(&info, NULL, NULL);
}

static int encode_in_a_row(const struct contender *contender, struct encoders *encoders,
                           struct image *image, size_t *ret_size)
{
	int error = 0;

	for (int i = 0; i < contender->in_a_row && error == 0; i++)
		error = contender->encode(encoders, image, ret_size);
	return error;
}

/* All pictures, one after the other. */
static int run_round(const struct contender *contender, struct encoders *encoders,
                     const struct pictures *pictures, struct score *score)
{
	int64_t begin_ns = cpu_ns();
	double us;
	int error = 0;

	for (size_t i = 0; i < pictures->count && error == 0; i++) {
		_cleanup_(image_unref_p) struct image *image =
			image_of(pictures, i, score->pictures++);
		size_t size = 0;

		error = image ? encode_in_a_row(contender, encoders, image, &size) : -ENOMEM;
		score->bytes += size;
	}
	us = (double)(cpu_ns() - begin_ns) / 1e3 / (double)pictures->count / contender->in_a_row;
	score->sum_us += us;
	if (score->rounds == 0 || us < score->best_us)
		score->best_us = us;
	score->rounds++;
	return error;
}

static void print_scores(const struct pictures *pictures, const struct score scores[CONTENDERS])
{
	for (size_t i = 0; i < CONTENDERS; i++) {
		const struct score *score = &scores[i];
		size_t count = score->rounds * pictures->count;

		printf("%s\"%s\": {\"mean_us\": %.1f, \"best_us\": %.1f, \"bytes\": %zu}",
		       i ? ", " : "{", contenders[i].name, score->sum_us / (double)score->rounds,
		       score->best_us, score->bytes / count);
	}
	puts("}");
}

/* In turns, so that each meets the same weather; the first round only warms up. */
static int compete(struct encoders *encoders, const struct pictures *pictures, double seconds)
{
	struct score scores[CONTENDERS] = {0};
	int64_t end_us = 0;
	int error = 0;

	for (size_t i = 0; i < CONTENDERS && error == 0; i++)
		error = run_round(&contenders[i], encoders, pictures, &scores[i]);
	for (size_t i = 0; i < CONTENDERS; i++)
		scores[i] = (struct score){.pictures = scores[i].pictures};
	end_us = clock_mono_us() + (int64_t)(seconds * USEC_PER_SEC);
	do {
		for (size_t i = 0; i < CONTENDERS && error == 0; i++)
			error = run_round(&contenders[i], encoders, pictures, &scores[i]);
	} while (error == 0 && clock_mono_us() < end_us);
	if (error == 0)
		print_scores(pictures, scores);
	return error;
}

static int open_x264(struct encoders *encoders, const struct h264_options *options)
{
	const AVCodec *library = avcodec_find_encoder_by_name(H264_LIBX264);
	AVCodecContext *codec = avcodec_alloc_context3(library);

	encoders->x264 = codec;
	encoders->picture = av_frame_alloc();
	encoders->packet = av_packet_alloc();
	if (!library || !codec || !encoders->picture || !encoders->packet)
		return -ENOMEM;
	codec->width = options->width;
	codec->height = options->height;
	codec->pix_fmt = AV_PIX_FMT_YUV420P;
	codec->color_range = AVCOL_RANGE_JPEG;
	codec->time_base = (AVRational){1, FPS};
	codec->framerate = (AVRational){FPS, 1};
	codec->gop_size = (int)(H264_GOP_S * FPS);
	codec->thread_count = 1;
	av_opt_set(codec->priv_data, "preset", options->preset, 0);
	av_opt_set(codec->priv_data, "tune", "zerolatency", 0);
	av_opt_set(codec->priv_data, "profile", "baseline", 0);
	av_opt_set_int(codec->priv_data, "sc_threshold", 0, 0);
	av_opt_set_double(codec->priv_data, "crf", H264_CRF, 0);
	return avcodec_open2(codec, library, NULL) < 0 ? -EIO : 0;
}

static int open_encoders(struct encoders *encoders, const struct pictures *pictures,
                         const char *preset)
{
	const struct h264_options options = {
		.width = (int)pictures->width,
		.height = (int)pictures->height,
		.fps = FPS,
		.preset = preset,
		.crf = H264_CRF,
		.gop_s = H264_GOP_S,
		.full_range = true,
	};
	int error = h264_encoder_new(&options, &encoders->h264);

	if (error == 0)
		error = open_x264(encoders, &options);
	if (error < 0)
		return error;
	encoders->jpeg = jpeg_encoder_new();
	encoders->turbo = tjInitCompress();
	encoders->buffer = malloc(tjBufSize(options.width, options.height, TJSAMP_420));
	return encoders->jpeg && encoders->turbo && encoders->buffer ? 0 : -ENOMEM;
}

static void close_encoders(struct encoders *encoders)
{
	jpeg_encoder_free(encoders->jpeg);
	h264_encoder_free(encoders->h264);
	avcodec_free_context(&encoders->x264);
	av_frame_free(&encoders->picture);
	av_packet_free(&encoders->packet);
	if (encoders->turbo)
		tjDestroy(encoders->turbo);
	free(encoders->buffer);
}

/* The file stays mapped until the end. */
static int map_pictures(const char *path, struct pictures *pictures)
{
	const size_t picture_size = (size_t)(pictures->width * pictures->height * 3 / 2);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *data;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	pictures->count = (size_t)status.st_size / picture_size;
	if (pictures->count == 0)
		return -ENODATA;
	data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (data == MAP_FAILED)
		return -errno;
	pictures->data = data;
	return 0;
}

static bool is_side(int64_t side)
{
	return side >= 16 && side <= MAX_SIDE && side % 2 == 0;
}

int main(int argc, char **argv)
{
	struct encoders encoders = {0};
	struct pictures pictures = {0};
	int64_t quality;
	double seconds;
	int error;

	if (argc != 7 || str_parse_i64(argv[1], &pictures.width) < 0 ||
	    str_parse_i64(argv[2], &pictures.height) < 0 || str_parse_i64(argv[3], &quality) < 0 ||
	    quality < 1 || quality > 100 || str_parse_double(argv[5], &seconds) < 0 ||
	    !is_side(pictures.width) || !is_side(pictures.height)) {
		usage();
		return 2;
	}
	encoders.quality = (int)quality;
	error = map_pictures(argv[6], &pictures);
	if (error == 0)
		error = open_encoders(&encoders, &pictures, argv[4]);
	if (error == 0)
		error = compete(&encoders, &pictures, seconds);
	close_encoders(&encoders);
	if (error == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "bench_encode: %s\n", strerror(-error));
	return EXIT_FAILURE;
}
