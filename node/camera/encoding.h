/*
 * The encodings of one camera: its renditions (JPEG) and its video (H.264), each with a hub. Sends
 * every image of the source to those that somebody reads; what they need done with it first is done
 * once, by the preparer.
 */
#ifndef CAMNODE_CAMERA_ENCODING_H
#define CAMNODE_CAMERA_ENCODING_H

#include "camera/profile.h"
#include "camera/rendition.h"
#include "config/config.h"
#include "media/frame.h"
#include "media/hub.h"
#include "media/image.h"

struct encoding;

/* `demand` is called when a hub gets its first reader or loses its last (any thread). */
struct encoding *encoding_new(const struct config_camera *config, void (*demand)(void *user),
                              void *user);
void encoding_free(struct encoding *encoding); /* takes NULL */

int encoding_start(struct encoding *encoding); /* the stages' threads */
void encoding_stop(struct encoding *encoding); /* joins them and closes the hubs */

/* JPEG: of the main rendition. */
struct hub *encoding_hub(struct encoding *encoding, enum frame_codec codec);
struct rendition *encoding_rendition(struct encoding *encoding, enum rendition_kind kind);
bool encoding_wanted(const struct encoding *encoding);

/* One image of the source (borrowed). On the source's thread. */
void encoding_image(struct encoding *encoding, struct image *image);

/* Rate and JPEG quality, from the next image on. Any thread. */
void encoding_set_profile(struct encoding *encoding, const struct profile *profile);

/* The rate that frames of H.264 are encoded for, or will be. Any thread. */
double encoding_h264_fps(const struct encoding *encoding);

/* A set of enum overlay_flag, from the next image on. Any thread. */
void encoding_set_overlay(struct encoding *encoding, unsigned flags);
bool encoding_draws(const struct encoding *encoding);

struct encoding_stats {
	uint64_t encoded, preview_encoded; /* JPEGs */
	uint64_t dropped_mailbox, dropped_encoder;
	uint64_t latency_us_sum, latency_count;
	int quality;              /* of JPEGs that are encoded */
	const char *h264_encoder; /* the one in use, or that will be */
};
void encoding_stats(struct encoding *encoding, struct encoding_stats *ret_stats);

#endif
