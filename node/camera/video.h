/*
 * The video of a camera: H.264, encoded once for all recordings, and only while one reads. A hub
 * behind a stage with its thread; the encoder goes with its last reader.
 *
 * Life: new → start → stop → free. Any thread.
 */
#ifndef CAMNODE_CAMERA_VIDEO_H
#define CAMNODE_CAMERA_VIDEO_H

#include "config/config.h"
#include "media/hub.h"
#include "media/image.h"

struct video;

/* `demand` is called when the first reader comes or the last one leaves. `config` is borrowed for
 * life. NULL: no memory. */
struct video *video_new(const struct config_camera *config, const struct ring_limits *ring,
                        void (*demand)(void *user, bool wanted), void *user);
void video_free(struct video *video); /* takes NULL */
int video_start(struct video *video); /* the stage's thread */
void video_stop(struct video *video); /* joins it and closes the hub */

struct hub *video_hub(struct video *video);
bool video_is_wanted(const struct video *video);

/* Planes of any size (borrowed), encoded if somebody reads. */
void video_offer(struct video *video, struct image *planes);

/* The rate that is to be expected, by the next encoder that is made. */
void video_set_fps(struct video *video, double fps);
double video_fps(const struct video *video); /* of the encoder in use, or the next */

uint64_t video_dropped(const struct video *video); /* images that were replaced by newer ones */
uint64_t video_failed(const struct video *video);  /* images that the encoder refused */

/* libavcodec's name of the encoder in use, or that will be: libx264 when the configured one has
 * failed. */
const char *video_encoder(const struct video *video);

#endif
