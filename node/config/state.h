/*
 * What outlives a restart: a few small JSON values by key, in one file of node.state_dir. Setting
 * changes memory only; state_save() writes the file as a whole, so that a power cut leaves the old
 * or the new one.
 *
 * open → get, set, save → close. Any thread gets and sets; one at a time saves. Only state_open()
 * and state_save() touch the disk: control sets, its worker saves.
 */
#ifndef CAMNODE_CONFIG_STATE_H
#define CAMNODE_CONFIG_STATE_H

#define STATE_MAX_KEYS 64
#define STATE_MAX_KEY_BYTES 160    /* "cam/<id>/controls" and more */
#define STATE_MAX_VALUE_BYTES 4096 /* of JSON */

struct state;

/* Reads `folder`/state.json. Without it the state is empty; one that can't be read or is broken is
 * logged and kept as state.json.broken; what a save left that was cut short goes. 0 or -ENOMEM. */
int state_open(const char *folder, struct state **ret_state);
void state_close(struct state *state); /* saves nothing; takes NULL */

/* The JSON text of a key, the caller's to free(); NULL if there is none, or no memory. */
char *state_get(struct state *state, const char *key);

/* Sets a key to any JSON value; `json` NULL removes it. 0, -EINVAL (no JSON, or a bad key), -E2BIG
 * (too long), -ENOSPC (too many keys) or -ENOMEM. */
int state_set(struct state *state, const char *key, const char *json);

/* Writes what has changed since the last save, and makes the folder. 0 or -errno: then the next
 * save tries again. */
int state_save(struct state *state);

#endif
