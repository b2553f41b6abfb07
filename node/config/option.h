/*
 * The option table: every key of node.yaml once, with its type, range, default, help and place in
 * struct config. The loader, the defaults, `--print-config`, the reference and the comparison for
 * SIGHUP all walk it. Constant; any thread.
 *
 * Keys are relative to the struct they are in: "mqtt.port" in struct config, "jpeg.quality" in
 * struct config_camera. A list has a table for its items.
 */
#ifndef CAMNODE_CONFIG_OPTION_H
#define CAMNODE_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#define OPTION_PATH_SIZE 192 /* a whole key with its indexes: "cameras[7].controls.<64 bytes>" */
#define OPTION_KEY_SIZE 40   /* a key without its section */
#define OPTION_MAX_KEYS 40   /* in a section */

enum option_type {                     /* the field, and what is special */
	           OPTION_BOOL,        /* bool */
	           OPTION_INT,         /* int, min..max */
	           OPTION_DOUBLE,      /* double, min..max */
	           OPTION_WORD,        /* int or an enum: the value of one of `words` */
	           OPTION_STRING,      /* char *: one of `words` if there are any, else by `rule` */
	           OPTION_PATH,        /* char *, made absolute */
	           OPTION_SOURCE,      /* char *: of a camera; a file in it is made absolute */
	           OPTION_SIZE,        /* two ints: width and height, even */
	           OPTION_SETTING,     /* char *: any number or word; true and false are 1 and 0 */
	           OPTION_SECRET,      /* char *, never shown */
	           OPTION_SECRET_FILE, /* the path of a file; its content goes to the secret's field
	                                */
	           OPTION_LIST,        /* struct option_list */
	           OPTION_TYPE_COUNT,
};

struct option_word { /* tables end with a NULL word */
	const char *word;
	int value;
};

struct option_rule { /* what a text has to be */
	bool (*holds)(const char *text);
	const char *allowed; /* the same in words */
};

struct option_list {
	const struct option *items; /* with the one key "": an item is a value, not a mapping */
	size_t item_size;
	size_t count_offset; /* of the size_t behind the array */
	size_t max;
	size_t built_in; /* of these, that are always there */
	bool named;      /* a mapping, name to value or section; an item begins with `char *name` */
	const struct option_rule *name_rule; /* of a named item; NULL: any */
};

struct option { /* tables end with a NULL key */
	const char *key;
	enum option_type type;
	size_t offset;
	double min, max;
	const char *def; /* as in node.yaml; NULL: not set ("" or 0), or made as `derived` says */
	const char *derived; /* where a default comes from that is known at load only */
	bool required;
	bool live; /* can be applied at run time, by SIGHUP */
	const struct option_word *words;
	const struct option_rule *rule;
	const struct option_list *list;
	const char *help;
};

extern const struct option option_table[];
extern const struct option_list option_camera_list; /* of its `cameras` */

/* The option with this key, or NULL. `key` is the part behind `section` ("" or "mqtt."). */
const struct option *option_find(const struct option *table, const char *section, const char *key);

/* True if `key` names a section: there are options that begin with `section` `key` ".". */
bool option_is_section(const struct option *table, const char *section, const char *key);

/* The distinct keys of a section, up to the next "."; returns their number. */
size_t option_keys(const struct option *table, const char *section,
                   char ret_keys[OPTION_MAX_KEYS][OPTION_KEY_SIZE]);

size_t option_list_count(const struct option *option, const void *base);
void *option_list_item(const struct option *option, const void *base, size_t index);

/* Formats a whole key for messages; too long a one is cut. */
void option_path(char ret_path[static OPTION_PATH_SIZE], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The whole key of an item of the list at `path`: "cameras[1]", or "controls.Gain" when named. */
void option_list_path(const struct option *option, const char *path, const void *item, size_t index,
                      char ret_path[static OPTION_PATH_SIZE]);

#endif
