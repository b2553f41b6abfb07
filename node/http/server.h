/*
 * What the handlers of requests share. Made by http_start(), gone after http_stop(); the pointers
 * don't change in between.
 */
#ifndef CAMNODE_HTTP_SERVER_H
#define CAMNODE_HTTP_SERVER_H

#include <stdatomic.h>

#include "base/heartbeat.h"
#include "base/worker.h"
#include "control/control.h"
#include "http/auth.h"
#include "http/conns.h"
#include "http/events.h"
#include "http/guard.h"
#include "http/park.h"
#include "http/session.h"
#include "http/throttle.h"

/* One rendition of a camera as its viewers see it. */
struct server_stream {
	struct park *park;
	struct hub *hub;               /* its JPEGs; NULL: not listened to yet */
	struct park_group group;       /* viewers that wait for a frame */
	atomic_ullong frames, bytes;   /* sent to viewers, since start */
	atomic_ullong skipped, resent; /* frames that viewers were too slow for; in silence */
};

struct server_camera {
	struct camera *camera;
	struct server_stream streams[RENDITION_COUNT];
};

struct server {
	struct control *control;
	const struct config *config;
	struct park *park;
	struct conns *conns;
	struct worker *worker;
	struct thumbnails *thumbnails;
	struct auth *auth;
	struct sessions *sessions;
	struct throttle *throttle;
	struct guard *guard;
	struct events *events;
	struct heartbeat heartbeat; /* of libmicrohttpd's thread */
	struct server_camera cameras[CONFIG_MAX_CAMERAS];
	size_t camera_count;
	int64_t started_us;
};

#endif
