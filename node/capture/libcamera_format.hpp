/*
 * Which of libcamera's formats an image can have, and which size and format a camera is to deliver.
 * Pure functions.
 */
#ifndef CAMNODE_CAPTURE_LIBCAMERA_FORMAT_HPP
#define CAMNODE_CAPTURE_LIBCAMERA_FORMAT_HPP

#include "capture/libcamera_node.hpp"

#include <memory>

/* Sets exactly the size (with `any_size`: the nearest offered) and format of `wish` ("auto": the
 * best that has the size), and its flips if the camera can, in `config` and returns the format;
 * throws Refusal, which says what is offered, when the camera has it not. */
enum image_format chooseFormat(lc::CameraConfiguration &config, const struct config_camera &wish);

/* The same configuration with a second stream: smaller pictures of the same format and range. NULL
 * when the camera does not offer exactly that. */
std::unique_ptr<lc::CameraConfiguration>
addSmallStream(lc::Camera &camera, const lc::CameraConfiguration &config, const lc::Size &size);

/* The flips that a configuration has, which validation may have changed. */
struct source_flip flipOf(const lc::CameraConfiguration &config);

/* What a camera offers of the formats that an image can have, best first:
 * "MJPEG 640x480 1280x720; YUYV 640x480". */
std::string describeFormats(const lc::StreamConfiguration &stream);

#endif
