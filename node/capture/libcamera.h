/*
 * Real cameras, by libcamera (0.0.3 to 0.7): the Raspberry Pi's and USB webcams.
 *
 * One CameraManager at a time serves the process (libcamera_manager.hpp), ended by
 * source_finish_all().
 * Frames arrive on libcamera's own thread. Images give their buffer back to the camera from any
 * thread; one that comes back after stop or close only frees memory.
 */
#ifndef CAMNODE_CAPTURE_LIBCAMERA_H
#define CAMNODE_CAPTURE_LIBCAMERA_H

#include "capture/source.h"

extern const struct source_ops libcamera_ops;

/* True once this process has opened a camera: from then on "auto" means libcamera. */
bool libcamera_was_used(void);

/* Appends the cameras with their sizes and formats. */
void libcamera_list(struct buf *text);

/* Before any thread: libcamera logs warnings and worse only, unless LIBCAMERA_LOG_LEVELS is set. */
void libcamera_init(void);
void libcamera_finish(void);

#endif
