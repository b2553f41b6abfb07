#include "record/library.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "media/muxer.h"
#include "record/catalogue.h"
#include "record/name.h"
#include "record/part.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

/* How many of the newest files are opened after the scan to learn their length. */
#define MAX_PROBES 1000

/* Depth below the folder: <camera>/<YYYY>/<MM>/<DD>/<file>. */
#define CAMERA_LEVEL 1
#define FILE_LEVEL 5

struct library {
	char *folder; /* without a slash at the end */
	void (*recovered)(void *user, const struct library_item *item);
	void *user;
	pthread_t thread;
	bool started;
	atomic_bool stopping;

	pthread_mutex_t mutex;
	struct catalogue catalogue; /* guarded by mutex */
};

/* --- Scan --- */

struct scan {
	struct library *library;
	struct catalogue whole, parts;
};

static void scan_finish(struct scan *scan)
{
	catalogue_finish(&scan->whole);
	catalogue_finish(&scan->parts);
}

/* Files that are not named as recordings are other people's. */
static void note_file(struct scan *scan, const FTSENT *entry)
{
	const char *file = entry->fts_path + strlen(scan->library->folder) + 1;
	struct library_item item = {.bytes = (uint64_t)entry->fts_statp->st_size};
	struct name_parts parts;

	if (entry->fts_level != FILE_LEVEL || name_parse(file, &parts) < 0)
		return;
	memcpy(item.camera, parts.camera, sizeof(item.camera));
	memcpy(item.file, file, strlen(file) + 1);
	item.started_wall_us = parts.started_wall_us;
	if (catalogue_append(parts.part ? &scan->parts : &scan->whole, &item) < 0)
		log_warn("too many recordings: %s is not listed", file);
}

static void note_entry(struct scan *scan, FTS *fts, FTSENT *entry)
{
	switch (entry->fts_info) {
	case FTS_D:
		if (entry->fts_level >= FILE_LEVEL ||
		    (entry->fts_level == CAMERA_LEVEL && !str_is_id(entry->fts_name)))
			fts_set(fts, entry, FTS_SKIP);
		break;
	case FTS_F:
		note_file(scan, entry);
		break;
	case FTS_DNR:
	case FTS_ERR:
		log_warn("cannot read %s: %s", entry->fts_path, strerrordesc_np(entry->fts_errno));
		break;
	default: /* symbolic links are not followed */
		break;
	}
}

static void scan_folder(struct scan *scan)
{
	struct library *library = scan->library;
	char *const roots[] = {library->folder, NULL};
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	if (!fts) {
		log_warn("cannot read %s: no memory", library->folder);
		return;
	}
	/* Reads at least once: glibc loses memory when closed before that. */
	while ((entry = fts_read(fts)) && !atomic_load(&library->stopping))
		note_entry(scan, fts, entry);
	fts_close(fts);
	catalogue_sort(&scan->whole);
	catalogue_sort(&scan->parts);
}

/* What was added during the scan knows more than what was found. */
static void take_over(struct library *library, struct catalogue *found)
{
	struct catalogue added;

	pthread_mutex_lock(&library->mutex);
	for (size_t i = 0; i < library->catalogue.count; i++)
		catalogue_add(found, &library->catalogue.items[i]);
	added = library->catalogue;
	library->catalogue = *found;
	*found = added;
	pthread_mutex_unlock(&library->mutex);
}

/* --- Recovery --- */

static void describe(struct library_item *item, const struct muxer_file *file)
{
	item->frames = file->frames;
	item->duration_s = (double)file->duration_us / USEC_PER_SEC;
	item->format = file->codec == FRAME_H264 ? CONFIG_H264 : CONFIG_MJPEG;
}

/* Opens and locks a part: a descriptor, -EBUSY when it is somebody's, or -errno. */
static int lock_part(const struct library *library, const char *part)
{
	char path[PATH_MAX];
	int fd, r;

	r = name_join(path, library->folder, part);
	if (r < 0)
		return r;
	fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = part_lock(fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static uint64_t file_bytes(const struct library *library, const char *file)
{
	char path[PATH_MAX];
	struct stat st;

	if (name_join(path, library->folder, file) < 0 || stat(path, &st) < 0)
		return 0;
	return (uint64_t)st.st_size;
}

/* Makes the part's item one of a whole file: 0 or -errno. */
static int finish_part(const struct library *library, struct library_item *item)
{
	char file[RECORDER_FILE_SIZE];
	struct muxer_file whole;
	int r;

	name_from_part(file, item->file);
	r = part_finish(library->folder, file, &whole);
	if (r < 0)
		return r;
	memcpy(item->file, file, sizeof(file));
	item->bytes = file_bytes(library, file);
	item->recovered = true;
	describe(item, &whole);
	return 0;
}

static void recover(struct library *library, struct library_item *item)
{
	_cleanup_close_ int fd = lock_part(library, item->file);
	int r = fd;

	if (r >= 0)
		r = finish_part(library, item);
	switch (r) {
	case -EBUSY:
		return;
	case -ENODATA:
		log_info("%s was empty and is removed", item->file);
		return;
	case -EBADMSG:
		log_warn("%s cannot be read; kept", item->file);
		library_add(library, item);
		return;
	case 0:
		library_add(library, item);
		library->recovered(library->user, item);
		return;
	default:
		log_warn("%s stays unfinished: %s", item->file, strerrordesc_np(-r));
		library_add(library, item);
		return;
	}
}

/* --- Lengths of older files --- */

static void probe(struct library *library, const struct library_item *item)
{
	struct muxer_file file;
	struct library_item *listed;
	char path[PATH_MAX];

	if (name_join(path, library->folder, item->file) < 0 || muxer_probe(path, &file) < 0)
		return;
	pthread_mutex_lock(&library->mutex);
	listed = catalogue_find(&library->catalogue, item->file);
	if (listed)
		describe(listed, &file);
	pthread_mutex_unlock(&library->mutex);
}

static void probe_newest(struct library *library)
{
	_cleanup_free_ struct library_item *items = calloc(MAX_PROBES, sizeof(*items));
	size_t count;

	if (!items)
		return;
	count = library_list(library, NULL, 0, items, MAX_PROBES);
	if (count > MAX_PROBES)
		count = MAX_PROBES;
	for (size_t i = 0; i < count && !atomic_load(&library->stopping); i++)
		if (items[i].frames == 0)
			probe(library, &items[i]);
}

static void *run(void *arg)
{
	struct library *library = arg;
	_cleanup_(scan_finish) struct scan scan = {.library = library};

	scan_folder(&scan);
	take_over(library, &scan.whole);
	for (size_t i = 0; i < scan.parts.count && !atomic_load(&library->stopping); i++)
		recover(library, &scan.parts.items[i]);
	probe_newest(library);
	return NULL;
}

/* --- Life --- */

struct library *library_new(const char *folder,
                            void (*recovered)(void *user, const struct library_item *item),
                            void *user)
{
	struct library *library = calloc(1, sizeof(*library));
	size_t length = strlen(folder);

	if (!library)
		return NULL;
	while (length > 1 && folder[length - 1] == '/')
		length--;
	library->folder = strndup(folder, length);
	if (!library->folder) {
		free(library);
		return NULL;
	}
	library->recovered = recovered;
	library->user = user;
	atomic_init(&library->stopping, false);
	pthread_mutex_init(&library->mutex, NULL);
	return library;
}

int library_start(struct library *library)
{
	int r = thread_start(&library->thread, "library", run, library);

	library->started = r == 0;
	return r;
}

void library_stop(struct library *library)
{
	if (!library->started)
		return;
	atomic_store(&library->stopping, true);
	pthread_join(library->thread, NULL);
	library->started = false;
}

void library_free(struct library *library)
{
	if (!library)
		return;
	library_stop(library);
	catalogue_finish(&library->catalogue);
	pthread_mutex_destroy(&library->mutex);
	free(library->folder);
	free(library);
}

/* --- Use --- */

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
}

size_t library_list(struct library *library, const char *camera, size_t offset,
                    struct library_item *ret_items, size_t capacity)
{
	size_t count = 0;

	pthread_mutex_lock(&library->mutex);
	for (size_t i = library->catalogue.count; i > 0; i--) {
		const struct library_item *item = &library->catalogue.items[i - 1];

		if (camera && strcmp(camera, item->camera) != 0)
			continue;
		if (count >= offset && count - offset < capacity)
			ret_items[count - offset] = *item;
		count++;
	}
	pthread_mutex_unlock(&library->mutex);
	return count;
}

/* Opens `file` below `folder`, no step of it by a symbolic link: a descriptor or -errno. */
static int open_below(const char *folder, const char *file)
{
	_cleanup_close_ int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char step[RECORDER_FILE_SIZE];
	const char *slash;
	int fd;

	if (at < 0)
		return -errno;
	for (; (slash = strchr(file, '/')); file = slash + 1) {
		memcpy(step, file, (size_t)(slash - file));
		step[slash - file] = '\0';
		fd = openat(at, step, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		close(at);
		at = fd;
	}
	fd = openat(at, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int find(struct library *library, const char *file, struct library_item *ret_item)
{
	const struct library_item *item;

	pthread_mutex_lock(&library->mutex);
	item = catalogue_find(&library->catalogue, file);
	if (item)
		*ret_item = *item;
	pthread_mutex_unlock(&library->mutex);
	return item ? 0 : -ENOENT;
}

static void forget(struct library *library, const char *file)
{
	pthread_mutex_lock(&library->mutex);
	catalogue_remove(&library->catalogue, file);
	pthread_mutex_unlock(&library->mutex);
}

int library_open_file(struct library *library, const char *file, struct library_item *ret_item)
{
	struct library_item item;
	struct stat st;
	int fd;

	if (find(library, file, &item) < 0)
		return -ENOENT;
	fd = open_below(library->folder, file);
	if (fd == -ENOENT)
		forget(library, file);
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
