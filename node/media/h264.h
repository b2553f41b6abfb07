/*
 * H.264 as bytes (Annex B: units behind start codes). Pure functions.
 */
#ifndef CAMNODE_MEDIA_H264_H
#define CAMNODE_MEDIA_H264_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H264_PARAMETERS_MAX 512 /* bytes of SPS and PPS; x264's are 40 */

/* Copies the SPS and PPS in front of the first slice, start codes included: their size, 0 when one
 * of the two is missing or they are too long. */
size_t h264_parameters(const uint8_t *data, size_t size,
                       uint8_t ret_parameters[static H264_PARAMETERS_MAX]);

/* True when there is a picture in it, not parameters alone. */
bool h264_has_slice(const uint8_t *data, size_t size);

#endif
