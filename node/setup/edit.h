/*
 * Changes of node.yaml that leave everything else as somebody has written it: order, comments,
 * blanks. Each change looks for the key's place in the text, by libyaml, and replaces or inserts
 * there. One thread.
 *
 * init → set, unset, add → text → finish. After an error the text is as before that change.
 */
#ifndef CAMNODE_SETUP_EDIT_H
#define CAMNODE_SETUP_EDIT_H

#include <stdbool.h>

#include "base/buf.h"

#define EDIT_MAX_FIELDS 8 /* of an item */

struct edit {
	struct buf text;
};

struct edit_field {
	const char *key, *value;
};

/* 0, -EINVAL (no YAML) or -ENOMEM. */
int edit_init(struct edit *edit, const char *text, size_t length);
void edit_finish(struct edit *edit); /* wipes */

/* True if the key is there, and has a value. */
bool edit_has(const struct edit *edit, const char *path);

/* Sets "mqtt.host" or "http.users[0].role" to a text; what is missing of the path is made, but no
 * items. 0, -EINVAL (the place holds something else, or the path has no place) or -ENOMEM. */
int edit_set(struct edit *edit, const char *path, const char *value);

/* Takes the value of a key away; the key stays, as if it were not there. Nothing if it isn't. */
int edit_unset(struct edit *edit, const char *path);

/* One more item, at the end of a list that is there or is made. As edit_set(). */
int edit_add(struct edit *edit, const char *path, const struct edit_field *fields, size_t count);

#endif
