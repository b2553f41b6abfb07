/*
 * What a node and each of its cameras are to Home Assistant: two tables of entities, and how one of
 * them is described in the discovery message. Abbreviated keys are Home Assistant's. Constant; pure
 * functions, any thread.
 */
#ifndef CAMNODE_MQTT_ENTITY_H
#define CAMNODE_MQTT_ENTITY_H

#include <jansson.h>
#include <stdbool.h>

#include "proto/topic.h"

#define ENTITY_MAX_TOPICS 3
#define ENTITY_MAX_TEXTS 5

struct entity {          /* tables end with a NULL key */
	const char *key; /* the end of all its ids: without '_', and no two entities share one */
	const char *platform;
	const char *name; /* of a camera's: follows the camera's name */
	bool essential;
	bool with_camera; /* unavailable while the camera is away */
	struct entity_topic {
		const char *key; /* what it is for, or NULL */
		enum topic_kind kind;
	} topics[ENTITY_MAX_TOPICS];
	const char *field;    /* of the state's JSON; NULL: the payload is the state */
	const char *template; /* instead of one that takes `field` */
	bool expires;         /* its state comes with telemetry */
	int precision;        /* decimals to show, ENTITY_NO_PRECISION otherwise */
	struct entity_text {
		const char *key, *value;
	} texts[ENTITY_MAX_TEXTS];
	const char *list;         /* the key of a list, or NULL */
	const char *const *words; /* the list, ends with NULL; or */
	const char *camera_list;  /* its key in `info`: a camera without it lacks the entity */
	const char *also;         /* one more word at the list's end, or NULL */
};

#define ENTITY_NO_PRECISION (-1)

extern const struct entity entity_of_node[];
extern const struct entity entity_of_camera[];

struct entity_place { /* where an entity is; all borrowed */
	const char *node;
	const char *root;     /* "<prefix>/<node>" */
	const json_t *camera; /* as in `info`; NULL: the node itself */
	const char *slug;     /* of the camera in ids that have no '-'; "" for the node */
	int interval_s;       /* of telemetry */
};

/* Entity ids have no '-', but '_'. */
void entity_replace_dashes(char *id);

/* False for what this camera doesn't have. */
bool entity_applies(const struct entity *entity, const struct entity_place *place);

/* A new reference; NULL: out of memory. */
json_t *entity_describe(const struct entity *entity, const struct entity_place *place);

#endif
