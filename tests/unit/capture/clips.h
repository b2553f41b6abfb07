/*
 * Small clips for tests, whose pictures carry the pattern's code with their number.
 */
#ifndef CAMNODE_TESTS_CLIPS_H
#define CAMNODE_TESTS_CLIPS_H

#include "capture/pattern_code.h"
#include "media/h264_encoder.h"
#include "media/jpeg_encoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIPS_WIDTH 320
#define CLIPS_HEIGHT 240
#define CLIPS_GOP 4 /* every 4th picture of an H.264 clip is a key frame */

static inline struct image *clips_picture(uint32_t number)
{
	const struct image_info info = {.format = IMAGE_YUV420,
	                                .width = CLIPS_WIDTH,
	                                .height = CLIPS_HEIGHT,
	                                .sequence = number,
	                                .pts_us = number * INT64_C(40000),
	                                .full_range = true};
	const struct pattern_code code = {.frame = number};
	struct image *image = image_new_planes(&info);

	for (int plane = 0; image && plane < 3; plane++)
		memset(image_plane(image, plane), 128,
		       (size_t)image_info(image)->strides[plane] * CLIPS_HEIGHT / (plane ? 2 : 1));
	if (image)
		pattern_code_write(image, &code);
	return image;
}

/* Picture `number` as a JPEG; NULL: something failed. */
static inline struct frame *clips_jpeg(uint32_t number)
{
	_cleanup_(image_unref_p) struct image *image = clips_picture(number);
	struct jpeg_encoder *encoder = jpeg_encoder_new();
	struct frame *frame = NULL;

	if (!image || !encoder || jpeg_encoder_encode(encoder, image, 90, &frame) < 0)
		frame = NULL;
	jpeg_encoder_free(encoder);
	return frame;
}

static inline bool clips_write_frame(FILE *file, const struct frame *frame)
{
	return frame && fwrite(frame_data(frame), 1, frame_size(frame), file) == frame_size(frame);
}

static inline bool clips_write_jpegs(FILE *file, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		_cleanup_(frame_unref_p) struct frame *frame = clips_jpeg(i);

		if (!clips_write_frame(file, frame))
			return false;
	}
	return true;
}

static inline bool clips_write_gops(FILE *file, uint32_t count, uint32_t gop)
{
	const struct h264_options options = {.width = CLIPS_WIDTH,
	                                     .height = CLIPS_HEIGHT,
	                                     .fps = 25,
	                                     .preset = "ultrafast",
	                                     .crf = 18,
	                                     .gop_s = 1000,
	                                     .full_range = true};
	struct h264_encoder *encoder = NULL;
	bool whole = h264_encoder_new(&options, &encoder) == 0;

	for (uint32_t i = 0; whole && i < count; i++) {
		_cleanup_(image_unref_p) struct image *image = clips_picture(i);
		_cleanup_(frame_unref_p) struct frame *frame = NULL;

		whole = image && h264_encoder_encode(encoder, image, i % gop == 0, &frame) == 0 &&
		        clips_write_frame(file, frame);
	}
	h264_encoder_free(encoder);
	return whole;
}

static inline bool clips_write_h264(FILE *file, uint32_t count)
{
	return clips_write_gops(file, count, CLIPS_GOP);
}

/* Only the first picture is a key frame. */
static inline bool clips_write_one_gop(FILE *file, uint32_t count)
{
	return clips_write_gops(file, count, count);
}

/* Writes a clip of `count` pictures into a new file below /tmp and puts its name behind "replay:"
 * in `ret_source`. */
static inline bool clips_make(bool (*write)(FILE *file, uint32_t count), uint32_t count,
                              const char *suffix, char *ret_source, size_t size)
{
	char path[] = "/tmp/camnode-clip-XXXXXX";
	bool whole;
	FILE *file;

	close(mkstemp(path));
	unlink(path);
	snprintf(ret_source, size, "replay:%s%s", path, suffix);
	file = fopen(ret_source + strlen("replay:"), "w");
	if (!file)
		return false;
	whole = write(file, count);
	return fclose(file) == 0 && whole;
}

static inline void clips_remove(const char *source)
{
	unlink(source + strlen("replay:"));
}

#endif
