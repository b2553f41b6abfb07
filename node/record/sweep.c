#include "record/sweep.h"

#include "base/log.h"
#include "record/name.h"
#include "record/shelf.h"

#include <errno.h>
#include <string.h>

#define MAX_TOLD 20 /* of those that are missing at once */

static bool is_gone(const struct library *library, const char *file)
{
	char path[PATH_MAX];
	struct stat st;

	return name_join(path, library->folder, file) == 0 && lstat(path, &st) < 0 &&
	       errno == ENOENT;
}

static void list_missing(struct library *library, const struct scan *scan,
                         struct catalogue *ret_missing)
{
	pthread_mutex_lock(&library->mutex);
	for (size_t i = 0; i < library->catalogue.count; i++) {
		const struct library_item *item = &library->catalogue.items[i];

		if (marks_is_below(item->file, scan->below) &&
		    !catalogue_find(&scan->whole, item->file))
			catalogue_append(ret_missing, item);
	}
	pthread_mutex_unlock(&library->mutex);
}

void sweep_forget_missing(struct library *library, const struct scan *scan)
{
	_cleanup_(catalogue_finish) struct catalogue missing = {0};
	size_t gone = 0;

	list_missing(library, scan, &missing);
	for (size_t i = 0; i < missing.count && !atomic_load(&library->stopping); i++) {
		const struct library_item *item = &missing.items[i];

		if (!is_gone(library, item->file))
			continue;
		shelf_forget(library, item->file);
		if (i + 1 == missing.count ||
		    !shelf_is_of_day(item->file, missing.items[i + 1].file))
			shelf_save_notes(library, item->file);
		if (gone++ < MAX_TOLD)
			library->options.deleted(library->options.user, item, "missing");
	}
	if (gone > MAX_TOLD)
		log_info("%zu recordings are missing in %s/%s", gone, library->folder, scan->below);
}

/* Somebody has brought a file, or put another in its place, which keeps label and protection. */
static bool is_new(struct library *library, const struct library_item *found,
                   struct library_item *ret_item)
{
	struct library_item listed;

	*ret_item = *found;
	if (!shelf_find(library, found->file, &listed))
		return true;
	if (!listed.known || listed.bytes == found->bytes)
		return false;
	listed.known = listed.damaged = false;
	listed.bytes = found->bytes;
	*ret_item = listed;
	return true;
}

static void enter_new(struct library *library, const struct scan *scan)
{
	bool any = false;

	for (size_t i = 0; i < scan->whole.count; i++) {
		struct library_item item;

		if (!is_new(library, &scan->whole.items[i], &item))
			continue;
		log_info("%s was found", item.file);
		shelf_enter(library, &item);
		any |= !item.known;
	}
	if (any)
		duty_ask(&library->probe);
}

static void read_anew(struct library *library, const char *below)
{
	_cleanup_(scan_finish) struct scan scan = {
		.folder = library->folder,
		.below = below,
		.only_settled = true,
		.stopping = &library->stopping,
	};

	scan_run(&scan);
	if (atomic_load(&library->stopping))
		return;
	sweep_forget_missing(library, &scan);
	enter_new(library, &scan);
	marks_replace(&library->marks, below, &scan.marks);
}

void sweep_run(struct library *library)
{
	char folder[MARKS_PATH_SIZE];
	size_t looks = library->marks.count < SWEEP_LOOKS ? library->marks.count : SWEEP_LOOKS;

	for (int reads = 0; reads < SWEEP_READS; reads++) {
		if (!marks_next_changed(&library->marks, library->folder, &library->sweep_cursor,
		                        &looks, folder))
			return;
		read_anew(library, folder);
	}
}
