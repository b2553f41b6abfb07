/*
 * JPEG from planes by TurboJPEG: handle and scratch buffers are kept between pictures, the result
 * is copied once into a right-sized frame. 4:2:0 from YUV420 and NV12, 4:2:2 from YUYV and YUV422.
 * One thread.
 */
#ifndef CAMNODE_MEDIA_JPEG_ENCODER_H
#define CAMNODE_MEDIA_JPEG_ENCODER_H

#include "media/frame.h"
#include "media/image.h"

struct jpeg_encoder;

struct jpeg_encoder *jpeg_encoder_new(void);
void jpeg_encoder_free(struct jpeg_encoder *encoder); /* takes NULL */
DEFINE_CLEANUP(struct jpeg_encoder *, jpeg_encoder_free);

/* `image` must be raw; limited-range planes are expanded (JPEG is full-range BT.601, JFIF).
 * `quality` 1..100. 0, -EINVAL, -ENOMEM, -EIO (TurboJPEG's text is logged at debug). */
int jpeg_encoder_encode(struct jpeg_encoder *encoder, const struct image *image, int quality,
                        struct frame **ret_frame);

#endif
