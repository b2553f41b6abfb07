/*
 * A file or URL as a camera, by libavformat and libavcodec ("replay:clip.mp4",
 * "replay:http://other/stream"): played at its own pace; files in an endless loop. MJPEG is passed
 * through without decoding; everything else is decoded, and only while somebody wants images.
 *
 * A thread of its own reads, paces, decodes and calls the sink. Calls to the network are broken off
 * by stop, and after REPLAY_TIMEOUT_US of silence.
 */
#ifndef CAMNODE_CAPTURE_REPLAY_H
#define CAMNODE_CAPTURE_REPLAY_H

#include "capture/source.h"

#define REPLAY_PREFIX "replay:"
#define REPLAY_TIMEOUT_US 5000000

extern const struct source_ops replay_ops;

#endif
