/*
 * H.264 by libavcodec's libx264: zerolatency, constrained baseline, no B frames, one thread, SPS
 * and PPS in band with every IDR, so that one encode feeds every muxer. Raw images of any raw
 * format (converted to YUV420 when needed); full-range planes are flagged so (AVCOL_RANGE_JPEG).
 * One thread.
 */
#ifndef CAMNODE_MEDIA_H264_ENCODER_H
#define CAMNODE_MEDIA_H264_ENCODER_H

#include <stdbool.h>

#include "config/config.h"
#include "media/frame.h"
#include "media/image.h"

struct h264_options {
	int width, height;  /* px, even */
	double fps;         /* nominal; time stamps rule */
	const char *preset; /* "ultrafast" … "medium" */
	int crf;            /* 0..51 */
	double gop_s;       /* longest distance of key frames, s of pts */
	int max_kbps;       /* VBV rate cap, 0 = none */
	bool full_range;
	unsigned epoch; /* copied into every frame */
};

/* As a camera is configured, for images like `image`. Everybody who encodes for one file begins
 * with these; `config` has to live as long as they. */
void h264_options_init(struct h264_options *options, const struct config_camera *config,
                       const struct image_info *image);

struct h264_encoder;

/* 0, -ENOSYS (no libx264), -EINVAL, -ENOMEM. */
int h264_encoder_new(const struct h264_options *options, struct h264_encoder **ret_encoder);
void h264_encoder_free(struct h264_encoder *encoder); /* takes NULL */

/* One picture in, one frame out (zero latency); the first is an IDR, also each with `force_key`.
 * -EINVAL when the image's size or range is not the encoder's (make a new one), or pts has not
 * grown. */
int h264_encoder_encode(struct h264_encoder *encoder, const struct image *image, bool force_key,
                        struct frame **ret_frame);

#endif
