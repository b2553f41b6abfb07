#include "media/jpeg.h"

#include "media/jpeg_encoder.h"
#include "picture.h"

#include <errno.h>
#include <string.h>
#include <turbojpeg.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A whole JPEG in as few bytes as the parser needs: SOF0 of 16 × 8, tables, a scan with a stuffed
 * 0xff, a restart marker and a fill byte. */
static const uint8_t small[] = {
	0xff, 0xd8,                                                             /* SOI */
	0xff, 0xc0, 0,    11,   8,    0,    8,    0,    16,   1,    1, 0x11, 0, /* SOF0 */
	0xff, 0xc4, 0,    3,    0,                                              /* DHT */
	0xff, 0xda, 0,    8,    1,    1,    0,    0,    63,   0,                /* SOS */
	0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56, 0xff, 0xff, 0xd9,             /* scan, EOI */
};

static struct frame *encode(enum image_format format, int quality)
{
	struct jpeg_encoder *encoder = jpeg_encoder_new();
	struct image *image = picture_new(format, 64, 48, 0);
	struct frame *frame = NULL;

	assert_int_equal(jpeg_encoder_encode(encoder, image, quality, &frame), 0);
	image_unref(image);
	jpeg_encoder_free(encoder);
	return frame;
}

static int parse(const void *data, size_t size)
{
	/* On the heap, so that the address sanitizer sees a read past the end. */
	uint8_t *copy = malloc(size ? size : 1);
	struct jpeg_header header;
	int result;

	memcpy(copy, data, size);
	result = jpeg_parse(copy, size, &header);
	free(copy);
	return result;
}

static void header_is_read(void **state)
{
	struct jpeg_header header;

	assert_int_equal(jpeg_parse(small, sizeof(small), &header), 0);
	assert_int_equal(header.width, 16);
	assert_int_equal(header.height, 8);
	assert_true(header.has_dht);
	assert_int_equal(header.sof_offset, 2);
	assert_int_equal(header.size, sizeof(small));
}

static void padding_is_cut(void **state)
{
	uint8_t padded[sizeof(small) + 100] = {0};
	struct jpeg_header header;

	memcpy(padded, small, sizeof(small));
	assert_int_equal(jpeg_parse(padded, sizeof(padded), &header), 0);
	assert_int_equal(header.size, sizeof(small));
	memset(padded + sizeof(small), 0xff, 100); /* or whatever else was in the buffer */
	assert_int_equal(jpeg_parse(padded, sizeof(padded), &header), 0);
	assert_int_equal(header.size, sizeof(small));
}

static void every_truncation_is_refused(void **state)
{
	struct frame *frame = encode(IMAGE_YUV420, 80);

	for (size_t size = 0; size < sizeof(small); size++)
		assert_int_equal(parse(small, size), -EBADMSG);
	for (size_t size = 0; size < frame_size(frame); size++)
		assert_int_equal(parse(frame_data(frame), size), -EBADMSG);
	assert_int_equal(parse(frame_data(frame), frame_size(frame)), 0);
	frame_unref(frame);
}

static void cut_off_and_padded_is_refused(void **state)
{
	uint8_t cut[sizeof(small)] = {0};

	memcpy(cut, small, sizeof(small) - 4);
	assert_int_equal(parse(cut, sizeof(cut)), -EBADMSG);
}

/* One wrong byte: what is broken, and what it is. */
static void broken_headers_are_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
	} cases[] = {
		{0, 0},     /* no SOI */
		{2, 0},     /* no marker */
		{3, 0xda},  /* scan before a size is known */
		{3, 0xd8},  /* SOI again */
		{3, 0xd9},  /* EOI without a scan */
		{3, 0x01},  /* not a header's marker */
		{3, 0xc9},  /* arithmetic coding */
		{4, 0xff},  /* segment longer than the data */
		{5, 1},     /* segment shorter than its length */
		{5, 7},     /* SOF without a size */
		{8, 0},     /* height 0 */
		{10, 0},    /* width 0 */
		{16, 0xc0}, /* two sizes */
		{35, 0xd8}, /* the next picture begins inside the scan */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t broken[sizeof(small)];

		memcpy(broken, small, sizeof(small));
		assert_int_not_equal(broken[cases[i].at], cases[i].byte);
		broken[cases[i].at] = cases[i].byte;
		assert_int_equal(parse(broken, sizeof(broken)), -EBADMSG);
	}
}

static void garbage_is_never_read_past_its_end(void **state)
{
	struct frame *frame = encode(IMAGE_YUV420, 50);
	size_t size = frame_size(frame);
	uint8_t *broken = malloc(size);

	for (size_t at = 0; at < size; at++) {
		memcpy(broken, frame_data(frame), size);
		broken[at] = 0xff;
		parse(broken, size);
		memset(broken + at, 0xff, size - at);
		assert_int_equal(parse(broken, size), -EBADMSG);
	}
	free(broken);
	frame_unref(frame);
}

static void several_scans_are_walked(void **state)
{
	tjhandle handle = tjInitTransform();
	struct frame *frame = encode(IMAGE_YUV420, 80);
	tjtransform progressive = {.op = TJXOP_NONE, .options = TJXOPT_PROGRESSIVE};
	unsigned char *data = NULL;
	unsigned long size = 0;
	struct jpeg_header header;

	assert_int_equal(tjTransform(handle, frame_data(frame), frame_size(frame), 1, &data, &size,
	                             &progressive, 0),
	                 0);
	assert_int_equal(jpeg_parse(data, size, &header), 0);
	assert_int_equal(header.size, size);
	assert_int_equal(header.width, 64);
	tjFree(data);
	tjDestroy(handle);
	frame_unref(frame);
}

/* The JPEG without its DHT segments, as many USB cameras give it. */
static size_t strip_tables(const struct frame *frame, uint8_t *ret_data)
{
	const uint8_t *data = frame_data(frame);
	size_t at = 2, size = 2;

	memcpy(ret_data, data, 2);
	while (data[at + 1] != 0xda) {
		size_t length = 2 + ((size_t)data[at + 2] << 8 | data[at + 3]);

		if (data[at + 1] != 0xc4) {
			memcpy(ret_data + size, data + at, length);
			size += length;
		}
		at += length;
	}
	memcpy(ret_data + size, data + at, frame_size(frame) - at);
	return size + frame_size(frame) - at;
}

static void decode(const uint8_t *data, size_t size, uint8_t *ret_rgb)
{
	tjhandle handle = tjInitDecompress();

	assert_int_equal(tjDecompress2(handle, data, size, ret_rgb, 64, 0, 48, TJPF_RGB, 0), 0);
	tjDestroy(handle);
}

static void missing_tables_are_inserted(void **state)
{
	const struct frame_info info = {.codec = FRAME_JPEG, .sequence = 9, .quality = -1};
	struct frame *whole = encode(IMAGE_YUYV, 80), *repaired = NULL;
	uint8_t *stripped = malloc(frame_size(whole));
	size_t size = strip_tables(whole, stripped);
	static uint8_t expected[64 * 48 * 3], got[64 * 48 * 3];
	struct jpeg_header header;

	assert_int_equal(jpeg_parse(stripped, size, &header), 0);
	assert_false(header.has_dht);
	assert_int_equal(jpeg_frame_new(&info, stripped, size, &repaired), 0);
	assert_int_equal(frame_info(repaired)->width, 64);
	assert_int_equal(frame_info(repaired)->height, 48);
	assert_int_equal(frame_info(repaired)->sequence, 9);
	assert_int_equal(frame_size(repaired), size + 420);
	assert_int_equal(jpeg_parse(frame_data(repaired), frame_size(repaired), &header), 0);
	assert_true(header.has_dht);
	decode(frame_data(whole), frame_size(whole), expected);
	decode(frame_data(repaired), frame_size(repaired), got);
	assert_memory_equal(got, expected, sizeof(got));
	free(stripped);
	frame_unref(whole);
	frame_unref(repaired);
}

static void a_whole_picture_is_only_copied(void **state)
{
	const struct frame_info info = {.codec = FRAME_JPEG};
	uint8_t padded[sizeof(small) + 7] = {0};
	struct frame *frame = NULL;

	memcpy(padded, small, sizeof(small));
	assert_int_equal(jpeg_frame_new(&info, padded, sizeof(padded), &frame), 0);
	assert_int_equal(frame_size(frame), sizeof(small));
	assert_memory_equal(frame_data(frame), small, sizeof(small));
	frame_unref(frame);
	frame = NULL;
	assert_int_equal(jpeg_frame_new(&info, padded, 20, &frame), -EBADMSG);
	assert_null(frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_is_read),
		cmocka_unit_test(padding_is_cut),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(cut_off_and_padded_is_refused),
		cmocka_unit_test(broken_headers_are_refused),
		cmocka_unit_test(garbage_is_never_read_past_its_end),
		cmocka_unit_test(several_scans_are_walked),
		cmocka_unit_test(missing_tables_are_inserted),
		cmocka_unit_test(a_whole_picture_is_only_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
