#include "mqtt/entity.h"

#include <stdio.h>
#include <string.h>

#include "proto/command.h"
#include "proto/object.h"

#define EXPIRES_INTERVALS 3 /* a state is out of date after so many, and EXPIRES_S */
#define EXPIRES_S 10
#define NAME_SIZE 256
#define TEMPLATE_SIZE 96

/* Empty once the camera is switched off, which would be no JSON. */
#define META_TEMPLATE "{{ value or '{}' }}"

/* As in proto/schemas/event.json, which a test compares. */
static const char *const event_types[] = {
	"recording_started",
	"recording_finished",
	"recording_failed",
	"recording_recovered",
	"recording_deleted",
	"recording_exported",
	"export_failed",
	"profile_changed",
	"camera_enabled",
	"camera_disabled",
	NULL,
};

/* clang-format off */
const struct entity entity_of_node[] = {
	{
		.key = "cpu", .platform = "sensor", .name = "CPU",
		.topics = {{"stat_t", TOPIC_TELEMETRY}}, .field = "cpu_pct", .expires = true,
		.texts = {{"unit_of_meas", "%"}, {"stat_cla", "measurement"},
			  {"ent_cat", "diagnostic"}, {"ic", "mdi:cpu-64-bit"}},
	}, {
		.key = "temperature", .platform = "sensor", .name = "Temperature", .precision = 1,
		.topics = {{"stat_t", TOPIC_TELEMETRY}}, .field = "temp_c", .expires = true,
		.texts = {{"unit_of_meas", "°C"}, {"stat_cla", "measurement"},
			  {"ent_cat", "diagnostic"}, {"dev_cla", "temperature"}},
	}, {
		.key = "memory", .platform = "sensor", .name = "Memory used",
		.topics = {{"stat_t", TOPIC_TELEMETRY}}, .field = "mem_pct", .expires = true,
		.texts = {{"unit_of_meas", "%"}, {"stat_cla", "measurement"},
			  {"ent_cat", "diagnostic"}, {"ic", "mdi:memory"}},
	}, {
		.key = "disk", .platform = "sensor", .name = "Disk free", .precision = 1,
		.topics = {{"stat_t", TOPIC_TELEMETRY}}, .field = "disk_free_gb", .expires = true,
		.texts = {{"unit_of_meas", "GB"}, {"stat_cla", "measurement"},
			  {"ent_cat", "diagnostic"}, {"dev_cla", "data_size"},
			  {"ic", "mdi:harddisk"}},
	}, {
		.key = "throttled", .platform = "binary_sensor", .name = "Throttled",
		.essential = true, .precision = ENTITY_NO_PRECISION, .expires = true,
		.topics = {{"stat_t", TOPIC_TELEMETRY}},
		/* The four low bits are the present, those above 16 what was since the start. */
		.template = "{{ 'None' if value_json.throttled is not defined "
			    "else 'ON' if value_json.throttled % 16 else 'OFF' }}",
		.texts = {{"dev_cla", "problem"}, {"ent_cat", "diagnostic"}},
	}, {
		.key = "boot", .platform = "sensor", .name = "Last boot",
		.precision = ENTITY_NO_PRECISION,
		.topics = {{"stat_t", TOPIC_INFO}}, .field = "boot_time",
		.texts = {{"dev_cla", "timestamp"}, {"ent_cat", "diagnostic"}},
	}, {
		.key = "ip", .platform = "sensor", .name = "IP address",
		.precision = ENTITY_NO_PRECISION,
		.topics = {{"stat_t", TOPIC_INFO}}, .field = "ip",
		.texts = {{"ent_cat", "diagnostic"}, {"ic", "mdi:ip-network"}},
	}, {
		.key = "event", .platform = "event", .name = "Event",
		.essential = true, .precision = ENTITY_NO_PRECISION,
		.topics = {{"stat_t", TOPIC_EVENT}},
		.texts = {{"ic", "mdi:cctv"}}, .list = "evt_typ", .words = event_types,
	},
	{NULL},
};

/* What works while the camera is away stays available then: a recording can be armed. */
const struct entity entity_of_camera[] = {
	{
		.key = "camera", .platform = "camera", .name = "",
		.essential = true, .precision = ENTITY_NO_PRECISION,
		.topics = {{"t", TOPIC_CAM_SNAPSHOT}, {"json_attr_t", TOPIC_CAM_SNAPSHOT_META}},
		.texts = {{"json_attr_tpl", META_TEMPLATE}},
	}, {
		.key = "image", .platform = "image", .name = "snapshot",
		.essential = true, .precision = ENTITY_NO_PRECISION,
		.topics = {{"img_t", TOPIC_CAM_SNAPSHOT},
			   {"json_attr_t", TOPIC_CAM_SNAPSHOT_META}},
		.texts = {{"cont_type", "image/jpeg"}, {"json_attr_tpl", META_TEMPLATE}},
	}, {
		.key = "recording", .platform = "switch", .name = "recording",
		.essential = true, .precision = ENTITY_NO_PRECISION,
		.topics = {{"stat_t", TOPIC_CAM_RECORD}, {"cmd_t", TOPIC_CAM_RECORD_SET},
			   {"json_attr_t", TOPIC_CAM_RECORD}},
		.field = "state", .texts = {{"ic", "mdi:record-rec"}},
	}, {
		.key = "snapshot", .platform = "button", .name = "take snapshot",
		.essential = true, .with_camera = true, .precision = ENTITY_NO_PRECISION,
		.topics = {{"cmd_t", TOPIC_CAM_SNAPSHOT_SET}},
		.texts = {{"ic", "mdi:camera"}},
	}, {
		.key = "enabled", .platform = "switch", .name = "enabled",
		.essential = true, .precision = ENTITY_NO_PRECISION,
		.topics = {{"stat_t", TOPIC_CAM_ENABLED}, {"cmd_t", TOPIC_CAM_ENABLED_SET}},
		.texts = {{"ic", "mdi:cctv"}},
	}, {
		.key = "profile", .platform = "select", .name = "profile",
		.essential = true, .precision = ENTITY_NO_PRECISION,
		.topics = {{"stat_t", TOPIC_CAM_PROFILE}, {"cmd_t", TOPIC_CAM_PROFILE_SET}},
		.texts = {{"ent_cat", "config"}, {"ic", "mdi:tune"}},
		.list = "ops", .camera_list = "profiles", .also = COMMAND_PROFILE_AUTO,
	}, {
		.key = "fps", .platform = "sensor", .name = "frame rate",
		.with_camera = true, .precision = 1,
		.topics = {{"stat_t", TOPIC_CAM_STATS}}, .field = "fps", .expires = true,
		.texts = {{"unit_of_meas", "fps"}, {"stat_cla", "measurement"},
			  {"ent_cat", "diagnostic"}, {"ic", "mdi:filmstrip"}},
	}, {
		.key = "viewers", .platform = "sensor", .name = "viewers", .with_camera = true,
		.topics = {{"stat_t", TOPIC_CAM_STATS}}, .field = "viewers", .expires = true,
		.texts = {{"stat_cla", "measurement"}, {"ent_cat", "diagnostic"},
			  {"ic", "mdi:eye"}},
	}, {
		.key = "bitrate", .platform = "sensor", .name = "bit rate",
		.with_camera = true, .precision = 1,
		.topics = {{"stat_t", TOPIC_CAM_STATS}}, .field = "bitrate_mbps", .expires = true,
		.texts = {{"unit_of_meas", "Mbit/s"}, {"stat_cla", "measurement"},
			  {"ent_cat", "diagnostic"}, {"dev_cla", "data_rate"}},
	}, {
		.key = "connection", .platform = "binary_sensor", .name = "connection",
		.essential = true, .precision = ENTITY_NO_PRECISION,
		.topics = {{"stat_t", TOPIC_CAM_STATUS}},
		.texts = {{"dev_cla", "connectivity"}, {"pl_on", "online"}, {"pl_off", "offline"},
			  {"ent_cat", "diagnostic"}},
	},
	{NULL},
};
/* clang-format on */

static const json_t *camera_list(const struct entity *entity, const struct entity_place *place)
{
	return json_object_get(place->camera, entity->camera_list);
}

bool entity_applies(const struct entity *entity, const struct entity_place *place)
{
	return !entity->camera_list || json_array_size(camera_list(entity, place)) > 0;
}

static const char *camera_text(const struct entity_place *place, const char *key)
{
	const char *text = json_string_value(json_object_get(place->camera, key));

	return text ? text : "";
}

void entity_replace_dashes(char *id)
{
	for (char *dash = strchr(id, '-'); dash; dash = strchr(dash, '-'))
		*dash = '_';
}

/* "Door recording", "CPU": what follows the device's name. */
static void put_name(struct object *object, const struct entity *entity,
                     const struct entity_place *place)
{
	const char *camera = camera_text(place, "name");
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), "%s%s%s", camera, *camera && *entity->name ? " " : "",
	         entity->name);
	object_put_text(object, "name", name);
}

static void put_ids(struct object *object, const struct entity *entity,
                    const struct entity_place *place)
{
	const char *camera = camera_text(place, "id");
	char id[NAME_SIZE];

	/* Ids of nodes and cameras have no '.', so that no two entities share one. */
	snprintf(id, sizeof(id), "camnode.%s.%s%s%s", place->node, camera, *camera ? "." : "",
	         entity->key);
	object_put_text(object, "uniq_id", id);
	snprintf(id, sizeof(id), "%s.%s_%s%s%s", entity->platform, place->node, place->slug,
	         *place->slug ? "_" : "", entity->key);
	entity_replace_dashes(id);
	object_put_text(object, "def_ent_id", id);
}

static void put_topics(struct object *object, const struct entity *entity,
                       const struct entity_place *place)
{
	const char *camera = camera_text(place, "id");
	char topic[TOPIC_SIZE];
	int qos = 0;

	snprintf(topic, sizeof(topic), "%s%s%s", place->root, *camera ? "/cam/" : "", camera);
	object_put_text(object, "~", topic);
	for (size_t i = 0; i < ENTITY_MAX_TOPICS && entity->topics[i].key; i++) {
		const struct topic_info *info = &topic_table[entity->topics[i].kind];

		snprintf(topic, sizeof(topic), "~/%s", info->name);
		object_put_text(object, entity->topics[i].key, topic);
		qos = info->qos > qos ? info->qos : qos;
	}
	if (qos > 0)
		object_put_integer(object, "qos", qos);
}

/* Where the node's status alone does not do: that is said once, for all. */
static void put_availability(struct object *object, const struct entity_place *place)
{
	char node[TOPIC_SIZE], camera[TOPIC_SIZE];

	snprintf(node, sizeof(node), "%s/%s", place->root, topic_table[TOPIC_STATUS].name);
	snprintf(camera, sizeof(camera), "~/%s", topic_table[TOPIC_CAM_STATUS].name);
	object_put(object, "avty", json_pack("[{s:s}, {s:s}]", "t", node, "t", camera));
	object_put_text(object, "avty_mode", "all");
}

/* A field that is not there (no sensor of temperature) is a state that is not known. */
static void put_template(struct object *object, const struct entity *entity)
{
	char template[TEMPLATE_SIZE];

	if (entity->template)
		object_put_text(object, "val_tpl", entity->template);
	if (!entity->field)
		return;
	snprintf(template, sizeof(template), "{{ value_json.%s%s }}", entity->field,
	         entity->expires ? " | default(none)" : "");
	object_put_text(object, "val_tpl", template);
}

static json_t *list_of(const struct entity *entity, const struct entity_place *place)
{
	json_t *list = json_array();

	if (entity->camera_list)
		json_array_extend(list, (json_t *)camera_list(entity, place));
	for (size_t i = 0; entity->words && entity->words[i]; i++)
		json_array_append_new(list, json_string(entity->words[i]));
	if (entity->also)
		json_array_append_new(list, json_string(entity->also));
	return list;
}

json_t *entity_describe(const struct entity *entity, const struct entity_place *place)
{
	struct object object;

	object_init(&object);
	object_put_text(&object, "p", entity->platform);
	put_ids(&object, entity, place);
	put_name(&object, entity, place);
	put_topics(&object, entity, place);
	put_template(&object, entity);
	for (size_t i = 0; i < ENTITY_MAX_TEXTS && entity->texts[i].key; i++)
		object_put_text(&object, entity->texts[i].key, entity->texts[i].value);
	if (entity->list)
		object_put(&object, entity->list, list_of(entity, place));
	if (entity->precision != ENTITY_NO_PRECISION)
		object_put_integer(&object, "sug_dsp_prc", entity->precision);
	if (entity->expires)
		object_put_integer(&object, "exp_aft",
		                   (int64_t)EXPIRES_INTERVALS * place->interval_s + EXPIRES_S);
	if (entity->with_camera)
		put_availability(&object, place);
	return object_take(&object);
}
