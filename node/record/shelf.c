#include "record/shelf.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "record/notes.h"

#include <errno.h>
#include <string.h>

bool shelf_find(struct library *library, const char *file, struct library_item *ret_item)
{
	const struct library_item *item;

	pthread_mutex_lock(&library->mutex);
	item = catalogue_find(&library->catalogue, file);
	if (item)
		*ret_item = *item;
	pthread_mutex_unlock(&library->mutex);
	return item;
}

void shelf_forget(struct library *library, const char *file)
{
	pthread_mutex_lock(&library->mutex);
	catalogue_remove(&library->catalogue, file);
	pthread_mutex_unlock(&library->mutex);
}

void shelf_enter(struct library *library, const struct library_item *item)
{
	pthread_mutex_lock(&library->mutex);
	catalogue_add(&library->catalogue, item);
	pthread_mutex_unlock(&library->mutex);
}

bool shelf_is_of_day(const char *file, const char *other)
{
	return strncmp(file, other, (size_t)(strrchr(file, '/') - file) + 1) == 0;
}

int shelf_read_notes(struct library *library, const char *file)
{
	json_auto_t *notes = NULL;
	int r = notes_load(library->folder, file, &notes);

	if (r < 0 && r != -ENOENT)
		return r;
	pthread_mutex_lock(&library->mutex);
	for (size_t i = 0; i < library->catalogue.count; i++) {
		struct library_item *item = &library->catalogue.items[i];

		if (!item->unread || !shelf_is_of_day(file, item->file))
			continue;
		item->known |= notes_apply(notes, item);
		item->unread = false;
	}
	pthread_mutex_unlock(&library->mutex);
	return 0;
}

static bool is_noteworthy(const struct library_item *item)
{
	return item->known &&
	       (item->frames > 0 || item->damaged || item->protected || item->label[0]);
}

/* Copies the items of that day, so that the disk is written without the lock. */
int shelf_save_notes(struct library *library, const char *file)
{
	_cleanup_(catalogue_finish) struct catalogue day = {0};
	int r = shelf_read_notes(library, file);

	pthread_mutex_lock(&library->mutex);
	for (size_t i = 0; i < library->catalogue.count && r == 0; i++) {
		const struct library_item *item = &library->catalogue.items[i];

		if (is_noteworthy(item) && shelf_is_of_day(file, item->file))
			r = catalogue_append(&day, item);
	}
	pthread_mutex_unlock(&library->mutex);
	if (r == 0)
		r = notes_save(library->folder, file, &day);
	if (r < 0 && r != -ENOENT)
		log_warn("cannot keep notes beside %s: %s", file, strerrordesc_np(-r));
	return r;
}

bool shelf_take_turn(struct library *library, bool (*fits)(const struct library_item *),
                     size_t *cursor, struct library_item *ret_item)
{
	bool found = false;
	size_t count;

	pthread_mutex_lock(&library->mutex);
	count = library->catalogue.count;
	for (size_t i = 0; i < count && !found; i++) {
		size_t place = (*cursor + i) % count;

		found = fits(&library->catalogue.items[place]);
		if (found) {
			*ret_item = library->catalogue.items[place];
			*cursor = place + 1;
		}
	}
	pthread_mutex_unlock(&library->mutex);
	return found;
}
