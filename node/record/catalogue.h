/*
 * The list of recordings behind the library: sorted by the local time in their names, by which
 * they are found; that is not always the order in which they began. Not locked.
 */
#ifndef CAMNODE_RECORD_CATALOGUE_H
#define CAMNODE_RECORD_CATALOGUE_H

#include "record/library.h"

struct catalogue {
	struct library_item *items; /* oldest first */
	size_t count, capacity;
};

void catalogue_finish(struct catalogue *catalogue);

/* Enters an item at its place, or replaces the one with the same file; when full, the oldest goes.
 * 0 or -ENOMEM. */
int catalogue_add(struct catalogue *catalogue, const struct library_item *item);

/* For many: appends without order, to be sorted at the end. 0, -ENOSPC when full, -ENOMEM. */
int catalogue_append(struct catalogue *catalogue, const struct library_item *item);
void catalogue_sort(struct catalogue *catalogue);

/* Sorts and drops some of the oldest, so that there is room to append: how many. */
size_t catalogue_drop_oldest(struct catalogue *catalogue);

/* The item, valid until the next change, or NULL. */
struct library_item *catalogue_find(const struct catalogue *catalogue, const char *file);

void catalogue_remove(struct catalogue *catalogue, const char *file);

#endif
