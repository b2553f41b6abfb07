/*
 * What the tests of this folder share: a folder of their own, small pictures, and the time stamps
 * of a recording read back by libavformat.
 */
#ifndef CAMNODE_TESTS_RECORD_RIG_H
#define CAMNODE_TESTS_RECORD_RIG_H

#include <ftw.h>
#include <libavformat/avformat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "media/jpeg_encoder.h"
#include "record/name.h"

#define RIG_FRAME_US 40000
#define RIG_MAX_FRAMES 512
#define RIG_DEADLINE_US (30 * USEC_PER_SEC)

static inline char *rig_new_folder(void)
{
	char *folder = strdup("/tmp/camnode-record-XXXXXX");

	if (!folder || !mkdtemp(folder))
		abort();
	return folder;
}

static inline int rig_remove_entry(const char *path, const struct stat *st, int type,
                                   struct FTW *ftw)
{
	return remove(path);
}

static inline void rig_remove_folder(char *folder)
{
	nftw(folder, rig_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(folder);
}

static inline struct image *rig_new_image(int width, int height, int luma)
{
	const struct image_info info = {
		.format = IMAGE_YUV420, .width = width, .height = height, .full_range = true};
	struct image *image = image_new_planes(&info);

	if (!image)
		abort();
	for (int y = 0; y < height; y++)
		memset(image_plane(image, 0) + y * image_info(image)->strides[0], luma,
		       (size_t)width);
	for (int plane = 1; plane <= 2; plane++)
		memset(image_plane(image, plane), 128,
		       (size_t)(image_info(image)->strides[plane] * height / 2));
	return image;
}

/* A picture of `width` × 32 with the fields of `info`. */
static inline struct frame *rig_new_jpeg(int width, const struct frame_info *info)
{
	struct jpeg_encoder *encoder = jpeg_encoder_new();
	struct image *image = rig_new_image(width, 32, (int)(info->pts_us / RIG_FRAME_US % 200));
	struct frame *encoded = NULL, *frame;
	struct frame_info complete = *info;

	if (!encoder || jpeg_encoder_encode(encoder, image, 75, &encoded) < 0)
		abort();
	complete.codec = FRAME_JPEG;
	complete.key = true;
	complete.full_range = true;
	complete.width = width;
	complete.height = 32;
	frame = frame_new(&complete, frame_data(encoded), frame_size(encoded));
	frame_unref(encoded);
	image_unref(image);
	jpeg_encoder_free(encoder);
	return frame;
}

/* The time stamps in a file, in µs from its first; returns how many, or -1. */
static inline int rig_read_pts(const char *folder, const char *file,
                               int64_t ret_pts_us[static RIG_MAX_FRAMES])
{
	AVFormatContext *input = NULL;
	AVPacket *packet = av_packet_alloc();
	char path[PATH_MAX];
	int count = 0;

	av_log_set_level(AV_LOG_FATAL);
	if (!packet || name_join(path, folder, file) < 0 ||
	    avformat_open_input(&input, path, NULL, NULL) < 0) {
		av_packet_free(&packet);
		return -1;
	}
	while (count < RIG_MAX_FRAMES && av_read_frame(input, packet) >= 0) {
		ret_pts_us[count++] =
			av_rescale_q(packet->pts, input->streams[0]->time_base, AV_TIME_BASE_Q);
		av_packet_unref(packet);
	}
	for (int i = count - 1; i >= 0; i--)
		ret_pts_us[i] -= ret_pts_us[0];
	avformat_close_input(&input);
	av_packet_free(&packet);
	return count;
}

#endif
