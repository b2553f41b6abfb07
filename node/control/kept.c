/*
 * What of a camera outlives a restart: JSON values by name, in the node's state.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "config/state.h"
#include "control/core.h"

static void state_key(const struct unit *unit, const char *name,
                      char ret_key[static STATE_MAX_KEY_BYTES])
{
	snprintf(ret_key, STATE_MAX_KEY_BYTES, "cam/%s/%s", unit->config->id, name);
}

json_t *kept_get(const struct unit *unit, const char *name)
{
	char key[STATE_MAX_KEY_BYTES];

	state_key(unit, name, key);
	_cleanup_free_ char *json = state_get(unit->control->state, key);
	return json ? json_loads(json, JSON_DECODE_ANY, NULL) : NULL;
}

int kept_set(const struct unit *unit, const char *name, const json_t *value)
{
	char key[STATE_MAX_KEY_BYTES];

	state_key(unit, name, key);
	_cleanup_free_ char *json =
		value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	int error = value && !json ? -ENOMEM : state_set(unit->control->state, key, json);
	if (error < 0)
		log_warn("%s: its %s will not outlive a restart: %s", unit->config->id, name,
		         strerror(-error));
	else
		control_save_state(unit->control);
	return error;
}
