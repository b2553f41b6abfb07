/*
 * What libcamera tells of a frame, as an image has it. Pure functions.
 */
#ifndef CAMNODE_CAPTURE_LIBCAMERA_FRAME_HPP
#define CAMNODE_CAPTURE_LIBCAMERA_FRAME_HPP

#include "capture/libcamera_buffer.hpp"

/* CLOCK_MONOTONIC, µs. */
int64_t ptsFromStamp(int64_t stamp_ns);

enum image_exposure exposureOf(const lc::ControlList &metadata);

size_t bytesUsed(const lc::FrameMetadata &metadata);

/* The picture in a buffer; `layout` is one without planes. */
struct image_picture fill(const struct image_picture &layout, const Buffer &buffer);

#endif
