/*
 * A file or URL as a camera ("replay:clip.mp4", "replay:http://other/stream"), see clip.h: played
 * at its own pace, files in an endless loop; it has its own size and rate, whatever the
 * configuration says. Files are paced by their time stamps; live streams come as they come, and end
 * the source when they end.
 *
 * A thread of its own reads, waits, decodes and calls the sink. A live stream is disconnected while
 * stopped.
 */
#ifndef CAMNODE_CAPTURE_REPLAY_H
#define CAMNODE_CAPTURE_REPLAY_H

#include "capture/source.h"

#define REPLAY_PREFIX "replay:"

extern const struct source_ops replay_ops;

#endif
