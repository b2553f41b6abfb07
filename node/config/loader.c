#include "config/loader.h"

#include "config/value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_KEYS 256      /* of a mapping, known and unknown */
#define MAX_NAME_BYTES 64 /* of an item in a named list */
#define WHY_LIMIT 512

struct loader {
	struct document *document;
	struct report *report;
	const char *folder;
	int error; /* -ENOMEM sticks */
};

/* Where keys of a mapping belong. */
struct scope {
	const struct option *table;
	void *base;
	const char *section; /* in the table: "" or "jpeg." */
	const char *path;    /* whole key of the mapping: "cameras[0].jpeg" */
};

int loader_defaults(const struct option *table, void *base, const char *folder)
{
	for (const struct option *option = table; option->key; option++) {
		int r = value_set_default(option, base, folder);

		if (r < 0)
			return r;
	}
	return 0;
}

void *loader_add_item(const struct option *list, void *base, const char *folder)
{
	size_t *count = (size_t *)((char *)base + list->list->count_offset);
	void *item = option_list_item(list, base, *count);

	(*count)++;
	return loader_defaults(list->list->items, item, folder) == 0 ? item : NULL;
}

static void join_path(char ret_path[static OPTION_PATH_SIZE], const char *path, const char *key)
{
	option_path(ret_path, "%s%s%.*s", path, *path ? "." : "", MAX_NAME_BYTES, key);
}

/* Reports a node that has the wrong kind. */
static void report_kind(struct loader *loader, const yaml_node_t *node, const char *path,
                        const char *wanted)
{
	static const char *const kinds[] = {
		[YAML_NO_NODE] = "nothing",
		[YAML_SCALAR_NODE] = "one value",
		[YAML_SEQUENCE_NODE] = "a list",
		[YAML_MAPPING_NODE] = "a section of keys",
	};

	report_add(loader->report, document_place(node), path, "is %s; allowed: %s",
	           kinds[node->type], wanted);
}

static void report_value(struct loader *loader, const struct option *option,
                         const yaml_node_t *node, const char *path, const struct buf *why)
{
	_cleanup_(buf_finish) struct buf allowed = {.limit = WHY_LIMIT};
	char quote[REPORT_QUOTE_SIZE] = "***";

	value_allowed(option, &allowed);
	if (!value_is_secret(option))
		report_quote(document_text(node), quote);
	report_add(loader->report, document_place(node), path, "\"%s\" %s%s%s", quote,
	           why->data ? why->data : "is wrong", allowed.length > 0 ? "; allowed: " : "",
	           allowed.length > 0 ? allowed.data : "");
}

static void load_value(struct loader *loader, const struct option *option, void *base,
                       const yaml_node_t *node, const char *path)
{
	_cleanup_(buf_finish) struct buf why = {.limit = WHY_LIMIT};
	const char *text = document_text(node);
	int r;

	if (!text) {
		report_kind(loader, node, path, "one value, on the key's line");
		return;
	}
	r = value_set(option, base, text, loader->folder, &why);
	if (r == -EINVAL)
		report_value(loader, option, node, path, &why);
	else if (r < 0)
		loader->error = r;
}

static void report_unknown(struct loader *loader, const struct scope *scope,
                           const yaml_node_t *node, const char *path)
{
	char keys[OPTION_MAX_KEYS][OPTION_KEY_SIZE];
	const char *candidates[OPTION_MAX_KEYS];
	_cleanup_(buf_finish) struct buf known = {.limit = WHY_LIMIT};
	size_t count = option_keys(scope->table, scope->section, keys);
	const char *nearest;

	for (size_t i = 0; i < count; i++) {
		candidates[i] = keys[i];
		buf_printf(&known, "%s%s", i > 0 ? ", " : "", keys[i]);
	}
	nearest = str_nearest(document_text(node), candidates, count);
	if (nearest)
		report_add(loader->report, document_place(node), path,
		           "unknown key; did you mean \"%s\"?", nearest);
	else
		report_add(loader->report, document_place(node), path,
		           "unknown key; known here: %s", known.data ? known.data : "none");
}

/* The key's text, or NULL after reporting one that is no text or was there before. */
static const char *mapping_key(struct loader *loader, const yaml_node_t *mapping,
                               const yaml_node_pair_t *pair, const char *path)
{
	const yaml_node_t *node = document_node(loader->document, pair->key);
	const char *key = document_text(node);

	if (!key) {
		report_add(loader->report, document_place(node), path, "a key that is no text");
		return NULL;
	}
	for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < pair; p++) {
		const yaml_node_t *other = document_node(loader->document, p->key);
		const char *text = document_text(other);
		char whole[OPTION_PATH_SIZE];

		if (!text || strcmp(text, key) != 0)
			continue;
		join_path(whole, path, key);
		report_add(loader->report, document_place(node), whole,
		           "is there twice, first in line %zu", document_place(other).line);
		return NULL;
	}
	return key;
}

/* The number of pairs to look at. */
static size_t mapping_length(struct loader *loader, const yaml_node_t *mapping, const char *path)
{
	size_t count =
		(size_t)(mapping->data.mapping.pairs.top - mapping->data.mapping.pairs.start);

	if (count <= MAX_KEYS)
		return count;
	report_add(loader->report, document_place(mapping), path, "more than %d keys", MAX_KEYS);
	return MAX_KEYS;
}

static void load_option(struct loader *loader, const struct option *option, void *base,
                        const yaml_node_t *node, const char *path);

static void load_mapping(struct loader *loader, const struct scope *scope, const yaml_node_t *node);

static void load_section(struct loader *loader, const struct scope *scope, const char *key,
                         const yaml_node_t *node, const char *path)
{
	char section[OPTION_PATH_SIZE];
	struct scope inner = {scope->table, scope->base, section, path};

	option_path(section, "%s%s.", scope->section, key);
	if (!document_is_null(node)) /* all its keys may be commented out */
		load_mapping(loader, &inner, node);
}

static void load_key(struct loader *loader, const struct scope *scope, const char *key,
                     const yaml_node_pair_t *pair)
{
	const struct option *option = option_find(scope->table, scope->section, key);
	const yaml_node_t *node = document_node(loader->document, pair->value);
	char path[OPTION_PATH_SIZE];

	join_path(path, scope->path, key);
	if (option)
		load_option(loader, option, scope->base, node, path);
	else if (option_is_section(scope->table, scope->section, key))
		load_section(loader, scope, key, node, path);
	else
		report_unknown(loader, scope, document_node(loader->document, pair->key), path);
}

static void load_mapping(struct loader *loader, const struct scope *scope, const yaml_node_t *node)
{
	size_t count;

	if (node->type != YAML_MAPPING_NODE) {
		report_kind(loader, node, scope->path, "a section, its keys indented below");
		return;
	}
	count = mapping_length(loader, node, scope->path);
	for (size_t i = 0; i < count; i++) {
		const yaml_node_pair_t *pair = &node->data.mapping.pairs.start[i];
		const char *key = mapping_key(loader, node, pair, scope->path);

		if (key)
			load_key(loader, scope, key, pair);
	}
}

static void report_full(struct loader *loader, const struct option_list *list,
                        const yaml_node_t *node, const char *path)
{
	char with[48] = "";

	if (list->built_in)
		snprintf(with, sizeof(with), ", with the %zu built-in ones", list->built_in);
	report_add(loader->report, document_place(node), path,
	           "more than %zu items%s; this one and all behind it are too many", list->max,
	           with);
}

/* One more item, or NULL after reporting that there are too many. */
static void *add_item(struct loader *loader, const struct option *list, void *base,
                      const yaml_node_t *node, const char *path)
{
	void *item;

	if (option_list_count(list, base) >= list->list->max) {
		report_full(loader, list->list, node, path);
		return NULL;
	}
	item = loader_add_item(list, base, loader->folder);
	if (!item)
		loader->error = -ENOMEM;
	return item;
}

static void load_item(struct loader *loader, const struct option *items, void *item,
                      const yaml_node_t *node, const char *path)
{
	const struct scope scope = {items, item, "", path};

	if (items->key[0] == '\0')
		load_value(loader, items, item, node, path);
	else
		load_mapping(loader, &scope, node);
}

static void load_list(struct loader *loader, const struct option *list, void *base,
                      const yaml_node_t *node, const char *path)
{
	char item_path[OPTION_PATH_SIZE];

	if (node->type != YAML_SEQUENCE_NODE) {
		report_kind(loader, node, path, "a list, each item behind a dash");
		return;
	}
	for (const yaml_node_item_t *i = node->data.sequence.items.start;
	     i < node->data.sequence.items.top; i++) {
		const yaml_node_t *item_node = document_node(loader->document, *i);
		void *item = add_item(loader, list, base, item_node, path);

		if (!item)
			return;
		option_list_path(list, path, item, option_list_count(list, base) - 1, item_path);
		load_item(loader, list->list->items, item, item_node, item_path);
	}
}

/* The item of that name among those that are there before the document: its values are defaults. */
static char **find_named_item(const struct option *list, const void *base, const char *name)
{
	for (size_t i = 0; i < option_list_count(list, base); i++) {
		char **item = option_list_item(list, base, i);

		if (*item && strcmp(*item, name) == 0)
			return item;
	}
	return NULL;
}

/* A new item of that name, or NULL after reporting why not. */
static char **add_named_item(struct loader *loader, const struct option *list, void *base,
                             const char *name, const yaml_node_t *node, const char *path)
{
	const struct option_rule *rule = list->list->name_rule;
	char item_path[OPTION_PATH_SIZE];
	char **item;

	if (rule && !rule->holds(name)) {
		join_path(item_path, path, name);
		report_add(loader->report, document_place(node), item_path,
		           "is no valid name; allowed: %s", rule->allowed);
		return NULL;
	}
	item = add_item(loader, list, base, node, path);
	if (!item)
		return NULL;
	*item = strdup(name); /* the name comes first in the struct */
	if (!*item)
		loader->error = -ENOMEM;
	return item;
}

static void load_named_item(struct loader *loader, const struct option *list, void *base,
                            const char *name, const yaml_node_t *node, const char *path)
{
	char **item = find_named_item(list, base, name);
	char item_path[OPTION_PATH_SIZE];

	if (!item)
		item = add_named_item(loader, list, base, name, node, path);
	if (!item || !*item)
		return;
	join_path(item_path, path, name);
	load_item(loader, list->list->items, item, node, item_path);
}

static void load_named_list(struct loader *loader, const struct option *list, void *base,
                            const yaml_node_t *node, const char *path)
{
	size_t count;

	if (node->type != YAML_MAPPING_NODE) {
		report_kind(loader, node, path, "names and values, indented below");
		return;
	}
	count = mapping_length(loader, node, path);
	for (size_t i = 0; i < count && i <= list->list->max; i++) {
		const yaml_node_pair_t *pair = &node->data.mapping.pairs.start[i];
		const char *name = mapping_key(loader, node, pair, path);

		if (name)
			load_named_item(loader, list, base, name,
			                document_node(loader->document, pair->value), path);
	}
}

static void load_option(struct loader *loader, const struct option *option, void *base,
                        const yaml_node_t *node, const char *path)
{
	if (document_is_null(node))
		return; /* the default stays */
	if (option->type != OPTION_LIST)
		load_value(loader, option, base, node, path);
	else if (option->list->named)
		load_named_list(loader, option, base, node, path);
	else
		load_list(loader, option, base, node, path);
}

int loader_load(struct document *document, const char *folder, struct config *config,
                struct report *report)
{
	struct loader loader = {document, report, folder, 0};
	const struct scope scope = {option_table, config, "", ""};
	const yaml_node_t *root = document_root(document);

	if (root && !document_is_null(root))
		load_mapping(&loader, &scope, root);
	return loader.error;
}
