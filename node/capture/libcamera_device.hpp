/*
 * Whether the kernel has lost a video device that this process has open: it knows at once that a
 * camera was unplugged, libcamera only when udevd has told it. Any thread.
 */
#ifndef CAMNODE_CAPTURE_LIBCAMERA_DEVICE_HPP
#define CAMNODE_CAPTURE_LIBCAMERA_DEVICE_HPP

bool lostVideoDevice();

#endif
