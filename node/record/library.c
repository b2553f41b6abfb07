#include "record/library.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "record/below.h"
#include "record/librarian.h"
#include "record/name.h"
#include "record/shelf.h"

#include <errno.h>
#include <string.h>

#define MAX_CHANGES 256 /* that wait */

/* --- Life --- */

struct library *library_new(const struct library_options *options)
{
	struct library *library = calloc(1, sizeof(*library));
	size_t length = strlen(options->config->dir);

	if (!library)
		return NULL;
	while (length > 1 && options->config->dir[length - 1] == '/')
		length--;
	library->folder = strndup(options->config->dir, length);
	if (!library->folder) {
		free(library);
		return NULL;
	}
	library->options = *options;
	atomic_init(&library->stopping, false);
	atomic_init(&library->changes, 0);
	duty_init(&library->scan, library, librarian_scan);
	duty_init(&library->recover, library, librarian_recover);
	duty_init(&library->probe, library, librarian_probe);
	duty_init(&library->tidy, library, librarian_tidy);
	atomic_init(&library->part_bytes, 0);
	pthread_mutex_init(&library->mutex, NULL);
	return library;
}

int library_start(struct library *library)
{
	library->worker = worker_new("library", MAX_CHANGES + DUTY_COUNT);
	if (!library->worker)
		return -ENOMEM;
	duty_ask(&library->scan);
	return 0;
}

int library_stop(struct library *library, int64_t timeout_us)
{
	int r = 0;

	atomic_store(&library->stopping, true);
	if (library->worker)
		r = worker_stop(library->worker, timeout_us);
	if (r < 0)
		return r;
	worker_free(library->worker); /* its jobs look at it */
	library->worker = NULL;
	return 0;
}

void library_free(struct library *library)
{
	if (!library)
		return;
	atomic_store(&library->stopping, true);
	worker_free(library->worker);
	catalogue_finish(&library->parts);
	catalogue_finish(&library->catalogue);
	marks_finish(&library->marks);
	pthread_mutex_destroy(&library->mutex);
	free(library->folder);
	free(library);
}

/* --- Use --- */

void library_tick(struct library *library)
{
	duty_ask(&library->tidy);
}

void library_expect(struct library *library, uint64_t part_bytes)
{
	atomic_store(&library->part_bytes, part_bytes);
}

void library_rescan(struct library *library)
{
	duty_ask(&library->scan);
}

static int submit(struct library *library, const struct library_change *change)
{
	struct change_job *job = malloc(sizeof(*job));
	int r;

	if (!job)
		return -ENOMEM;
	*job = (struct change_job){library, *change};
	r = worker_submit(library->worker, librarian_change, job);
	if (r < 0)
		free(job);
	return r;
}

int library_change(struct library *library, const struct library_change *change)
{
	int r = -ENOSPC;

	if (!library->worker || atomic_load(&library->stopping))
		return -ESHUTDOWN;
	if (atomic_fetch_add(&library->changes, 1) < MAX_CHANGES)
		r = submit(library, change);
	if (r < 0)
		atomic_fetch_sub(&library->changes, 1);
	return r;
}

void library_add(struct library *library, const struct library_item *item)
{
	struct name_parts parts;
	int r = name_parse(item->file, &parts);

	if (r == 0 && strcmp(parts.camera, item->camera) != 0)
		r = -EINVAL;
	if (r == 0) {
		pthread_mutex_lock(&library->mutex);
		r = catalogue_add(&library->catalogue, item);
		pthread_mutex_unlock(&library->mutex);
	}
	if (r < 0)
		log_error("cannot list %s: %s", item->file, strerrordesc_np(-r));
	else if (!item->known)
		duty_ask(&library->probe);
}

void library_camera(const struct library_item *item, char ret_camera[static ID_SIZE])
{
	size_t length = strlen(item->camera), ending = strlen(CONFIG_TIMELAPSE_ENDING);

	memcpy(ret_camera, item->camera, length + 1);
	if (length > ending && strcmp(item->camera + length - ending, CONFIG_TIMELAPSE_ENDING) == 0)
		ret_camera[length - ending] = '\0';
}

static bool is_of_camera(const struct library_item *item, const char *camera)
{
	char own[ID_SIZE];

	library_camera(item, own);
	return strcmp(camera, own) == 0 || strcmp(camera, item->camera) == 0;
}

bool library_fits(const struct library_filter *filter, const struct library_item *item)
{
	if (!filter)
		return true;
	if (filter->camera && *filter->camera && !is_of_camera(item, filter->camera))
		return false;
	if (filter->label && *filter->label && strcmp(filter->label, item->label) != 0)
		return false;
	return !filter->day || !*filter->day ||
	       name_is_of_day(item->file, item->camera, filter->day);
}

/* Those that fit, from the last name to the first: how many. `ret_found` may be NULL. */
static size_t find_all(const struct catalogue *catalogue, const struct library_filter *filter,
                       const struct library_item **ret_found)
{
	size_t count = 0;

	for (size_t i = catalogue->count; i > 0; i--) {
		if (!library_fits(filter, &catalogue->items[i - 1]))
			continue;
		if (ret_found)
			ret_found[count] = &catalogue->items[i - 1];
		count++;
	}
	return count;
}

static int compare_newest_first(const void *left, const void *right)
{
	const struct library_item *a = *(const struct library_item *const *)left;
	const struct library_item *b = *(const struct library_item *const *)right;

	if (a->started_wall_us != b->started_wall_us)
		return a->started_wall_us < b->started_wall_us ? 1 : -1;
	return a < b ? 1 : -1; /* as in the catalogue */
}

/* Names are in the order of time but where the clocks have been changed. */
size_t library_list(struct library *library, const struct library_filter *filter, size_t offset,
                    struct library_item *ret_items, size_t capacity)
{
	const struct library_item **found = NULL;
	size_t count;

	pthread_mutex_lock(&library->mutex);
	if (capacity > 0 && library->catalogue.count > 0)
		found = calloc(library->catalogue.count, sizeof(struct library_item *));
	count = found || capacity == 0 ? find_all(&library->catalogue, filter, found) : 0;
	if (found && count > 1)
		qsort(found, count, sizeof(struct library_item *), compare_newest_first);
	for (size_t i = offset; found && i < count && i - offset < capacity; i++)
		ret_items[i - offset] = *found[i];
	pthread_mutex_unlock(&library->mutex);
	free(found);
	return count;
}

int library_find(struct library *library, const char *file, struct library_item *ret_item)
{
	return shelf_find(library, file, ret_item) ? 0 : -ENOENT;
}

static bool find_part_or_whole(struct library *library, const char *file,
                               struct library_item *ret_item)
{
	char whole[RECORDER_FILE_SIZE];
	struct name_parts parts;

	if (shelf_find(library, file, ret_item))
		return true;
	if (name_parse(file, &parts) < 0 || !parts.part)
		return false;
	name_from_part(whole, file);
	return shelf_find(library, whole, ret_item);
}

/* One that is not listed, and there: it runs, or waits for its recovery. */
static bool has_part(const struct library *library, const char *file)
{
	char part[RECORDER_FILE_SIZE];

	if (name_find_part(part, file) < 0)
		return false;
	_cleanup_close_ int fd = below_open(library->folder, part);
	return fd >= 0;
}

int library_open_file(struct library *library, const char *file, struct library_item *ret_item)
{
	struct library_item item;
	struct stat st;
	int fd;

	if (!find_part_or_whole(library, file, &item))
		return has_part(library, file) ? -EBUSY : -ENOENT;
	/* One that is gone is the sweep's to tell of. */
	fd = below_open(library->folder, item.file);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -ENOENT;
	}
	item.bytes = (uint64_t)st.st_size;
	*ret_item = item;
	return fd;
}
