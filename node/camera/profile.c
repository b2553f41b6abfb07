#include "camera/profile.h"

#include <stdlib.h>
#include <string.h>

static double pixel_rate(const struct profile *profile)
{
	return (double)profile->width * profile->height * profile->fps;
}

/* Best first; names decide between equal ones, so that the order is always the same. */
static int compare(const void *a, const void *b)
{
	const struct profile *first = a, *second = b;
	double difference = pixel_rate(second) - pixel_rate(first);

	if (difference == 0)
		difference = second->quality - first->quality;
	if (difference == 0)
		return strcmp(first->name, second->name);
	return difference < 0 ? -1 : 1;
}

struct profile profile_of_camera(const struct config_camera *camera)
{
	return (struct profile){
		.name = CONFIG_PROFILE_CUSTOM,
		.width = camera->width,
		.height = camera->height,
		.fps = camera->fps,
		.quality = camera->jpeg_quality,
	};
}

static struct profile profile_of_config(const struct config_profile *config)
{
	struct profile profile = {
		.width = config->width,
		.height = config->height,
		.fps = config->fps,
		.quality = config->quality,
	};

	str_copy(profile.name, sizeof profile.name, config->name);
	return profile;
}

void profile_set_init(struct profile_set *set, const struct config *config,
                      const struct config_camera *camera)
{
	*set = (struct profile_set){0};
	set->items[set->count++] = profile_of_camera(camera);
	for (size_t i = 0; i < config->profile_count; i++)
		set->items[set->count++] = profile_of_config(&config->profiles[i]);
	qsort(set->items, set->count, sizeof set->items[0], compare);
	set->chosen[PROFILE_BY_START] =
		profile_set_find(set, camera->profile[0] ? camera->profile : CONFIG_PROFILE_CUSTOM);
}

const struct profile *profile_set_find(const struct profile_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(set->items[i].name, name) == 0)
			return &set->items[i];
	}
	return NULL;
}

const struct profile *profile_set_worse(const struct profile_set *set,
                                        const struct profile *profile)
{
	for (size_t i = 0; i < set->count; i++) {
		if (pixel_rate(&set->items[i]) < pixel_rate(profile))
			return &set->items[i];
	}
	return NULL;
}

const struct profile *profile_set_better(const struct profile_set *set,
                                         const struct profile *profile)
{
	for (size_t i = set->count; i-- > 0;) {
		if (pixel_rate(&set->items[i]) > pixel_rate(profile))
			return &set->items[i];
	}
	return NULL;
}

void profile_set_choose(struct profile_set *set, enum profile_by by, const struct profile *profile)
{
	set->chosen[by] = profile;
}

const struct profile *profile_set_current(const struct profile_set *set)
{
	size_t by = PROFILE_BY_COUNT;

	while (by > 0 && !set->chosen[by - 1])
		by--;
	return by > 0 ? set->chosen[by - 1] : NULL;
}

bool profile_set_is_pinned(const struct profile_set *set)
{
	return set->chosen[PROFILE_BY_HAND] != NULL;
}
