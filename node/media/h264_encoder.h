/*
 * H.264 by libavcodec. With libx264: zerolatency, constrained baseline, no B frames, one thread,
 * SPS and PPS in band with every IDR, so that one encode feeds every muxer. Raw images of any raw
 * format (converted to YUV420 when needed); full-range planes are flagged so (AVCOL_RANGE_JPEG).
 * Other encoders of the library, those in hardware, may keep a few pictures to themselves and know
 * no constant quality: they are given a bit rate. One thread.
 */
#ifndef CAMNODE_MEDIA_H264_ENCODER_H
#define CAMNODE_MEDIA_H264_ENCODER_H

#include <stdbool.h>

#include "config/config.h"
#include "media/frame.h"
#include "media/image.h"

#define H264_LIBX264 "libx264"
#define H264_ANY "h264"

struct h264_options {
	int width, height; /* px, even */
	double fps;        /* nominal; time stamps rule */
	const char
		*encoder;   /* libavcodec's name; H264_LIBX264, or H264_ANY: what it takes itself */
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

/* True when this libavcodec has an encoder of that name, of H.264 or of anything else. */
bool h264_encoder_is_known(const char *name);

/* True when it has one of H.264; whether that works here is another matter. */
bool h264_encoder_is_fit(const char *name);

struct h264_encoder;

/* 0, -ENOSYS (no such encoder), -EINVAL, -ENOMEM, or what a device says. */
int h264_encoder_new(const struct h264_options *options, struct h264_encoder **ret_encoder);
void h264_encoder_free(struct h264_encoder *encoder); /* takes NULL */

/* One picture in, one frame out with libx264; the first is an IDR, also each with `force_key`.
 * Others may give -EAGAIN, and more than one frame later: h264_encoder_next(). -EINVAL when the
 * image's size or range is not the encoder's (make a new one), or pts has not grown. */
int h264_encoder_encode(struct h264_encoder *encoder, const struct image *image, bool force_key,
                        struct frame **ret_frame);

/* A further frame that is ready: 0 or -EAGAIN. */
int h264_encoder_next(struct h264_encoder *encoder, struct frame **ret_frame);

#endif
