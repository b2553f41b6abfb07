#include "media/h264_encoder.h"

#include "media/h264.h"
#include "picture.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WIDTH 176
#define HEIGHT 144

static const struct h264_options usual = {
	.width = WIDTH,
	.height = HEIGHT,
	.fps = 30,
	.preset = "veryfast",
	.crf = 18,
	.gop_s = 2,
	.full_range = true,
	.epoch = 7,
};

static struct h264_encoder *new_encoder(const struct h264_options *options)
{
	struct h264_encoder *encoder = NULL;

	assert_int_equal(h264_encoder_new(options, &encoder), 0);
	return encoder;
}

static struct frame *encode(struct h264_encoder *encoder, enum image_format format, int step,
                            bool force_key)
{
	struct image *image = picture_new(format, WIDTH, HEIGHT, step);
	struct frame *frame = NULL;

	assert_int_equal(h264_encoder_encode(encoder, image, force_key, &frame), 0);
	image_unref(image);
	return frame;
}

/* The types of the NAL units in order, as digits. */
static void list_units(const struct frame *frame, char ret_types[static 16])
{
	const uint8_t *data = frame_data(frame);
	size_t count = 0;

	for (size_t i = 0; i + 3 < frame_size(frame) && count < 15; i++)
		if (!data[i] && !data[i + 1] && data[i + 2] == 1)
			ret_types[count++] = (char)('0' + (data[i + 3] & 31));
	ret_types[count] = '\0';
}

static void first_frame_is_a_key_with_parameters(void **state)
{
	struct h264_encoder *encoder = new_encoder(&usual);
	struct frame *first = encode(encoder, IMAGE_YUV420, 0, false);
	struct frame *second = encode(encoder, IMAGE_YUV420, 1, false);
	char units[16];

	list_units(first, units);
	assert_string_equal(units, "7865"); /* SPS, PPS, SEI, IDR */
	assert_true(frame_info(first)->key);
	assert_int_equal(frame_info(first)->codec, FRAME_H264);
	assert_int_equal(frame_info(first)->width, WIDTH);
	assert_int_equal(frame_info(first)->epoch, 7);
	assert_true(frame_info(first)->full_range);
	list_units(second, units);
	assert_string_equal(units, "1"); /* one slice: one picture */
	assert_false(frame_info(second)->key);
	assert_int_equal(frame_info(second)->sequence, 1001);
	assert_int_equal(frame_info(second)->pts_us, 5033333);
	frame_unref(first);
	frame_unref(second);
	h264_encoder_free(encoder);
	h264_encoder_free(NULL);
}

static void a_forced_key_is_an_idr_with_parameters(void **state)
{
	struct h264_encoder *encoder = new_encoder(&usual);
	char units[16];

	frame_unref(encode(encoder, IMAGE_YUV420, 0, false));
	frame_unref(encode(encoder, IMAGE_YUV420, 1, false));
	struct frame *frame = encode(encoder, IMAGE_YUV420, 2, true);
	list_units(frame, units);
	assert_string_equal(units, "785");
	assert_true(frame_info(frame)->key);
	frame_unref(frame);
	h264_encoder_free(encoder);
}

/* Steps of a picture that make up the group; a picture is 33 ms. */
static int key_distance(double gop_s, int step)
{
	struct h264_options options = usual;

	options.gop_s = gop_s;
	struct h264_encoder *encoder = new_encoder(&options);
	frame_unref(encode(encoder, IMAGE_YUV420, 0, false));
	for (int i = step;; i += step) {
		struct frame *frame = encode(encoder, IMAGE_YUV420, i, false);
		bool key = frame_info(frame)->key;

		frame_unref(frame);
		if (!key)
			continue;
		h264_encoder_free(encoder);
		return i;
	}
}

static void key_frames_come_by_time_whatever_the_rate(void **state)
{
	assert_int_equal(key_distance(0.5, 1), 15);
	assert_int_equal(key_distance(0.5, 3), 15); /* at a third of the rate */
	assert_int_equal(key_distance(0.01, 1), 1); /* all of them */
}

static void every_raw_format_decodes_to_the_same_picture(void **state)
{
	static const enum image_format formats[] = {IMAGE_YUV420, IMAGE_NV12, IMAGE_YUV422,
	                                            IMAGE_YUYV};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct h264_encoder *encoder = new_encoder(&usual);
		struct frame *frame = encode(encoder, formats[i], 0, false);
		AVCodecContext *decoder =
			avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
		AVPacket *packet = av_packet_alloc();
		AVFrame *picture = av_frame_alloc();

		packet->data = (uint8_t *)frame_data(frame);
		packet->size = (int)frame_size(frame);
		decoder->thread_count = 1;
		assert_int_equal(avcodec_open2(decoder, NULL, NULL), 0);
		assert_int_equal(avcodec_send_packet(decoder, packet), 0);
		avcodec_send_packet(decoder, NULL);
		assert_int_equal(avcodec_receive_frame(decoder, picture), 0);
		assert_int_equal(picture->color_range, AVCOL_RANGE_JPEG);
		for (int y = 0; y < HEIGHT; y++)
			for (int x = 0; x < WIDTH; x++)
				assert_in_range(picture->data[0][y * picture->linesize[0] + x],
				                picture_luma(x, y, 0) - 12,
				                picture_luma(x, y, 0) + 12);
		assert_in_range(picture->data[1][20], picture_u(40, 0) - 8, picture_u(40, 0) + 8);
		assert_in_range(picture->data[2][20], picture_v(40, 0) - 8, picture_v(40, 0) + 8);
		av_frame_free(&picture);
		av_packet_free(&packet);
		avcodec_free_context(&decoder);
		frame_unref(frame);
		h264_encoder_free(encoder);
	}
}

static void count_release(void *owner)
{
	++*(int *)owner;
}

static void the_image_is_given_back_at_once(void **state)
{
	struct h264_encoder *encoder = new_encoder(&usual);
	struct image *planes = picture_new(IMAGE_YUV420, WIDTH, HEIGHT, 0);
	int released = 0;
	struct image *image = image_new(image_info(planes), count_release, &released);
	struct frame *frame = NULL;

	assert_int_equal(h264_encoder_encode(encoder, image, false, &frame), 0);
	image_unref(image);
	assert_int_equal(released, 1);
	image_unref(planes);
	frame_unref(frame);
	h264_encoder_free(encoder);
}

static void rate_stays_under_the_cap(void **state)
{
	struct h264_options options = usual;
	size_t capped = 0, bytes = 0;

	options.max_kbps = 100;
	struct h264_encoder *encoder = new_encoder(&options), *free_encoder = new_encoder(&usual);
	for (int i = 0; i < 90; i++) {
		struct frame *a = encode(encoder, IMAGE_YUV420, i * 7, false);
		struct frame *b = encode(free_encoder, IMAGE_YUV420, i * 7, false);

		capped += frame_size(a);
		bytes += frame_size(b);
		frame_unref(a);
		frame_unref(b);
	}
	/* 3 s and the one second that the buffer holds. */
	assert_true(bytes > 100 * 1000 / 8 * 4);
	assert_true(capped < 100 * 1000 / 8 * 4);
	h264_encoder_free(encoder);
	h264_encoder_free(free_encoder);
}

static void assert_not_encoded(struct h264_encoder *encoder, struct image_info info)
{
	struct image *image = image_new(&info, NULL, NULL);
	struct frame *frame = NULL;

	assert_int_equal(h264_encoder_encode(encoder, image, false, &frame), -EINVAL);
	assert_null(frame);
	image_unref(image);
}

static void images_that_do_not_fit_are_refused(void **state)
{
	struct h264_encoder *encoder = new_encoder(&usual);
	struct image *image = picture_new(IMAGE_YUV420, WIDTH, HEIGHT, 0);
	struct image_info info = *image_info(image);
	struct frame *frame = NULL;

	info.width = WIDTH - 2;
	assert_not_encoded(encoder, info);
	info = *image_info(image);
	info.height = HEIGHT + 2;
	assert_not_encoded(encoder, info);
	info = *image_info(image);
	info.full_range = false;
	assert_not_encoded(encoder, info);
	info = *image_info(image);
	info.format = IMAGE_JPEG;
	assert_not_encoded(encoder, info);
	assert_int_equal(h264_encoder_encode(encoder, image, false, &frame), 0);
	assert_not_encoded(encoder, *image_info(image)); /* the same pts again */
	frame_unref(frame);
	image_unref(image);
	h264_encoder_free(encoder);
}

static void assert_refused(struct h264_options options)
{
	struct h264_encoder *encoder = NULL;

	assert_int_equal(h264_encoder_new(&options, &encoder), -EINVAL);
	assert_null(encoder);
}

static void bad_options_are_refused(void **state)
{
	struct h264_options options = usual;

	options.width = WIDTH + 1;
	assert_refused(options);
	options = usual;
	options.height = 0;
	assert_refused(options);
	options = usual;
	options.crf = 52;
	assert_refused(options);
	options = usual;
	options.gop_s = 0;
	assert_refused(options);
	options = usual;
	options.fps = 0;
	assert_refused(options);
}

static void encoders_that_are_not_there_are_told(void **state)
{
	struct h264_options options = usual;
	struct h264_encoder *encoder = NULL;

	options.encoder = "h264_none_such";
	assert_int_equal(h264_encoder_new(&options, &encoder), -ENOSYS);
	options.encoder = "mjpeg"; /* there, but another codec */
	assert_int_equal(h264_encoder_new(&options, &encoder), -ENOSYS);
	assert_null(encoder);
}

/* As those in hardware do: frames come later, in order, with the numbers of their pictures. */
static void an_encoder_may_keep_pictures_for_a_while(void **state)
{
	struct h264_options options = usual;
	struct h264_encoder *encoder;
	uint64_t next = 0;
	int waits = 0, keys = 0;

	options.encoder = H264_ANY;
	encoder = new_encoder(&options);
	for (int i = 0; i < 150; i++) {
		struct image *image = picture_new(IMAGE_YUV420, WIDTH, HEIGHT, i);
		struct frame *frame;
		int r = h264_encoder_encode(encoder, image, i == 20, &frame);

		image_unref(image);
		waits += r == -EAGAIN;
		for (; r == 0; r = h264_encoder_next(encoder, &frame)) {
			uint8_t parameters[H264_PARAMETERS_MAX];

			assert_int_equal(frame_info(frame)->sequence, 1000 + next++);
			assert_true(!frame_info(frame)->key ||
			            h264_parameters(frame_data(frame), frame_size(frame),
			                            parameters) > 0);
			keys += frame_info(frame)->key;
			frame_unref(frame);
		}
		assert_int_equal(r, -EAGAIN);
	}
	assert_true(waits > 0 && next > 60);
	assert_true(keys >= 2);
	h264_encoder_free(encoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_frame_is_a_key_with_parameters),
		cmocka_unit_test(a_forced_key_is_an_idr_with_parameters),
		cmocka_unit_test(key_frames_come_by_time_whatever_the_rate),
		cmocka_unit_test(every_raw_format_decodes_to_the_same_picture),
		cmocka_unit_test(the_image_is_given_back_at_once),
		cmocka_unit_test(rate_stays_under_the_cap),
		cmocka_unit_test(images_that_do_not_fit_are_refused),
		cmocka_unit_test(bad_options_are_refused),
		cmocka_unit_test(encoders_that_are_not_there_are_told),
		cmocka_unit_test(an_encoder_may_keep_pictures_for_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
