/* config_compare(): what a reload changes. */
#include "config/config.h"

#include "config/option.h"
#include "config/value.h"

#include <string.h>

struct comparison {
	struct buf *live;
	struct buf *restart;
};

static void compare_options(struct comparison *comparison, const struct option *table,
                            const void *old_base, const void *new_base, const char *path);

static void add(struct comparison *comparison, const struct option *option, const char *path)
{
	buf_printf(option->live ? comparison->live : comparison->restart, "%s\n", path);
}

static bool same_name(const struct option *list, const void *a, const void *b)
{
	return !list->list->named || strcmp(*(char *const *)a, *(char *const *)b) == 0;
}

/* Items are compared by their place. Those that came or went are one change: of the list. */
static void compare_list(struct comparison *comparison, const struct option *list,
                         const void *old_base, const void *new_base, const char *path)
{
	size_t old_count = option_list_count(list, old_base);
	size_t new_count = option_list_count(list, new_base);
	bool changed = old_count != new_count;

	for (size_t i = 0; i < old_count && i < new_count; i++) {
		const void *old_item = option_list_item(list, old_base, i);
		const void *new_item = option_list_item(list, new_base, i);
		char item_path[OPTION_PATH_SIZE];

		option_list_path(list, path, old_item, i, item_path);
		if (same_name(list, old_item, new_item))
			compare_options(comparison, list->list->items, old_item, new_item,
			                item_path);
		else
			changed = true;
	}
	if (changed)
		add(comparison, list, path);
}

static void compare_options(struct comparison *comparison, const struct option *table,
                            const void *old_base, const void *new_base, const char *path)
{
	for (const struct option *option = table; option->key; option++) {
		char whole[OPTION_PATH_SIZE];

		option_path(whole, "%s%s%s", path, *path && *option->key ? "." : "", option->key);
		if (option->type == OPTION_LIST)
			compare_list(comparison, option, old_base, new_base, whole);
		else if (option->type != OPTION_SECRET_FILE &&
		         !value_equal(option, old_base, new_base))
			add(comparison, option, whole);
	}
}

void config_compare(const struct config *old_config, const struct config *new_config,
                    struct buf *live, struct buf *restart)
{
	struct comparison comparison = {live, restart};

	compare_options(&comparison, option_table, old_config, new_config, "");
}
