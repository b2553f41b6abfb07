/*
 * Profiles: who chooses which, and telling everybody when another one holds. What was chosen by
 * hand outlives a restart.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "control/core.h"

/* What was chosen by hand before the restart, or NULL. */
static const struct profile *remembered(const struct unit *unit)
{
	json_auto_t *name = kept_get(unit, "profile");
	const struct profile *profile = NULL;

	if (json_is_string(name)) {
		profile = profile_set_find(&unit->profiles, json_string_value(name));
		if (!profile)
			log_info("%s: there is no profile %.64s any more", unit->config->id,
			         json_string_value(name));
	}
	return profile;
}

static void remember(struct unit *unit, const struct profile *profile)
{
	json_auto_t *name = profile ? json_string(profile->name) : NULL;

	kept_set(unit, "profile", name);
}

void profiles_init(struct unit *unit)
{
	profile_set_init(&unit->profiles, unit->control->config, unit->config);
	profile_set_choose(&unit->profiles, PROFILE_BY_HAND, remembered(unit));
	camera_set_profile(unit->camera, profile_set_current(&unit->profiles));
}

static void report_change(struct unit *unit, enum profile_by by, const struct profile *from,
                          const char *message)
{
	static const char *const reasons[PROFILE_BY_COUNT] = {
		[PROFILE_BY_START] = "start",
		[PROFILE_BY_GOVERNOR] = "governor",
		[PROFILE_BY_HAND] = "command",
		[PROFILE_BY_RECORDING] = "recording",
	};
	const struct profile *profile = profile_set_current(&unit->profiles);
	json_auto_t *data = json_pack("{s:s, s:s, s:s}", "profile", profile->name, "from",
	                              from->name, "reason", reasons[by]);

	if (data && message[0])
		json_object_set_new(data, "message", json_string(message));
	log_info("%s: profile %s instead of %s (%s%s%s)", unit->config->id, profile->name,
	         from->name, reasons[by], message[0] ? ": " : "", message);
	report_profile(unit);
	report_event(unit->control, "profile_changed", unit->config->id, data);
}

void profiles_choose(struct unit *unit, enum profile_by by, const struct profile *profile,
                     const char *message)
{
	const struct profile *from = profile_set_current(&unit->profiles);

	if (by == PROFILE_BY_HAND && unit->profiles.chosen[by] != profile)
		remember(unit, profile);
	profile_set_choose(&unit->profiles, by, profile);
	if (profile_set_current(&unit->profiles) == from)
		return;
	camera_set_profile(unit->camera, profile_set_current(&unit->profiles));
	report_change(unit, by, from, message);
}

/* "there is no profile \"night\"; there are high, medium, …": only whole names. */
static void list_names(const struct unit *unit, const char *name,
                       char ret_text[static COMMAND_TEXT_SIZE])
{
	const struct profile_set *set = &unit->profiles;

	snprintf(ret_text, COMMAND_TEXT_SIZE, "there is no profile \"%.40s\"; there are", name);
	for (size_t i = 0; i < set->count; i++) {
		if (!str_enumerate(ret_text, COMMAND_TEXT_SIZE, i, set->items[i].name))
			return;
	}
}

const struct profile *profiles_find(const struct unit *unit, const char *name,
                                    char ret_text[static COMMAND_TEXT_SIZE])
{
	const struct profile *profile = profile_set_find(&unit->profiles, name);

	if (!profile)
		list_names(unit, name, ret_text);
	return profile;
}

/* What was chosen by hand while a recording holds a profile of its own. */
static void say_when(const struct unit *unit, const struct profile *profile,
                     char ret_text[static COMMAND_TEXT_SIZE])
{
	const struct profile *holds = unit->profiles.chosen[PROFILE_BY_RECORDING];

	if (holds && holds != profile)
		snprintf(ret_text, COMMAND_TEXT_SIZE,
		         "the recording keeps its profile %.40s; %.40s comes when it ends",
		         holds->name, profile ? profile->name : "the node's own choice");
}

enum code profiles_set(struct unit *unit, const struct command *command,
                       char ret_text[static COMMAND_TEXT_SIZE])
{
	const struct profile *profile = NULL;

	if (strcmp(command->profile, COMMAND_PROFILE_AUTO) != 0) {
		profile = profiles_find(unit, command->profile, ret_text);
		if (!profile)
			return CODE_BAD_VALUE;
	}
	profiles_choose(unit, PROFILE_BY_HAND, profile, "");
	say_when(unit, profile, ret_text);
	return CODE_OK;
}

json_t *profiles_data(const struct unit *unit)
{
	return json_pack("{s:s}", "profile", profile_set_current(&unit->profiles)->name);
}

void profiles_reload(struct unit *unit)
{
	for (size_t i = 0; i < unit->profiles.count; i++) {
		struct profile *profile = &unit->profiles.items[i];

		if (strcmp(profile->name, CONFIG_PROFILE_CUSTOM) == 0)
			profile->quality = unit->live->jpeg_quality;
	}
	camera_set_profile(unit->camera, profile_set_current(&unit->profiles));
}
