/* Recordings for the muxer's tests: frames with irregular times, encoded once, and a player. */
#ifndef CAMNODE_TESTS_MEDIA_RECORDING_H
#define CAMNODE_TESTS_MEDIA_RECORDING_H

#include "media/h264_encoder.h"
#include "media/jpeg_encoder.h"
#include "media/muxer.h"
#include "picture.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WIDTH 96
#define HEIGHT 64
#define FRAMES 120
#define GOP_S 2.0

/* What all tests need: a folder, and frames with irregular times, encoded once. */
struct fixture {
	char folder[64];
	char part[96], whole[96];
	struct frame *frames[2][FRAMES]; /* by codec */
};

/* About 30 a second, some late, one after a pause. */
static inline int64_t pts_of(int i)
{
	return 7000001 + i * INT64_C(33333) + i % 7 * 1234 + (i > 70 ? 400000 : 0);
}

static inline struct image *image_of(int i)
{
	struct image *image = picture_new(IMAGE_YUV420, WIDTH, HEIGHT, i);
	struct image_info info = *image_info(image);

	info.pts_us = pts_of(i);
	return image_new(&info, (void (*)(void *))image_unref, image);
}

static inline struct h264_encoder *new_encoder(int crf)
{
	const struct h264_options options = {
		.width = WIDTH,
		.height = HEIGHT,
		.fps = 30,
		.preset = "ultrafast",
		.crf = crf,
		.gop_s = GOP_S,
		.full_range = true,
	};
	struct h264_encoder *encoder = NULL;

	assert_int_equal(h264_encoder_new(&options, &encoder), 0);
	return encoder;
}

static inline int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct jpeg_encoder *jpeg = jpeg_encoder_new();
	struct h264_encoder *h264 = new_encoder(30);

	for (int i = 0; i < FRAMES; i++) {
		struct image *image = image_of(i);

		jpeg_encoder_encode(jpeg, image, 70, &fixture->frames[FRAME_JPEG][i]);
		h264_encoder_encode(h264, image, false, &fixture->frames[FRAME_H264][i]);
		image_unref(image);
	}
	jpeg_encoder_free(jpeg);
	h264_encoder_free(h264);
	/* In memory, if there is such a folder: the hundreds of files wait for no busy disk. */
	bool in_memory = access("/dev/shm", W_OK) == 0;
	snprintf(fixture->folder, sizeof(fixture->folder), "%s/muxer.XXXXXX",
	         in_memory ? "/dev/shm" : "/tmp");
	if (!mkdtemp(fixture->folder))
		return -1;
	snprintf(fixture->part, sizeof(fixture->part), "%s/a.part.mp4", fixture->folder);
	snprintf(fixture->whole, sizeof(fixture->whole), "%s/a.mp4", fixture->folder);
	*state = fixture;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < FRAMES; i++) {
		frame_unref(fixture->frames[FRAME_JPEG][i]);
		frame_unref(fixture->frames[FRAME_H264][i]);
	}
	unlink(fixture->part);
	unlink(fixture->whole);
	rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static inline int remove_files(void **state)
{
	struct fixture *fixture = *state;

	unlink(fixture->part);
	unlink(fixture->whole);
	return 0;
}

static const struct muxer_tags tags = {
	.label = "Päckchen", .id = "cam0-1", .started_wall_us = INT64_C(1795442690123000)};

static inline struct muxer *open_part(struct fixture *fixture, enum frame_codec codec)
{
	struct muxer *muxer = NULL;

	assert_int_equal(muxer_open(fixture->part, &tags, fixture->frames[codec][0], &muxer), 0);
	return muxer;
}

static inline void write_part(struct fixture *fixture, enum frame_codec codec, int frames)
{
	struct muxer *muxer = open_part(fixture, codec);

	for (int i = 0; i < frames; i++)
		assert_int_equal(muxer_write(muxer, fixture->frames[codec][i], NULL), 0);
	assert_int_equal(muxer_frames(muxer), frames);
	assert_int_equal(muxer_close(muxer), 0);
}

static inline off_t size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* What a player sees: frames decoded without an error, and their times in ticks. */
struct played {
	int frames;
	int64_t ticks[FRAMES];
	int64_t durations[FRAMES];
};

static inline void play(const char *path, struct played *ret)
{
	AVFormatContext *format = NULL;
	AVPacket *packet = av_packet_alloc();
	AVFrame *picture = av_frame_alloc();

	memset(ret, 0, sizeof(*ret));
	assert_int_equal(avformat_open_input(&format, path, NULL, NULL), 0);
	const AVCodecParameters *track = format->streams[0]->codecpar;
	assert_int_equal(format->streams[0]->time_base.den, 90000);
	AVCodecContext *decoder = avcodec_alloc_context3(avcodec_find_decoder(track->codec_id));
	avcodec_parameters_to_context(decoder, track);
	decoder->thread_count = 1;
	decoder->err_recognition = AV_EF_EXPLODE;
	assert_int_equal(avcodec_open2(decoder, NULL, NULL), 0);
	while (av_read_frame(format, packet) >= 0) {
		if (!(packet->flags & AV_PKT_FLAG_CORRUPT) && packet->size) {
			assert_true(ret->frames < FRAMES);
			assert_int_equal(avcodec_send_packet(decoder, packet), 0);
			assert_int_equal(avcodec_receive_frame(decoder, picture), 0);
			assert_int_equal(picture->width, WIDTH);
			ret->ticks[ret->frames] = packet->pts;
			ret->durations[ret->frames++] = packet->duration;
		}
		av_packet_unref(packet);
	}
	avcodec_free_context(&decoder);
	av_frame_free(&picture);
	av_packet_free(&packet);
	avformat_close_input(&format);
}

/* Times of the first `frames` are those of the sensor, in 1/90000 s. */
static inline void assert_times(const struct played *played, int frames)
{
	assert_int_equal(played->frames, frames);
	for (int i = 0; i < frames; i++)
		assert_int_equal(played->ticks[i], (pts_of(i) - pts_of(0)) * 9 / 100);
}

#endif
