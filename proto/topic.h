/*
 * Topic names: `<prefix>/<node>/<suffix>`, the suffix of a camera's topics being
 * `cam/<camera>/<name>`. One table (topic_table) lists every topic of the contract with its QoS and
 * retain; the MQTT client, the HTTP API, the tests and the documentation read it. Pure functions,
 * any thread.
 */
#ifndef CAMNODE_PROTO_TOPIC_H
#define CAMNODE_PROTO_TOPIC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define TOPIC_SIZE 256 /* longest topic with its NUL: prefix 63 + two ids + "snapshot/meta" */

enum topic_kind {
	TOPIC_STATUS,
	TOPIC_INFO,
	TOPIC_TELEMETRY,
	TOPIC_EVENT,
	TOPIC_REPLY,
	TOPIC_RECORD_SET,   /* node-wide */
	TOPIC_SNAPSHOT_SET, /* node-wide */
	TOPIC_PROFILE_SET,  /* node-wide */
	TOPIC_ENABLED_SET,  /* node-wide */
	TOPIC_RECORDINGS_SET,
	TOPIC_CAM_STATUS,
	TOPIC_CAM_STATS,
	TOPIC_CAM_RECORD,
	TOPIC_CAM_RECORD_SET,
	TOPIC_CAM_SNAPSHOT,
	TOPIC_CAM_SNAPSHOT_META,
	TOPIC_CAM_SNAPSHOT_SET,
	TOPIC_CAM_PROFILE,
	TOPIC_CAM_PROFILE_SET,
	TOPIC_CAM_ENABLED,
	TOPIC_CAM_ENABLED_SET,
	TOPIC_CAM_CONTROLS,
	TOPIC_CAM_CONTROLS_SET,
	TOPIC_KIND_COUNT,
};

struct topic_info {
	const char *name; /* below the node, or below `cam/<camera>/` when `per_camera` */
	bool per_camera;
	bool command; /* others send it, the node subscribes */
	int qos;
	bool retain;
	int expiry_s;       /* MQTT 5: of no use to anybody after so long; 0: for ever */
	const char *schema; /* file in proto/schemas, or NULL (a word, or binary) */
	const char *help;
};

/* Indexed by enum topic_kind. */
extern const struct topic_info topic_table[TOPIC_KIND_COUNT];

/* Writes the whole topic; `camera` is NULL for node topics, and only then: 0 or -ENAMETOOLONG. */
int topic_build(char ret_topic[static TOPIC_SIZE], const char *prefix, const char *node,
                enum topic_kind kind, const char *camera);

/* The suffix below `<prefix>/<node>/`, pointing into `topic`; NULL if it is not this node's. */
const char *topic_suffix(const char *topic, const char *prefix, const char *node);

/* Recognises a suffix. `ret_camera` is "" for node topics. 0, or -ENOENT for an unknown one. */
int topic_parse(const char *suffix, enum topic_kind *ret_kind, char ret_camera[static ID_SIZE]);

/*
 * A prefix is one or more non-empty levels of UTF-8 without '+', '#' and control characters, 63
 * bytes at most. It does not begin with '$': such topics are the broker's own, or shared
 * subscriptions.
 */
bool topic_is_prefix(const char *prefix);

#endif
