/*
 * The decode stage: a camera's JPEG becomes YUV420 planes (full range) for readers that need planes
 * (H.264, smaller pictures). Other subsamplings are resampled to 4:2:0. One thread.
 */
#ifndef CAMNODE_MEDIA_JPEG_DECODER_H
#define CAMNODE_MEDIA_JPEG_DECODER_H

#include "media/image.h"

struct jpeg_decoder;

struct jpeg_decoder *jpeg_decoder_new(void);
void jpeg_decoder_free(struct jpeg_decoder *decoder); /* takes NULL */

/* `info`: sequence and pts are carried over, sizes come from the picture. 0, -EBADMSG, -ENOMEM. */
int jpeg_decoder_decode(struct jpeg_decoder *decoder, const uint8_t *data, size_t size,
                        const struct image_info *info, struct image **ret_image);

/* The same at a half, a quarter or an eighth of the size, the smallest that is at least `min_width`
 * wide (px; 0: the whole size): much cheaper than decoding all of it. */
int jpeg_decoder_decode_small(struct jpeg_decoder *decoder, const uint8_t *data, size_t size,
                              const struct image_info *info, int min_width,
                              struct image **ret_image);

#endif
