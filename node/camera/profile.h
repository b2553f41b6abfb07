/*
 * A profile: size, rate and JPEG quality under a name; and the profiles of one camera, best first,
 * with who chose which. The camera's own settings in node.yaml are the profile "custom".
 *
 * Several may have a say; the last one of enum profile_by that has chosen wins. Pure functions on
 * plain data that must not move, since it points into itself; control's thread.
 */
#ifndef CAMNODE_CAMERA_PROFILE_H
#define CAMNODE_CAMERA_PROFILE_H

#include <stdbool.h>

#include "base/str.h"
#include "config/config.h"

struct profile {
	char name[ID_SIZE];
	int width, height; /* px */
	double fps;
	int quality; /* of JPEGs */
};

enum profile_by {
	PROFILE_BY_START, /* node.yaml; has always chosen */
	PROFILE_BY_GOVERNOR,
	PROFILE_BY_HAND, /* pinned: the governor has no say */
	PROFILE_BY_RECORDING,
	PROFILE_BY_COUNT,
};

struct profile_set {
	struct profile items[CONFIG_MAX_PROFILES + 1]; /* best first: by pixels a second */
	size_t count;
	const struct profile *chosen[PROFILE_BY_COUNT]; /* one of items, or NULL */
};

/* Fills it with the node's profiles and the camera's own; what node.yaml names is chosen. */
void profile_set_init(struct profile_set *set, const struct config *config,
                      const struct config_camera *camera);

/* The camera's own settings as a profile. */
struct profile profile_of_camera(const struct config_camera *camera);

/* NULL: there is none of that name. */
const struct profile *profile_set_find(const struct profile_set *set, const char *name);

/* The nearest with fewer, or more, pixels a second than `profile`; NULL: there is none. */
const struct profile *profile_set_worse(const struct profile_set *set,
                                        const struct profile *profile);
const struct profile *profile_set_better(const struct profile_set *set,
                                         const struct profile *profile);

/* NULL takes back what was chosen, which START must not. */
void profile_set_choose(struct profile_set *set, enum profile_by by, const struct profile *profile);

/* The one that holds. */
const struct profile *profile_set_current(const struct profile_set *set);
bool profile_set_is_pinned(const struct profile_set *set);

#endif
