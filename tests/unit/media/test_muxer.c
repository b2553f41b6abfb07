#include "media/muxer.h"

#include "base/cleanup.h"
#include "media/h264_encoder.h"
#include "media/jpeg_encoder.h"
#include "picture.h"

#include <errno.h>
#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
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
static int64_t pts_of(int i)
{
	return 7000001 + i * INT64_C(33333) + i % 7 * 1234 + (i > 70 ? 400000 : 0);
}

static struct image *image_of(int i)
{
	struct image *image = picture_new(IMAGE_YUV420, WIDTH, HEIGHT, i);
	struct image_info info = *image_info(image);

	info.pts_us = pts_of(i);
	return image_new(&info, (void (*)(void *))image_unref, image);
}

static struct h264_encoder *new_encoder(int crf)
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

static int set_up(void **state)
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
	strcpy(fixture->folder, "/tmp/muxer.XXXXXX");
	if (!mkdtemp(fixture->folder))
		return -1;
	snprintf(fixture->part, sizeof(fixture->part), "%s/a.part.mp4", fixture->folder);
	snprintf(fixture->whole, sizeof(fixture->whole), "%s/a.mp4", fixture->folder);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
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

static int remove_files(void **state)
{
	struct fixture *fixture = *state;

	unlink(fixture->part);
	unlink(fixture->whole);
	return 0;
}

static struct muxer *open_part(struct fixture *fixture, enum frame_codec codec)
{
	struct muxer *muxer = NULL;

	assert_int_equal(muxer_open(fixture->part, fixture->frames[codec][0], &muxer), 0);
	return muxer;
}

static void write_part(struct fixture *fixture, enum frame_codec codec, int frames)
{
	struct muxer *muxer = open_part(fixture, codec);

	for (int i = 0; i < frames; i++)
		assert_int_equal(muxer_write(muxer, fixture->frames[codec][i], NULL), 0);
	assert_int_equal(muxer_frames(muxer), frames);
	assert_int_equal(muxer_close(muxer), 0);
}

/* What a player sees: frames decoded without an error, and their times in ticks. */
struct played {
	int frames;
	int64_t ticks[FRAMES];
	int64_t durations[FRAMES];
};

static void play(const char *path, struct played *ret)
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
static void assert_times(const struct played *played, int frames)
{
	assert_int_equal(played->frames, frames);
	for (int i = 0; i < frames; i++)
		assert_int_equal(played->ticks[i], (pts_of(i) - pts_of(0)) * 9 / 100);
}

static void assert_same(const struct muxer_file *a, const struct muxer_file *b)
{
	assert_int_equal(a->frames, b->frames);
	assert_int_equal(a->duration_us, b->duration_us);
	assert_int_equal(a->width, b->width);
	assert_int_equal(a->height, b->height);
	assert_int_equal(a->codec, b->codec);
}

static void recording_plays_with_the_sensors_times(void **state)
{
	struct fixture *fixture = *state;

	for (int codec = FRAME_JPEG; codec <= FRAME_H264; codec++) {
		struct muxer_file part, whole, probed;
		struct played played;

		write_part(fixture, codec, FRAMES);
		play(fixture->part, &played);
		assert_times(&played, FRAMES);
		assert_int_equal(muxer_probe(fixture->part, &part), 0);
		assert_int_equal(muxer_finish(fixture->part, fixture->whole, &whole), 0);
		play(fixture->whole, &played);
		assert_times(&played, FRAMES);
		assert_int_equal(played.durations[FRAMES - 1], played.durations[FRAMES - 2]);
		assert_int_equal(muxer_probe(fixture->whole, &probed), 0);
		assert_int_equal(whole.frames, FRAMES);
		assert_int_equal(whole.width, WIDTH);
		assert_int_equal(whole.height, HEIGHT);
		assert_int_equal(whole.codec, codec);
		/* The last frame is shown as long as the one before. */
		assert_in_range(whole.duration_us,
				2 * pts_of(FRAMES - 1) - pts_of(FRAMES - 2) - pts_of(0) - 20,
				2 * pts_of(FRAMES - 1) - pts_of(FRAMES - 2) - pts_of(0) + 20);
		assert_same(&part, &whole);
		assert_same(&probed, &whole);
		remove_files(state);
	}
}

/* Where a box lies in the file, by its name at the top level: -1 if it is not there. */
static long find_box(const char *path, const char *name)
{
	FILE *file = fopen(path, "rb");
	unsigned char head[8];
	long at = 0;

	while (!fseek(file, at, SEEK_SET) && fread(head, 1, 8, file) == 8) {
		if (!memcmp(head + 4, name, 4)) {
			fclose(file);
			return at;
		}
		at += (long)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];
	}
	fclose(file);
	return -1;
}

static void finished_file_has_its_index_in_front(void **state)
{
	struct fixture *fixture = *state;
	struct muxer_file file;
	char temporary[128];

	write_part(fixture, FRAME_JPEG, FRAMES);
	assert_int_equal(find_box(fixture->part, "mdat") > 0, 1);
	assert_true(find_box(fixture->part, "moof") > 0);
	assert_int_equal(muxer_finish(fixture->part, fixture->whole, &file), 0);
	assert_true(find_box(fixture->whole, "moov") > 0);
	assert_true(find_box(fixture->whole, "moov") < find_box(fixture->whole, "mdat"));
	assert_int_equal(find_box(fixture->whole, "moof"), -1);
	snprintf(temporary, sizeof(temporary), "%s.tmp", fixture->whole);
	assert_int_equal(access(temporary, F_OK), -1);
	assert_int_equal(access(fixture->part, F_OK), 0); /* the caller's */
}

static void copy_file(const char *from, const char *to, off_t size)
{
	_cleanup_close_ int in = open(from, O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	_cleanup_free_ char *data = malloc((size_t)size);

	assert_int_equal(read(in, data, (size_t)size), size);
	assert_int_equal(write(out, data, (size_t)size), size);
}

static off_t size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* As after kill -9: the file as it lies there after a frame. */
static void a_copy_at_any_moment_lacks_half_a_second_at_most(void **state)
{
	struct fixture *fixture = *state;

	for (int codec = FRAME_JPEG; codec <= FRAME_H264; codec++) {
		struct muxer *muxer = open_part(fixture, codec);
		int flushes = 0;

		for (int i = 0; i < FRAMES; i++) {
			struct frame *frame = fixture->frames[codec][i];
			struct muxer_file file = {0};
			struct played played;
			bool flushed = false;

			assert_int_equal(muxer_write(muxer, frame, &flushed), 0);
			flushes += flushed;
			if (i % 5 && !flushed)
				continue;
			copy_file(fixture->part, fixture->whole, size_of(fixture->part));
			assert_int_equal(muxer_probe(fixture->whole, &file), 0);
			if (!file.frames) {
				assert_true(pts_of(i) - pts_of(0) < MUXER_FRAGMENT_US);
				continue;
			}
			play(fixture->whole, &played);
			assert_times(&played, (int)file.frames);
			assert_true(pts_of(i) - pts_of((int)file.frames) < MUXER_FRAGMENT_US);
		}
		assert_in_range(flushes, 7, 9); /* 4.4 s */
		assert_int_equal(muxer_bytes(muxer), size_of(fixture->part));
		assert_int_equal(muxer_close(muxer), 0);
		remove_files(state);
	}
}

/* As after a power cut: the last fragment is there in part, down to the byte. */
static void any_cut_is_finished_with_all_whole_frames(void **state)
{
	struct fixture *fixture = *state;
	char cut[128];

	snprintf(cut, sizeof(cut), "%s/cut.mp4", fixture->folder);
	for (int codec = FRAME_JPEG; codec <= FRAME_H264; codec++) {
		struct muxer *muxer = open_part(fixture, codec);
		off_t before = 0, end;
		uint64_t frames = 0;
		bool flushed = false;

		for (int i = 0; i < 40; i++) {
			end = size_of(fixture->part);
			assert_int_equal(muxer_write(muxer, fixture->frames[codec][i], &flushed),
					 0);
			before = flushed ? end : before;
		}
		end = size_of(fixture->part);
		assert_true(before > 0 && end > before);
		for (off_t size = before; size <= end; size += size < before + 250 ? 1 : 307) {
			struct muxer_file file, probed;
			struct played played;

			copy_file(fixture->part, cut, size);
			assert_int_equal(muxer_finish(cut, fixture->whole, &file), 0);
			assert_true(file.frames >= frames); /* more bytes, no fewer frames */
			frames = file.frames;
			assert_int_equal(muxer_probe(fixture->whole, &probed), 0);
			assert_int_equal(probed.frames, frames);
			play(fixture->whole, &played);
			assert_times(&played, (int)frames);
		}
		assert_in_range(frames, 25, 40);
		assert_int_equal(muxer_close(muxer), 0);
		unlink(cut);
		remove_files(state);
	}
}

static void without_a_whole_frame_there_is_no_data(void **state)
{
	struct fixture *fixture = *state;
	struct muxer *muxer = open_part(fixture, FRAME_H264);
	struct muxer_file file;

	/* Only the header, and every part of it. */
	for (off_t size = size_of(fixture->part); size >= 0; size--) {
		assert_int_equal(truncate(fixture->part, size), 0);
		assert_int_equal(muxer_finish(fixture->part, fixture->whole, &file), -ENODATA);
	}
	assert_int_equal(access(fixture->whole, F_OK), -1);
	assert_int_equal(muxer_close(muxer), 0);
	unlink(fixture->part);
	assert_int_equal(muxer_finish(fixture->part, fixture->whole, &file), -ENOENT);
	assert_int_equal(muxer_probe(fixture->part, &file), -ENOENT);
}

static void one_frame_is_a_recording(void **state)
{
	struct fixture *fixture = *state;
	struct muxer_file file;

	write_part(fixture, FRAME_H264, 1);
	assert_int_equal(muxer_finish(fixture->part, fixture->whole, &file), 0);
	assert_int_equal(file.frames, 1);
	assert_int_equal(file.duration_us, 33333);
}

static struct frame *copy_with(const struct frame *frame, struct frame_info info)
{
	return frame_new(&info, frame_data(frame), frame_size(frame));
}

static void times_closer_than_a_tick_still_grow(void **state)
{
	struct fixture *fixture = *state;
	struct muxer *muxer = open_part(fixture, FRAME_JPEG);
	struct played played;

	for (int i = 0; i < 30; i++) {
		struct frame_info info = *frame_info(fixture->frames[FRAME_JPEG][0]);

		info.pts_us += i; /* 11 µs are a tick */
		struct frame *frame = copy_with(fixture->frames[FRAME_JPEG][i], info);
		assert_int_equal(muxer_write(muxer, frame, NULL), 0);
		frame_unref(frame);
	}
	assert_int_equal(muxer_close(muxer), 0);
	play(fixture->part, &played);
	assert_int_equal(played.frames, 30);
	for (int i = 0; i < 30; i++)
		assert_int_equal(played.ticks[i], i);
}

static void assert_refused(struct muxer *muxer, const struct frame *frame, struct frame_info info)
{
	struct frame *other = copy_with(frame, info);

	assert_int_equal(muxer_write(muxer, other, NULL), -EINVAL);
	frame_unref(other);
}

static void frames_of_another_kind_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct frame *first = fixture->frames[FRAME_H264][0];
	struct muxer *muxer = open_part(fixture, FRAME_H264);
	struct frame_info info = *frame_info(first);

	assert_int_equal(muxer_write(muxer, first, NULL), 0);
	assert_refused(muxer, first, info); /* pts has not grown */
	info.pts_us += 1000;
	info.width += 2;
	assert_refused(muxer, first, info);
	info.width -= 2;
	info.full_range = false;
	assert_refused(muxer, first, info);
	assert_int_equal(muxer_write(muxer, fixture->frames[FRAME_JPEG][1], NULL), -EINVAL);
	assert_int_equal(muxer_frames(muxer), 1);
	assert_int_equal(muxer_close(muxer), 0);
}

static void equal_parameters_of_another_encoder_are_accepted(void **state)
{
	struct fixture *fixture = *state;
	struct muxer *muxer = open_part(fixture, FRAME_H264);
	struct image *image = image_of(1);

	for (int other = 0; other < 2; other++) {
		/* The PPS holds the quantiser's start, which follows from the quality. */
		struct h264_encoder *encoder = new_encoder(other ? 12 : 30);
		struct frame *frame = NULL;

		assert_int_equal(h264_encoder_encode(encoder, image, false, &frame), 0);
		assert_int_equal(muxer_accepts(muxer, frame), !other);
		frame_unref(frame);
		h264_encoder_free(encoder);
	}
	image_unref(image);
	assert_int_equal(muxer_close(muxer), 0);
}

static void an_existing_file_is_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct muxer *muxer = NULL;

	close(open(fixture->part, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(muxer_open(fixture->part, fixture->frames[FRAME_JPEG][0], &muxer),
			 -EEXIST);
	assert_null(muxer);
	assert_int_equal(access(fixture->part, F_OK), 0);
}

static void a_recording_begins_with_a_key_frame(void **state)
{
	struct fixture *fixture = *state;
	struct muxer *muxer = NULL;

	assert_int_equal(muxer_open(fixture->part, fixture->frames[FRAME_H264][1], &muxer),
			 -EINVAL);
	assert_int_equal(access(fixture->part, F_OK), -1);
	assert_int_equal(muxer_open("/nonexistent/a.mp4", fixture->frames[FRAME_H264][0], &muxer),
			 -ENOENT);
}

/* A file size limit in place of a full disk: writes are cut short, then fail. */
static void a_failed_write_is_the_first_error_and_the_last(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit limit, old;
	struct muxer_file file;
	struct muxer *muxer;
	uint64_t bytes;
	int error = 0;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	muxer = open_part(fixture, FRAME_JPEG);
	limit = old;
	limit.rlim_cur = 100000; /* in the middle of a fragment */
	setrlimit(RLIMIT_FSIZE, &limit);
	for (int i = 0; i < FRAMES && !error; i++)
		error = muxer_write(muxer, fixture->frames[FRAME_JPEG][i], NULL);
	assert_int_equal(error, -EFBIG);
	bytes = muxer_bytes(muxer);
	assert_int_equal(muxer_close(muxer), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(size_of(fixture->part), bytes);
	assert_int_equal(bytes, limit.rlim_cur);
	assert_int_equal(muxer_finish(fixture->part, fixture->whole, &file), 0);
	assert_true(file.frames > 15);
}

static void finishing_without_room_leaves_nothing_behind(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit limit, old;
	struct muxer_file file;
	char temporary[128];

	write_part(fixture, FRAME_JPEG, FRAMES);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = 50000;
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(muxer_finish(fixture->part, fixture->whole, &file), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	snprintf(temporary, sizeof(temporary), "%s.tmp", fixture->whole);
	assert_int_equal(access(temporary, F_OK), -1);
	assert_int_equal(access(fixture->whole, F_OK), -1);
	assert_int_equal(access(fixture->part, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(recording_plays_with_the_sensors_times, remove_files),
		cmocka_unit_test_teardown(finished_file_has_its_index_in_front, remove_files),
		cmocka_unit_test_teardown(a_copy_at_any_moment_lacks_half_a_second_at_most,
					  remove_files),
		cmocka_unit_test_teardown(any_cut_is_finished_with_all_whole_frames, remove_files),
		cmocka_unit_test_teardown(without_a_whole_frame_there_is_no_data, remove_files),
		cmocka_unit_test_teardown(one_frame_is_a_recording, remove_files),
		cmocka_unit_test_teardown(times_closer_than_a_tick_still_grow, remove_files),
		cmocka_unit_test_teardown(frames_of_another_kind_are_refused, remove_files),
		cmocka_unit_test_teardown(equal_parameters_of_another_encoder_are_accepted,
					  remove_files),
		cmocka_unit_test_teardown(an_existing_file_is_left_alone, remove_files),
		cmocka_unit_test_teardown(a_recording_begins_with_a_key_frame, remove_files),
		cmocka_unit_test_teardown(a_failed_write_is_the_first_error_and_the_last,
					  remove_files),
		cmocka_unit_test_teardown(finishing_without_room_leaves_nothing_behind,
					  remove_files),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
