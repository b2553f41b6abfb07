#include "record/catalogue.h"

#include "base/cleanup.h"
#include "record/name.h"

#include <errno.h>
#include <string.h>

#define FIRST_CAPACITY 64
#define DROPPED_SHARE 20 /* one in so many: each time costs a sorting */

void catalogue_finish(struct catalogue *catalogue)
{
	free(catalogue->items);
	*catalogue = (struct catalogue){0};
}

static int compare(const void *left, const void *right)
{
	const struct library_item *a = left, *b = right;
	int order = strcmp(name_stamp(a->file, a->camera), name_stamp(b->file, b->camera));

	return order != 0 ? order : strcmp(a->file, b->file);
}

/* Where the item is or belongs: the number of items before it. */
static size_t find_place(const struct catalogue *catalogue, const struct library_item *item)
{
	size_t low = 0, high = catalogue->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&catalogue->items[middle], item) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct catalogue *catalogue, size_t place, const struct library_item *item)
{
	return place < catalogue->count && compare(&catalogue->items[place], item) == 0;
}

static int make_room(struct catalogue *catalogue)
{
	size_t capacity = catalogue->capacity ? catalogue->capacity * 2 : FIRST_CAPACITY;
	struct library_item *items;

	if (catalogue->count < catalogue->capacity)
		return 0;
	if (capacity > LIBRARY_MAX_ITEMS)
		capacity = LIBRARY_MAX_ITEMS;
	if (capacity == catalogue->count)
		return -ENOSPC;
	items = reallocarray(catalogue->items, capacity, sizeof(*items));
	if (!items)
		return -ENOMEM;
	catalogue->items = items;
	catalogue->capacity = capacity;
	return 0;
}

static void remove_at(struct catalogue *catalogue, size_t place)
{
	struct library_item *item = &catalogue->items[place];

	catalogue->count--;
	memmove(item, item + 1, (catalogue->count - place) * sizeof(*item));
}

int catalogue_add(struct catalogue *catalogue, const struct library_item *item)
{
	size_t place = find_place(catalogue, item);
	struct library_item *slot;
	int r;

	if (is_at(catalogue, place, item)) {
		catalogue->items[place] = *item;
		return 0;
	}
	r = make_room(catalogue);
	if (r == -ENOSPC && place > 0) {
		remove_at(catalogue, 0);
		place--;
		r = 0;
	}
	if (r < 0)
		return r == -ENOSPC ? 0 : r; /* it is the oldest itself */
	slot = &catalogue->items[place];
	memmove(slot + 1, slot, (catalogue->count - place) * sizeof(*slot));
	*slot = *item;
	catalogue->count++;
	return 0;
}

int catalogue_append(struct catalogue *catalogue, const struct library_item *item)
{
	int r = make_room(catalogue);

	if (r == 0)
		catalogue->items[catalogue->count++] = *item;
	return r;
}

void catalogue_sort(struct catalogue *catalogue)
{
	if (catalogue->count > 0)
		qsort(catalogue->items, catalogue->count, sizeof(catalogue->items[0]), compare);
}

size_t catalogue_drop_oldest(struct catalogue *catalogue)
{
	size_t dropped = catalogue->count / DROPPED_SHARE;

	catalogue_sort(catalogue);
	catalogue->count -= dropped;
	if (dropped > 0)
		memmove(catalogue->items, catalogue->items + dropped,
		        catalogue->count * sizeof(*catalogue->items));
	return dropped;
}

static int make_key(const char *file, struct library_item *ret_key)
{
	struct name_parts parts;
	int r = name_parse(file, &parts);

	if (r < 0)
		return r;
	memcpy(ret_key->camera, parts.camera, sizeof(ret_key->camera));
	return str_copy(ret_key->file, sizeof(ret_key->file), file);
}

struct library_item *catalogue_find(const struct catalogue *catalogue, const char *file)
{
	struct library_item key;
	size_t place;

	if (make_key(file, &key) < 0)
		return NULL;
	place = find_place(catalogue, &key);
	return is_at(catalogue, place, &key) ? &catalogue->items[place] : NULL;
}

void catalogue_remove(struct catalogue *catalogue, const char *file)
{
	struct library_item *item = catalogue_find(catalogue, file);

	if (item)
		remove_at(catalogue, (size_t)(item - catalogue->items));
}
