#include "mqtt/discovery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "mqtt/entity.h"
#include "proto/object.h"

#define ID_PREFIX "camnode_"
#define SLUG_SIZE (ID_SIZE + 12)

struct builder {
	const struct discovery_options *options;
	char root[TOPIC_SIZE]; /* "camnode/garage" */
	bool essential_only;
};

int discovery_topic(const struct config *config, char ret_topic[static TOPIC_SIZE])
{
	int length = snprintf(ret_topic, TOPIC_SIZE, "%s/device/%s/config",
	                      config->mqtt.discovery_prefix, config->node.id);

	return length < TOPIC_SIZE ? 0 : -ENAMETOOLONG;
}

int discovery_birth_topic(const struct config *config, char ret_topic[static TOPIC_SIZE])
{
	int length = snprintf(ret_topic, TOPIC_SIZE, "%s/status", config->mqtt.discovery_prefix);

	return length < TOPIC_SIZE ? 0 : -ENAMETOOLONG;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static json_t *make_device(const struct builder *builder)
{
	const struct config *config = builder->options->config;
	const json_t *info = builder->options->info;
	char id[sizeof(ID_PREFIX) + ID_SIZE];
	struct object device;

	snprintf(id, sizeof(id), ID_PREFIX "%s", config->node.id);
	object_init(&device);
	object_put(&device, "ids", json_pack("[s]", id));
	object_put_text(&device, "name", config->node.name);
	object_put_text(&device, "mf", "camnode");
	object_put_text(&device, "mdl", text_of(info, "model"));
	object_put_text(&device, "sw", text_of(info, "version"));
	object_put_text(&device, "cu", text_of(info, "http_url"));
	return object_take(&device);
}

static json_t *make_origin(const struct builder *builder)
{
	struct object origin;

	object_init(&origin);
	object_put_text(&origin, "name", "camnode");
	object_put_text(&origin, "sw", text_of(builder->options->info, "version"));
	return object_take(&origin);
}

/* The key of an entity within the message, which no two share: only keys have no '_'. */
static void entity_name(const struct entity *entity, const char *camera, char *ret_name,
                        size_t size)
{
	snprintf(ret_name, size, "%s%s%s", camera, *camera ? "_" : "", entity->key);
}

/* The camera's id without '-', which can be another one's. */
static void flatten(const json_t *camera, char ret_id[static ID_SIZE])
{
	str_copy(ret_id, ID_SIZE, text_of(camera, "id"));
	entity_replace_dashes(ret_id);
}

/* How many of the first `count` cameras have this id without '-'. */
static int count_flat(const json_t *cameras, size_t count, const char *id)
{
	char other[ID_SIZE];
	int found = 0;

	for (size_t i = 0; i < count; i++) {
		flatten(json_array_get(cameras, i), other);
		found += strcmp(other, id) == 0;
	}
	return found;
}

/* Of the cameras that are the same without '-', the second gets the first free number, and so on.
 */
static void make_slug(const json_t *cameras, size_t index, char ret_slug[static SLUG_SIZE])
{
	char id[ID_SIZE];

	flatten(json_array_get(cameras, index), id);
	str_copy(ret_slug, SLUG_SIZE, id);
	for (int before = count_flat(cameras, index, id), number = 2; before > 0; number++) {
		snprintf(ret_slug, SLUG_SIZE, "%s_%d", id, number);
		before -= count_flat(cameras, json_array_size(cameras), ret_slug) == 0;
	}
}

static int add_camera(const struct builder *builder, json_t *entities, const json_t *camera,
                      const char *slug)
{
	const struct entity_place place = {
		.node = builder->options->config->node.id,
		.root = builder->root,
		.camera = camera,
		.slug = slug,
		.interval_s = builder->options->interval_s,
	};
	const struct entity *table = camera ? entity_of_camera : entity_of_node;
	char name[2 * ID_SIZE];

	for (const struct entity *entity = table; entity->key; entity++) {
		if ((builder->essential_only && !entity->essential) ||
		    !entity_applies(entity, &place))
			continue;
		entity_name(entity, camera ? text_of(camera, "id") : "", name, sizeof(name));
		if (json_object_set_new(entities, name, entity_describe(entity, &place)) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Only its kind is left of an entity: that takes it away. */
static int take_camera_back(json_t *entities, const char *id)
{
	char name[2 * ID_SIZE];

	for (const struct entity *entity = entity_of_camera; entity->key; entity++) {
		entity_name(entity, id, name, sizeof(name));
		if (json_object_set_new(entities, name, json_pack("{s:s}", "p", entity->platform)) <
		    0)
			return -ENOMEM;
	}
	return 0;
}

static json_t *make_entities(const struct builder *builder)
{
	json_auto_t *entities = json_object();
	const json_t *cameras = json_object_get(builder->options->info, "cameras");
	int error = add_camera(builder, entities, NULL, "");
	char slug[SLUG_SIZE];

	for (size_t i = 0; i < json_array_size(cameras) && error == 0; i++) {
		make_slug(cameras, i, slug);
		error = add_camera(builder, entities, json_array_get(cameras, i), slug);
	}
	for (size_t i = 0; i < json_array_size(builder->options->gone) && error == 0; i++)
		error = take_camera_back(
			entities, json_string_value(json_array_get(builder->options->gone, i)));
	return error == 0 ? json_incref(entities) : NULL;
}

static char *build(const struct builder *builder)
{
	char status[TOPIC_SIZE];
	struct object object;

	topic_build(status, builder->options->config->mqtt.prefix,
	            builder->options->config->node.id, TOPIC_STATUS, NULL);
	object_init(&object);
	object_put(&object, "dev", make_device(builder));
	object_put(&object, "o", make_origin(builder));
	object_put(&object, "avty", json_pack("[{s:s}]", "t", status));
	object_put(&object, "cmps", make_entities(builder));
	return object_take_text(&object);
}

int discovery_payload(const struct discovery_options *options, char **ret_payload)
{
	struct builder builder = {.options = options};
	size_t limit = options->max_bytes ? options->max_bytes : SIZE_MAX;

	snprintf(builder.root, sizeof(builder.root), "%s/%s", options->config->mqtt.prefix,
	         options->config->node.id);
	for (int i = 0; i < 2; i++) {
		_cleanup_free_ char *payload = NULL;

		builder.essential_only = i > 0;
		payload = build(&builder);
		if (!payload)
			return -ENOMEM;
		if (strlen(payload) <= limit) {
			*ret_payload = move_ptr(payload);
			return 0;
		}
	}
	return -EMSGSIZE;
}
