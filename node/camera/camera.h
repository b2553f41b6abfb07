/*
 * One camera: its source, its encoders, their hubs and the supervisor that keeps it alive. Captures
 * once and encodes once per codec, and only while somebody reads.
 *
 * Threads: supervisor (all blocking source calls, restarts with back-off), one encode thread per
 * codec, one for snapshots. All functions here may be called from any thread and never block on the
 * source, but camera_stop().
 */
#ifndef CAMNODE_CAMERA_CAMERA_H
#define CAMNODE_CAMERA_CAMERA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/heartbeat.h"
#include "camera/profile.h"
#include "camera/rendition.h"
#include "camera/tuning.h"
#include "capture/source.h"
#include "config/config.h"
#include "media/frame.h"
#include "media/hub.h"

struct camera;

/* Called on the camera's threads; must only copy and enqueue. */
struct camera_observer {
	void *user;
	/* Came online, or went offline with the reason; also on the thread that switches it off. A
	 * lock is held: it must not ask the camera. */
	void (*status)(void *user, struct camera *camera, bool online, const char *why);
	/* Stayed online, in another mode. */
	void (*mode)(void *user, struct camera *camera);
	/* What tuning_list() tells has changed. May be NULL. */
	void (*controls)(void *user, struct camera *camera);
};

/* `config` is borrowed for the camera's life. NULL: no memory. Starts nothing. */
struct camera *camera_new(const struct config_camera *config,
                          const struct camera_observer *observer);
int camera_start(struct camera *camera);
/* Stops source and threads, closes the hubs (readers get -ESHUTDOWN). Blocks until joined: 0; or
 * -ETIMEDOUT when the source is stuck: then a thread is left behind, and the camera must not be
 * freed. */
int camera_stop(struct camera *camera);
void camera_free(struct camera *camera); /* takes NULL */

const char *camera_id(const struct camera *camera);

/* The shared frames. Owned by the camera; live until camera_free(). */
struct hub *camera_hub(struct camera *camera, enum frame_codec codec); /* JPEG: as below, main */
double camera_h264_fps(struct camera *camera); /* that its frames are encoded for, or will be */
struct hub *camera_rendition_hub(struct camera *camera, enum rendition_kind kind);

bool camera_is_online(struct camera *camera);
bool camera_is_wanted(struct camera *camera); /* somebody reads */
/* The mode in use: 0, or -ENODATA while there is none. */
int camera_mode(struct camera *camera, struct source_mode *ret_mode);

/*
 * Size, rate and JPEG quality from now on; until the first call, the camera's own. Viewers and
 * recorders stay: the source is opened again if it must be, without going offline. The size that
 * comes is the nearest the camera offers: camera_mode() tells.
 */
void camera_set_profile(struct camera *camera, const struct profile *profile);

/* The privacy switch: off, nothing is captured and viewers see a picture that says so, at once,
 * even if the source is stuck. */
void camera_set_enabled(struct camera *camera, bool enabled);
bool camera_is_enabled(struct camera *camera);

/* The name of the source's call that has not returned for 15 s, or NULL: then only the end of the
 * process helps. */
const char *camera_stuck(struct camera *camera);

/* Of its supervisor. */
struct heartbeat *camera_heartbeat(struct camera *camera);

/* Its controls and wishes for them; carry a wish with camera_retune(). */
struct tuning *camera_tuning(struct camera *camera);
void camera_retune(struct camera *camera);

/* A set of enum overlay_flag, burnt into the pictures from the next one on. */
void camera_set_overlay(struct camera *camera, unsigned flags);

struct camera_stats {
	bool online;
	char why[SOURCE_TEXT_SIZE]; /* when offline */
	uint64_t captured;          /* images the source delivered, since start */
	uint64_t encoded;           /* JPEGs made or passed through, main */
	uint64_t preview_encoded;
	uint64_t dropped_sensor;  /* sequence gaps */
	uint64_t dropped_mailbox; /* replaced by a newer image before the encoder took it */
	uint64_t dropped_encoder; /* broken or refused by the encoder */
	uint64_t latency_us_sum, latency_count; /* sensor to encoded JPEG */
	int jpeg_quality;                       /* -1: passed through */
	const char *h264_encoder;               /* libavcodec's name of the one in use */
	uint64_t restarts;                      /* of the source, after failures */
};
void camera_stats(struct camera *camera, struct camera_stats *ret_stats);

struct camera_snapshot_options {
	enum rendition_kind rendition;
	int quality;        /* 0: as encoded */
	int max_width;      /* px, 0: as captured */
	size_t max_bytes;   /* quality, then size, are stepped down to fit; 0: no limit */
	int64_t timeout_us; /* to wait for a frame newer than now */
};

/*
 * Takes a picture newer than this call: done(user, error, frame) on the camera's snapshot thread,
 * with 0 and a borrowed frame, or -ETIMEDOUT / -ENODEV (offline) / -ESHUTDOWN / -EFBIG. Returns 0,
 * -ENOSPC when too many wait (then done isn't called).
 */
#define CAMERA_MAX_SNAPSHOTS 16
int camera_snapshot(struct camera *camera, const struct camera_snapshot_options *options,
                    void (*done)(void *user, int error, struct frame *frame), void *user);

#endif
