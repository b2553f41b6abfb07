#include "proto/topic.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PREFIX_MAX_LENGTH 63
#define READING_EXPIRY_S 60 /* the next one has come by then, mostly */
#define REPLY_EXPIRY_S 300  /* as long as an id is remembered */
#define CAMERA_PREFIX "cam/"

const struct topic_info topic_table[TOPIC_KIND_COUNT] = {
	/* clang-format off */
	[TOPIC_STATUS] = {
		.name = "status", .qos = 1, .retain = true,
		.help = "`online` or `offline`: the node's last will, and a clean stop",
	},
	[TOPIC_INFO] = {
		.name = "info", .qos = 1, .retain = true, .schema = "info.json",
		.help = "what the node is: version, machine, addresses, cameras, capabilities",
	},
	[TOPIC_TELEMETRY] = {
		.name = "telemetry", .qos = 0, .expiry_s = READING_EXPIRY_S,
		.schema = "telemetry.json",
		.help = "readings of the machine: CPU, memory, temperature, disk",
	},
	[TOPIC_EVENT] = {
		.name = "event", .qos = 1, .schema = "event.json",
		.help = "what has happened, e.g. a recording was finished",
	},
	[TOPIC_REPLY] = {
		.name = "reply", .qos = 1, .expiry_s = REPLY_EXPIRY_S, .schema = "reply.json",
		.help = "replies to commands that name no response topic",
	},
	[TOPIC_RECORD_SET] = {
		.name = "record/set", .command = true, .qos = 1, .schema = "record-set.json",
		.help = "starts or stops recording of every camera",
	},
	[TOPIC_SNAPSHOT_SET] = {
		.name = "snapshot/set", .command = true, .qos = 1, .schema = "snapshot-set.json",
		.help = "takes a snapshot with every camera",
	},
	[TOPIC_PROFILE_SET] = {
		.name = "profile/set", .command = true, .qos = 1, .schema = "profile-set.json",
		.help = "changes the profile of every camera",
	},
	[TOPIC_ENABLED_SET] = {
		.name = "enabled/set", .command = true, .qos = 1, .schema = "enabled-set.json",
		.help = "switches every camera on or off",
	},
	[TOPIC_RECORDINGS_SET] = {
		.name = "recordings/set", .command = true, .qos = 1,
		.schema = "recordings-set.json",
		.help = "lists, deletes, protects or labels recordings",
	},
	[TOPIC_CAM_STATUS] = {
		.name = "status", .per_camera = true, .qos = 1, .retain = true,
		.help = "`online` or `offline`: whether the camera delivers frames",
	},
	[TOPIC_CAM_STATS] = {
		.name = "stats", .per_camera = true, .qos = 0, .expiry_s = READING_EXPIRY_S,
		.schema = "stats.json",
		.help = "the camera's frame rate, viewers, bit rate, losses, latency",
	},
	[TOPIC_CAM_RECORD] = {
		.name = "record", .per_camera = true, .qos = 1, .retain = true,
		.schema = "record.json",
		.help = "whether the camera records, into which file, since when",
	},
	[TOPIC_CAM_RECORD_SET] = {
		.name = "record/set", .per_camera = true, .command = true, .qos = 1,
		.schema = "record-set.json",
		.help = "starts or stops recording",
	},
	[TOPIC_CAM_SNAPSHOT] = {
		.name = "snapshot", .per_camera = true, .qos = 1, .retain = true,
		.help = "the last snapshot: the JPEG itself; empty while the camera is off",
	},
	[TOPIC_CAM_SNAPSHOT_META] = {
		.name = "snapshot/meta", .per_camera = true, .qos = 1, .retain = true,
		.schema = "snapshot-meta.json",
		.help = "about the last snapshot; sent after the picture",
	},
	[TOPIC_CAM_SNAPSHOT_SET] = {
		.name = "snapshot/set", .per_camera = true, .command = true, .qos = 1,
		.schema = "snapshot-set.json",
		.help = "takes a snapshot",
	},
	[TOPIC_CAM_PROFILE] = {
		.name = "profile", .per_camera = true, .qos = 1, .retain = true,
		.help = "the name of the camera's profile, by command or by the node itself",
	},
	[TOPIC_CAM_PROFILE_SET] = {
		.name = "profile/set", .per_camera = true, .command = true, .qos = 1,
		.schema = "profile-set.json",
		.help = "changes the profile",
	},
	[TOPIC_CAM_ENABLED] = {
		.name = "enabled", .per_camera = true, .qos = 1, .retain = true,
		.help = "`ON` or `OFF`: while OFF the camera captures nothing",
	},
	[TOPIC_CAM_ENABLED_SET] = {
		.name = "enabled/set", .per_camera = true, .command = true, .qos = 1,
		.schema = "enabled-set.json",
		.help = "the privacy switch",
	},
	[TOPIC_CAM_CONTROLS] = {
		.name = "controls", .per_camera = true, .qos = 1, .retain = true,
		.schema = "controls.json",
		.help = "the controls that the camera offers, and their values",
	},
	[TOPIC_CAM_CONTROLS_SET] = {
		.name = "controls/set", .per_camera = true, .command = true, .qos = 1,
		.schema = "controls-set.json",
		.help = "changes controls",
	},
	/* clang-format on */
};

int topic_build(char ret_topic[static TOPIC_SIZE], const char *prefix, const char *node,
                enum topic_kind kind, const char *camera)
{
	const struct topic_info *info = &topic_table[kind];
	char topic[TOPIC_SIZE];
	int length;

	assert(info->per_camera == (camera != NULL));
	length = snprintf(topic, sizeof(topic), "%s/%s/%s%s%s%s", prefix, node,
	                  camera ? CAMERA_PREFIX : "", camera ? camera : "", camera ? "/" : "",
	                  info->name);
	if (length >= TOPIC_SIZE)
		return -ENAMETOOLONG;
	return str_copy(ret_topic, TOPIC_SIZE, topic);
}

/* What follows `level` and a slash in `topic`, or NULL. */
static const char *skip_level(const char *topic, const char *level)
{
	size_t length = strlen(level);

	if (strncmp(topic, level, length) != 0 || topic[length] != '/')
		return NULL;
	return topic + length + 1;
}

const char *topic_suffix(const char *topic, const char *prefix, const char *node)
{
	const char *rest = skip_level(topic, prefix);

	return rest ? skip_level(rest, node) : NULL;
}

static int find_kind(const char *name, bool per_camera, enum topic_kind *ret_kind)
{
	for (int kind = 0; kind < TOPIC_KIND_COUNT; kind++) {
		const struct topic_info *info = &topic_table[kind];

		if (info->per_camera == per_camera && strcmp(info->name, name) == 0) {
			*ret_kind = kind;
			return 0;
		}
	}
	return -ENOENT;
}

int topic_parse(const char *suffix, enum topic_kind *ret_kind, char ret_camera[static ID_SIZE])
{
	char camera[ID_SIZE] = "";
	const char *name = suffix;
	bool per_camera = strncmp(suffix, CAMERA_PREFIX, strlen(CAMERA_PREFIX)) == 0;

	if (per_camera) {
		const char *id = suffix + strlen(CAMERA_PREFIX);
		size_t length = strcspn(id, "/");

		if (length >= ID_SIZE || id[length] != '/')
			return -ENOENT;
		memcpy(camera, id, length);
		if (!str_is_id(camera))
			return -ENOENT;
		name = id + length + 1;
	}
	if (find_kind(name, per_camera, ret_kind) < 0)
		return -ENOENT;
	return str_copy(ret_camera, ID_SIZE, camera);
}

bool topic_is_prefix(const char *prefix)
{
	size_t length = strlen(prefix);

	if (length == 0 || length > PREFIX_MAX_LENGTH || !str_is_utf8(prefix, length))
		return false;
	if (prefix[0] == '$' || prefix[0] == '/' || prefix[length - 1] == '/')
		return false;
	for (const char *p = prefix; *p; p++) {
		if (*p == '+' || *p == '#' || iscntrl((unsigned char)*p))
			return false;
	}
	return strstr(prefix, "//") == NULL;
}
