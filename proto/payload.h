/*
 * The JSON payloads that the node sends, each built by one function from a plain struct; the field
 * names are the contract (schemas/). Each returns a NUL-terminated string, the caller's to free(),
 * or NULL when out of memory. Numbers that are NAN or -1 by their struct's comment are left out,
 * empty strings too. `ts` is ISO 8601 UTC with milliseconds.
 */
#ifndef CAMNODE_PROTO_PAYLOAD_H
#define CAMNODE_PROTO_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/machine.h"
#include "proto/code.h"
#include "proto/command.h"

#define PROTO_VERSION 1

struct json_t;

struct payload_info {
	const char *node_name;
	const char *version; /* of camnode */
	const char *model;   /* of the machine */
	const char *ip;
	const char *http_url; /* "" while bound to loopback: left out */
	int64_t boot_wall_us, started_wall_us;
	struct payload_info_camera {
		const char *id, *name, *source; /* source: "auto", …; no secrets */
		int width, height;              /* 0 while unknown */
		double fps;
		const char *stream_url;        /* absolute, "" if http_url is */
		const char *const *profiles;   /* names; NULL-terminated, or NULL: none */
		const char *const *renditions; /* "main", "preview"; likewise */
	} const *cameras;
	size_t camera_count;
	const char *const *capabilities; /* "record", "snapshot", "h264", "mjpeg", "libcamera" */
	size_t capability_count;
};
char *payload_info(const struct payload_info *info);

/*
 * `mqtt_reconnects` etc. belong to later versions; `wall_us` becomes `ts`, `interval_s` is the time
 * until the next one.
 */
char *payload_telemetry(const struct machine_reading *reading, int64_t wall_us, bool time_synced,
                        int interval_s);

struct payload_stats {
	int64_t wall_us;
	double fps;              /* captured, over the last interval */
	int viewers;             /* of the live streams, all renditions */
	int preview_viewers;     /* of these, the preview's */
	double bitrate_mbps;     /* encoded JPEG, 10^6 bit/s */
	uint64_t dropped_sensor; /* since start, per stage */
	uint64_t dropped_mailbox, dropped_encoder, dropped_reader;
	double latency_ms; /* sensor to encoded frame, mean of the interval; NAN when nothing was
	                      encoded */
	int width, height;
	int quality;              /* JPEG; -1 for passthrough: null */
	const char *h264_encoder; /* libavcodec's name, "" (or NULL): left out */
	const char *error;        /* why the camera is offline, "" if it isn't */
	const char *profile;      /* its name, "" (or NULL) if there is none */
	bool pinned;              /* by command: the governor leaves it alone */
};
char *payload_stats(const struct payload_stats *stats);

struct payload_record {
	bool on;                               /* state */
	bool active;                           /* frames are being written */
	bool finishing;                        /* the last file is being finished */
	bool held;                             /* the schedule is, by an OFF; left out if not */
	const char *id;                        /* recording id, "" when none has run */
	const char *file;                      /* relative to the recording folder, "" when none */
	int64_t started_wall_us, ends_wall_us; /* 0: none */
	const char *format;                    /* "h264" / "mjpeg", "" when none has run */
	const char *label;                     /* "" if none */
	const char *error;                     /* code and text of the last failure, "" if none */
};
char *payload_record(const struct payload_record *record);

struct payload_snapshot_meta {
	int64_t wall_us; /* of the picture */
	size_t bytes;
	int width, height;
	int quality;         /* -1: as the camera made it */
	const char *id;      /* of the command that asked for it, "" if none */
	const char *trigger; /* "command", "start", "interval" */
	const char *url;     /* absolute, "" if none */
};
char *payload_snapshot_meta(const struct payload_snapshot_meta *meta);

/* Event: {event_type, camera, ts, …data}; `data` (object or NULL) is borrowed. */
char *payload_event(const char *event_type, const char *camera, int64_t wall_us,
                    const struct json_t *data);

struct payload_recording { /* data of recording_* events and items of the recordings' list */
	const char *id;
	const char *file, *url; /* url "" if none */
	uint64_t bytes;
	uint64_t frames, dropped;
	int64_t started_wall_us;
	double duration_s;
	const char *format;
	const char *label;    /* "" if none */
	const char *reason;   /* "command", "duration", "schedule", "segment", "shutdown", "camera",
	                         "recovery", "error" */
	const char *error;    /* of recording_failed, "" if none */
	bool dropped_unknown; /* `dropped` is left out */
};
struct json_t *payload_recording(const struct payload_recording *recording); /* new reference */

struct payload_control {
	const char *name;
	const char *type; /* "float", "integer", "boolean", "enum" */
	struct control_value min, max, default_value, value; /* none: left out */
	const char *const *values; /* of an enum; NULL-terminated, or NULL */
};
char *payload_controls(const struct payload_control *controls, size_t count);

/* Data of a recordings command's reply: an item, or a list {total, recordings}; new references. */
struct payload_item {
	const char *file, *camera;
	int64_t started_wall_us;
	double duration_s; /* NAN: not known */
	uint64_t bytes, frames;
	const char *format;
	int width, height; /* 0: not known */
	const char *label; /* "" if none */
	bool protected, recovered, damaged;
	const char *url, *thumbnail_url; /* "" if none */
};
struct json_t *payload_item(const struct payload_item *item);
struct json_t *payload_list(const struct payload_item *items, size_t count, size_t total);

/* Reply: {ok, command, camera, id, code, message, data}; `data` borrowed, NULL ok. */
char *payload_reply(const struct command *command, enum code code, const char *message,
                    const struct json_t *data);

#endif
