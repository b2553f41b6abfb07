/*
 * JPEGs into H.264, for pictures that the shared encoder never saw: those of the pre-roll, and a
 * timelapse's. Encodes with the settings of the camera's shared encoder, so that its frames can
 * follow in the same file. One thread.
 */
#ifndef CAMNODE_RECORD_TRANSCODER_H
#define CAMNODE_RECORD_TRANSCODER_H

#include "config/config.h"
#include "media/frame.h"

struct transcoder;

/* `config` is borrowed for life; `fps` is what the shared encoder was made for. NULL: no memory. */
struct transcoder *transcoder_new(const struct config_camera *config, double fps);
void transcoder_free(struct transcoder *transcoder); /* takes NULL */

/* The same picture with its sequence and time: 0, -EBADMSG when it cannot be decoded, or what
 * h264_encoder_new() says. After another size the frames have other parameters. */
int transcoder_encode(struct transcoder *transcoder, const struct frame *jpeg,
                      struct frame **ret_frame);

#endif
