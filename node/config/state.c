#include "config/state.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FILE_NAME "state.json"
#define BROKEN_SUFFIX ".broken"
#define FOLDER_MODE 0750
#define FILE_MODE 0640
/* Escaped, a byte becomes six at most. */
#define MAX_FILE_BYTES (STATE_MAX_KEYS * 6 * (STATE_MAX_VALUE_BYTES + STATE_MAX_KEY_BYTES))

struct state {
	char *folder;
	char *path; /* of the file */
	pthread_mutex_t lock;
	json_t *values; /* an object; guarded by lock */
	bool changed;   /* since the last save; guarded by lock */
};

/* Kept for somebody to look at; the next save makes a new file. */
static void put_aside(const char *path, const char *why)
{
	_cleanup_free_ char *broken = NULL;

	log_warn("%s: %s; beginning with an empty state", path, why);
	if (asprintf(&broken, "%s" BROKEN_SUFFIX, path) < 0)
		broken = NULL; /* undefined after a failure */
	else if (rename(path, broken) < 0)
		log_warn("%s: cannot be put aside: %s", path, strerrordesc_np(errno));
}

/* What the file holds, or an empty object. NULL: no memory. */
static json_t *read_values(const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	json_t *values;
	int r = file_read(path, MAX_FILE_BYTES, &text, &length);

	if (r == -ENOENT)
		return json_object();
	if (r < 0) {
		put_aside(path, strerrordesc_np(-r));
		return json_object();
	}
	values = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(values) && json_object_size(values) <= STATE_MAX_KEYS)
		return values;
	json_decref(values);
	put_aside(path, "is no state");
	return json_object();
}

int state_open(const char *folder, struct state **ret_state)
{
	struct state *state = calloc(1, sizeof(*state));

	if (!state)
		return -ENOMEM;
	pthread_mutex_init(&state->lock, NULL);
	state->folder = strdup(folder);
	if (asprintf(&state->path, "%s/" FILE_NAME, folder) < 0)
		state->path = NULL;
	if (state->path) {
		file_sweep(state->path);
		state->values = read_values(state->path);
	}
	if (!state->folder || !state->values) {
		state_close(state);
		return -ENOMEM;
	}
	*ret_state = state;
	return 0;
}

void state_close(struct state *state)
{
	if (!state)
		return;
	json_decref(state->values);
	pthread_mutex_destroy(&state->lock);
	free(state->path);
	free(state->folder);
	free(state);
}

char *state_get(struct state *state, const char *key)
{
	char *text = NULL;
	const json_t *value;

	pthread_mutex_lock(&state->lock);
	value = json_object_get(state->values, key);
	if (value)
		text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	pthread_mutex_unlock(&state->lock);
	return text;
}

/* Takes over `value`; NULL removes. The lock is held. */
static int set_locked(struct state *state, const char *key, json_t *value)
{
	const json_t *old = json_object_get(state->values, key);

	if (!value) {
		state->changed = state->changed || old;
		json_object_del(state->values, key);
		return 0;
	}
	if (!old && json_object_size(state->values) >= STATE_MAX_KEYS) {
		json_decref(value);
		return -ENOSPC;
	}
	if (old && json_equal(old, value)) {
		json_decref(value);
		return 0; /* spares the disk a save */
	}
	if (json_object_set_new(state->values, key, value) < 0)
		return -ENOMEM;
	state->changed = true;
	return 0;
}

int state_set(struct state *state, const char *key, const char *json)
{
	json_t *value = NULL;
	int r;

	if (!*key || !str_is_utf8(key, strlen(key)))
		return -EINVAL;
	if (strlen(key) > STATE_MAX_KEY_BYTES || (json && strlen(json) > STATE_MAX_VALUE_BYTES))
		return -E2BIG;
	if (json) {
		value = json_loads(json, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
		if (!value)
			return -EINVAL;
	}
	pthread_mutex_lock(&state->lock);
	r = set_locked(state, key, value);
	pthread_mutex_unlock(&state->lock);
	return r;
}

/* The text to save and nothing changed any more; "" when nothing was; NULL without memory. */
static char *take_changes(struct state *state)
{
	char *text;

	pthread_mutex_lock(&state->lock);
	text = state->changed ? json_dumps(state->values, JSON_INDENT(2) | JSON_SORT_KEYS)
	                      : strdup("");
	if (text)
		state->changed = false;
	pthread_mutex_unlock(&state->lock);
	return text;
}

static int write_file(const struct state *state, const char *text)
{
	int r = file_make_folders(state->folder, FOLDER_MODE);

	return r < 0 ? r : file_write_atomic(state->path, text, strlen(text), FILE_MODE);
}

int state_save(struct state *state)
{
	_cleanup_free_ char *text = take_changes(state);
	int r;

	if (!text)
		return -ENOMEM;
	if (*text == '\0')
		return 0;
	r = write_file(state, text);
	if (r < 0) {
		pthread_mutex_lock(&state->lock);
		state->changed = true;
		pthread_mutex_unlock(&state->lock);
	}
	return r;
}
