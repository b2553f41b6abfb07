#include "mqtt/announcer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "mqtt/discovery.h"

#define STATE_KEY "mqtt/announced"
#define PACKET_OVERHEAD 64 /* bytes of a PUBLISH besides topic and payload */

struct announcer {
	struct control *control;
	const struct config *config;
	struct outbox *outbox;
	char root[TOPIC_SIZE];    /* "<prefix>/<node>" */
	char topic[TOPIC_SIZE];   /* of the discovery; "" without */
	json_t *remembered;       /* what was told last: {root, cameras, discovery}, or NULL */
	json_t *gone;             /* ids of the cameras in it that this node has no more, or NULL */
	struct message *info;     /* that the description was made of */
	int interval_s;           /* the same */
	struct message *farewell; /* takes the entities of `gone` back; the description follows */
	struct message *last;     /* once the broker has it, everything was told */
	size_t max_packet_bytes;  /* 0: no limit */
	struct log_repeat trouble;
};

static const char *remembered_text(const struct announcer *announcer, const char *key)
{
	const char *text = json_string_value(json_object_get(announcer->remembered, key));

	return text ? text : "";
}

static bool has_camera(const struct config *config, const char *id)
{
	for (size_t i = 0; i < config->camera_count; i++) {
		if (strcmp(config->cameras[i].id, id) == 0)
			return true;
	}
	return false;
}

static void load(struct announcer *announcer)
{
	_cleanup_free_ char *text = state_get(control_state(announcer->control), STATE_KEY);

	if (text)
		announcer->remembered = json_loads(text, 0, NULL);
}

/* Of another root everything goes, of this one the cameras that are no more. */
static void find_gone(struct announcer *announcer)
{
	const json_t *cameras = json_object_get(announcer->remembered, "cameras");
	bool same_root = strcmp(remembered_text(announcer, "root"), announcer->root) == 0;

	announcer->gone = json_array();
	for (size_t i = 0; i < json_array_size(cameras); i++) {
		const char *id = json_string_value(json_array_get(cameras, i));

		if (id && str_is_id(id) && (!same_root || !has_camera(announcer->config, id)))
			json_array_append_new(announcer->gone, json_string(id));
	}
}

static int init(struct announcer *announcer)
{
	const struct config *config = announcer->config;
	int length = snprintf(announcer->root, sizeof(announcer->root), "%s/%s",
	                      config->mqtt.prefix, config->node.id);

	if (length >= TOPIC_SIZE)
		return -ENAMETOOLONG;
	return config->mqtt.discovery ? discovery_topic(config, announcer->topic) : 0;
}

struct announcer *announcer_new(struct control *control, struct outbox *outbox)
{
	struct announcer *announcer = calloc(1, sizeof(*announcer));

	if (!announcer)
		return NULL;
	announcer->control = control;
	announcer->config = control_config(control);
	announcer->outbox = outbox;
	if (init(announcer) < 0) {
		announcer_free(announcer);
		return NULL;
	}
	load(announcer);
	find_gone(announcer);
	return announcer;
}

static void replace(struct message **place, struct message *message)
{
	message_unref(*place);
	*place = message;
}

void announcer_free(struct announcer *announcer)
{
	if (!announcer)
		return;
	replace(&announcer->info, NULL);
	replace(&announcer->farewell, NULL);
	replace(&announcer->last, NULL);
	json_decref(announcer->gone);
	json_decref(announcer->remembered);
	free(announcer);
}

/* Puts a message; the caller gets the reference. NULL: out of memory. */
static struct message *put(struct announcer *announcer, const char *topic, const char *payload)
{
	struct message *message = message_new_retained(topic, payload, strlen(payload));

	if (message)
		outbox_put(announcer->outbox, message);
	return message;
}

/* Nothing, retained: the broker forgets what it has kept. */
static void clear(struct announcer *announcer, const char *topic)
{
	replace(&announcer->last, put(announcer, topic, ""));
}

/* What a node, or one of its cameras, leaves at the broker below a root. */
static void clear_topics(struct announcer *announcer, const char *root, const char *camera)
{
	char topic[2 * TOPIC_SIZE];

	for (int kind = 0; kind < TOPIC_KIND_COUNT; kind++) {
		const struct topic_info *info = &topic_table[kind];

		if (!info->retain || info->per_camera != (camera != NULL))
			continue;
		snprintf(topic, sizeof(topic), "%s%s%s/%s", root, camera ? "/cam/" : "",
		         camera ? camera : "", info->name);
		clear(announcer, topic);
	}
}

static void clear_what_is_gone(struct announcer *announcer)
{
	const char *root = remembered_text(announcer, "root");
	const char *discovery = remembered_text(announcer, "discovery");

	if (*discovery && strcmp(discovery, announcer->topic) != 0)
		clear(announcer, discovery);
	for (size_t i = 0; i < json_array_size(announcer->gone); i++)
		clear_topics(announcer, root,
		             json_string_value(json_array_get(announcer->gone, i)));
	if (*root && strcmp(root, announcer->root) != 0)
		clear_topics(announcer, root, NULL);
}

/* The description from `info` as it is now; NULL (and logged) if there is none. */
static struct message *put_description(struct announcer *announcer, const json_t *gone)
{
	size_t limit = announcer->max_packet_bytes;
	size_t overhead = strlen(announcer->topic) + PACKET_OVERHEAD;
	json_auto_t *info = json_loadb(message_payload(announcer->info),
	                               message_length(announcer->info), 0, NULL);
	const struct discovery_options options = {
		.config = announcer->config,
		.info = info,
		.gone = gone,
		.interval_s = announcer->interval_s,
		.max_bytes = limit == 0         ? 0
	                     : limit > overhead ? limit - overhead
	                                        : 1,
	};
	_cleanup_free_ char *payload = NULL;
	int error = discovery_payload(&options, &payload);

	if (error < 0) {
		log_repeat(&announcer->trouble, LOG_LEVEL_ERROR,
		           "Home Assistant is not told of this node: %s",
		           error == -EMSGSIZE ? "the broker takes no message so long"
		                              : strerror(-error));
		return NULL;
	}
	return put(announcer, announcer->topic, payload);
}

static void describe(struct announcer *announcer)
{
	struct message *message = put_description(announcer, NULL);

	if (message)
		replace(&announcer->last, message);
}

/* For the next life of this node. Takes the reference to `cameras`. */
static int note(struct announcer *announcer, json_t *cameras)
{
	json_auto_t *now = json_pack("{s:s, s:o, s:s}", "root", announcer->root, "cameras", cameras,
	                             "discovery", announcer->topic);
	if (json_equal(now, announcer->remembered))
		return 0;
	_cleanup_free_ char *text = now ? json_dumps(now, JSON_COMPACT) : NULL;
	int error = text ? state_set(control_state(announcer->control), STATE_KEY, text) : -ENOMEM;
	if (error < 0)
		return error;
	json_decref(announcer->remembered);
	announcer->remembered = json_incref(now);
	control_save_state(announcer->control);
	return 0;
}

static json_t *list_cameras(const struct announcer *announcer)
{
	const struct config *config = announcer->config;
	json_t *cameras = json_array();

	for (size_t i = 0; i < config->camera_count; i++)
		json_array_append_new(cameras, json_string(config->cameras[i].id));
	return cameras;
}

/* Everything was told, and taken back. */
static void remember(struct announcer *announcer)
{
	if (note(announcer, list_cameras(announcer)) == 0)
		json_array_clear(announcer->gone);
}

/* Before anything is told, as this node may be killed before it knows that it was: what is there
 * now, and what must still go. What was told elsewhere goes first. */
static void remember_at_worst(struct announcer *announcer)
{
	const char *root = remembered_text(announcer, "root");
	const char *discovery = remembered_text(announcer, "discovery");

	if ((*root && strcmp(root, announcer->root) != 0) ||
	    (*discovery && strcmp(discovery, announcer->topic) != 0))
		return;
	json_t *cameras = list_cameras(announcer);
	json_array_extend(cameras, announcer->gone);
	note(announcer, cameras);
}

static char *info_topic(const struct announcer *announcer, char ret_topic[static TOPIC_SIZE])
{
	topic_build(ret_topic, announcer->config->mqtt.prefix, announcer->config->node.id,
	            TOPIC_INFO, NULL);
	return ret_topic;
}

/* Takes what the description is made of; true if it has changed. */
static bool update(struct announcer *announcer)
{
	char topic[TOPIC_SIZE];
	struct message *info =
		board_get(control_board(announcer->control), info_topic(announcer, topic));
	int interval_s = control_telemetry_interval_s(announcer->control);
	bool changed = info != announcer->info || interval_s != announcer->interval_s;

	replace(&announcer->info, info);
	announcer->interval_s = interval_s;
	return changed;
}

void announcer_begin(struct announcer *announcer, size_t max_packet_bytes)
{
	announcer->max_packet_bytes = max_packet_bytes;
	replace(&announcer->last, NULL);
	replace(&announcer->farewell, NULL);
	remember_at_worst(announcer);
	clear_what_is_gone(announcer);
	update(announcer);
	if (!announcer->topic[0] || !announcer->info) {
		if (!announcer->last)
			remember(announcer);
		return;
	}
	/* Two messages of one topic: the second waits for the first one's answer. */
	bool same_topic = strcmp(remembered_text(announcer, "discovery"), announcer->topic) == 0;
	if (same_topic && json_array_size(announcer->gone) > 0)
		replace(&announcer->farewell, put_description(announcer, announcer->gone));
	if (!announcer->farewell)
		describe(announcer);
}

void announcer_refresh(struct announcer *announcer)
{
	if (announcer->topic[0] && update(announcer) && announcer->info && !announcer->farewell)
		describe(announcer);
}

void announcer_repeat(struct announcer *announcer)
{
	if (announcer->topic[0] && announcer->info && !announcer->farewell)
		describe(announcer);
}

void announcer_answered(struct announcer *announcer, const struct message *message)
{
	if (message == announcer->farewell) {
		replace(&announcer->farewell, NULL);
		describe(announcer);
	} else if (message == announcer->last) {
		replace(&announcer->last, NULL);
		remember(announcer);
	}
}
