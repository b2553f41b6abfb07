/*
 * The synthetic camera: a textured, moving scene with sensor-like noise, the camera's name, the
 * wall clock and a frame number readable by eye and by machine (pattern_code.h). Full-range YUV420
 * of any size and rate, little CPU: textures are made once. Nothing is rendered while nobody wants
 * images. The frame number is the image's sequence: 0 at open, it counts on while nobody wants
 * images and while all buffers are out, and stands still while stopped. Time stamps lie exactly on
 * the grid of the rate.
 *
 * Faults for tests. Planned ones (cameras[].pattern.fault) count from the camera's first open in
 * this process: "stall@3" no images from 3 s on; "slow@3" one image a second from then on;
 * "hang@3" no images, and stop() never returns; "disconnect@3+5" gone at 3 s, cannot be opened for
 * 5 s; "busy@3+5" the same, as if another program had it. "dark@1": after each start, pictures come
 * up from black for 1 s. At once, by the control "Fault" (pattern_control.h): forgotten when the
 * source is closed; "Disconnect" then lasts 3 s.
 */
#ifndef CAMNODE_CAPTURE_PATTERN_H
#define CAMNODE_CAPTURE_PATTERN_H

#include "capture/pattern_code.h"
#include "capture/source.h"

extern const struct source_ops pattern_ops;

#endif
