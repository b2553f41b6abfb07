#include "record/librarian.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "media/muxer.h"
#include "record/below.h"
#include "record/name.h"
#include "record/part.h"
#include "record/retention.h"
#include "record/scan.h"
#include "record/shelf.h"
#include "record/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define MAX_DELETIONS 20 /* by limits, at a time */
#define MAX_PROBES 20    /* at a time: between them there is room for commands */

/* --- Lengths of files that no notes tell of --- */

static void describe(struct library_item *item, const struct muxer_file *file)
{
	item->known = true;
	item->frames = file->frames;
	item->duration_s = (double)file->duration_us / USEC_PER_SEC;
	item->width = file->width;
	item->height = file->height;
	item->format = file->codec == FRAME_H264 ? CONFIG_H264 : CONFIG_MJPEG;
	if (file->tags.started_wall_us > 0)
		item->started_wall_us = file->tags.started_wall_us;
	if (!item->label[0])
		memcpy(item->label, file->tags.label, sizeof(item->label));
}

static void probe(struct library *library, struct library_item *item)
{
	struct muxer_file file = {0};
	char path[PATH_MAX];
	struct stat st;
	int r = name_join(path, library->folder, item->file);

	if (r == 0 && stat(path, &st) < 0)
		r = -errno;
	if (r == 0)
		item->bytes = (uint64_t)st.st_size;
	if (r == 0)
		r = muxer_probe(path, &file);
	if (r == -ENOENT) {
		shelf_forget(library, item->file);
		library->options.deleted(library->options.user, item, "missing");
		return;
	}
	/* An error of the disk says nothing of the file, and is not noted. */
	item->known = true;
	item->damaged = r == -EBADMSG || (r == 0 && file.frames == 0);
	if (r == 0 && file.frames > 0)
		describe(item, &file);
	else
		log_warn("%s cannot be read: %s", item->file,
		         r < 0 ? strerrordesc_np(-r) : "it has no frames");
	shelf_enter(library, item);
}

/* The newest that are not known: how many. */
static size_t take_unknown(struct library *library, struct library_item *ret_items)
{
	size_t count = 0;

	pthread_mutex_lock(&library->mutex);
	for (size_t i = library->catalogue.count; i > 0 && count < MAX_PROBES; i--) {
		if (!library->catalogue.items[i - 1].known)
			ret_items[count++] = library->catalogue.items[i - 1];
	}
	pthread_mutex_unlock(&library->mutex);
	return count;
}

void librarian_probe(struct library *library)
{
	_cleanup_free_ struct library_item *items = calloc(MAX_PROBES, sizeof(*items));
	size_t count = items ? take_unknown(library, items) : 0;

	for (size_t i = 0; i < count; i++) {
		probe(library, &items[i]);
		if (i + 1 == count || !shelf_is_of_day(items[i].file, items[i + 1].file))
			shelf_save_notes(library, items[i].file);
	}
	if (count > 0)
		duty_ask(&library->probe);
}

/* --- Recovery --- */

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
static int finish_part(const struct library *library, struct library_item *item,
                       struct muxer_file *ret_whole)
{
	char file[RECORDER_FILE_SIZE];
	int r;

	name_from_part(file, item->file);
	r = part_finish(library->folder, file, ret_whole);
	if (r < 0)
		return r;
	memcpy(item->file, file, sizeof(file));
	item->bytes = file_bytes(library, file);
	item->recovered = !item->kept;
	item->damaged = false;
	describe(item, ret_whole);
	return 0;
}

/* True when the item is a new one now, or gone. */
static bool recover(struct library *library, struct library_item *item)
{
	char part[RECORDER_FILE_SIZE];
	_cleanup_close_ int fd = lock_part(library, item->file);
	struct muxer_file whole;
	int r = fd;

	memcpy(part, item->file, sizeof(part));
	if (r >= 0)
		r = finish_part(library, item, &whole);
	switch (r) {
	case -EBUSY:
		return false;
	case -ENODATA:
		log_info("%s was empty and is removed", part);
		shelf_forget(library, part);
		return true;
	case 0:
		shelf_forget(library, part);
		shelf_enter(library, item);
		shelf_save_notes(library, item->file);
		library->options.recovered(library->options.user, item, whole.tags.id);
		return true;
	default:
		return false;
	}
}

static void recover_first(struct library *library, struct library_item *item)
{
	struct library_item listed;

	if (recover(library, item))
		return;
	if (shelf_find(library, item->file, &listed))
		return;
	/* Somebody's own, or it stays as it is. */
	_cleanup_close_ int fd = lock_part(library, item->file);
	if (fd < 0)
		return;
	probe(library, item);
	log_warn("%s stays unfinished", item->file);
}

void librarian_recover(struct library *library)
{
	if (library->next_part < library->parts.count) {
		recover_first(library, &library->parts.items[library->next_part++]);
		duty_ask(&library->recover);
		return;
	}
	catalogue_finish(&library->parts);
	duty_ask(&library->probe);
}

/* --- Scan --- */

/* What was added during the scan knows more than what was found, unless it had no notes. */
static void take_over(struct library *library, struct catalogue *found)
{
	struct catalogue added;

	pthread_mutex_lock(&library->mutex);
	for (size_t i = 0; i < library->catalogue.count; i++) {
		const struct library_item *item = &library->catalogue.items[i];

		if (!item->unread || !catalogue_find(found, item->file))
			catalogue_add(found, item);
	}
	added = library->catalogue;
	library->catalogue = *found;
	*found = added;
	pthread_mutex_unlock(&library->mutex);
}

/* What tells one folder from another; the same disk mounted anew counts as another. */
static struct statx look_at(const char *folder)
{
	struct statx place;

	if (statx(AT_FDCWD, folder, 0, STATX_INO | STATX_MNT_ID, &place) < 0)
		place = (struct statx){0};
	return place;
}

void librarian_scan(struct library *library)
{
	_cleanup_(scan_finish) struct scan scan = {
		.folder = library->folder, .below = "", .stopping = &library->stopping};
	struct catalogue empty;
	int64_t began_us = clock_mono_us();
	size_t found;

	library->seen = look_at(library->folder);
	scan_run(&scan);
	found = scan.whole.count;
	sweep_forget_missing(library, &scan);
	marks_replace(&library->marks, "", &scan.marks);
	take_over(library, &scan.whole);
	log_info("%zu recordings found in %s in %.2f s, %zu unfinished", found, library->folder,
	         (double)(clock_mono_us() - began_us) / USEC_PER_SEC, scan.parts.count);
	empty = library->parts;
	library->parts = scan.parts;
	scan.parts = empty;
	library->next_part = 0;
	duty_ask(&library->recover);
}

/* Another disk lies in the folder's place, or none any more: what was there is not there. */
static bool scan_again_if_other(struct library *library)
{
	struct statx now = look_at(library->folder);
	const struct statx *seen = &library->seen;

	if (now.stx_ino == seen->stx_ino && now.stx_mnt_id == seen->stx_mnt_id &&
	    now.stx_dev_major == seen->stx_dev_major && now.stx_dev_minor == seen->stx_dev_minor)
		return false;
	pthread_mutex_lock(&library->mutex);
	catalogue_finish(&library->catalogue);
	pthread_mutex_unlock(&library->mutex);
	librarian_scan(library);
	return true;
}

/* --- Limits --- */

static bool choose(struct library *library, const struct retention_now *now,
                   struct library_item *ret_item, const char **ret_reason)
{
	const struct library_item *item;

	pthread_mutex_lock(&library->mutex);
	item = retention_choose(library->options.config, &library->catalogue, now, ret_reason);
	if (item)
		*ret_item = *item;
	pthread_mutex_unlock(&library->mutex);
	return item;
}

/* 0, -ENOENT, -EBUSY, -errno. */
static int delete_file(struct library *library, const struct library_item *item)
{
	struct name_parts parts;
	int r;

	if (name_parse(item->file, &parts) == 0 && parts.part) {
		_cleanup_close_ int fd = lock_part(library, item->file);
		r = fd < 0 ? fd : below_unlink(library->folder, item->file);
	} else {
		r = below_unlink(library->folder, item->file);
	}
	if (r == 0 || r == -ENOENT) {
		shelf_forget(library, item->file);
		shelf_save_notes(library, item->file);
		below_remove_empty(library->folder, item->file);
	}
	return r;
}

/* So that one that cannot be deleted does not keep all others. */
static void pass_over(struct library *library, struct library_item *item, int error)
{
	if (!item->stuck_told)
		log_warn("cannot delete %s: %s", item->file, strerrordesc_np(-error));
	item->stuck = true;
	item->stuck_told = true;
	shelf_enter(library, item);
}

static void forgive(struct library *library)
{
	pthread_mutex_lock(&library->mutex);
	for (size_t i = 0; i < library->catalogue.count; i++)
		library->catalogue.items[i].stuck = false;
	pthread_mutex_unlock(&library->mutex);
}

/* Until the next look they grow as much as since the last: that takes room, and as much again. */
static uint64_t room_for_parts(struct library *library)
{
	uint64_t bytes = atomic_load(&library->part_bytes);
	uint64_t before = library->parts_before;

	library->parts_before = bytes;
	return bytes + 2 * (bytes > before ? bytes - before : bytes);
}

/* Said once, and when it is over. */
static void tell_reach(struct library *library, const struct retention_now *now)
{
	const struct config_record *config = library->options.config;

	pthread_mutex_lock(&library->mutex);
	bool can_free = retention_can_free(config, &library->catalogue, now);
	pthread_mutex_unlock(&library->mutex);
	if (can_free != library->out_of_reach)
		return;
	library->out_of_reach = !can_free;
	if (can_free)
		log_info("record.free_mb: %d MB can be free again", config->free_mb);
	else
		log_warn("record.free_mb: what may be deleted does not make %d MB free; recordings "
		         "are kept while there is twice min_free_mb (%d)",
		         config->free_mb, config->min_free_mb);
}

static void apply_limits(struct library *library)
{
	struct retention_now now = {
		.wall_us = clock_wall_us(),
		.synced = clock_is_synced(),
		.part_bytes = room_for_parts(library),
	};
	struct library_item item;
	uint64_t total_bytes;
	const char *reason;

	for (int i = 0; i < MAX_DELETIONS && !atomic_load(&library->stopping); i++) {
		if (file_disk_space(library->folder, &now.free_bytes, &total_bytes) < 0)
			now.free_bytes = UINT64_MAX;
		if (i == 0)
			tell_reach(library, &now);
		if (!choose(library, &now, &item, &reason)) {
			forgive(library);
			return;
		}
		int r = delete_file(library, &item);
		if (r == 0)
			library->options.deleted(library->options.user, &item, reason);
		if (r < 0 && r != -ENOENT)
			pass_over(library, &item, r);
	}
}

/* --- Now and then --- */

static bool is_kept_part(const struct library_item *item)
{
	struct name_parts parts;

	return !item->damaged && name_parse(item->file, &parts) == 0 && parts.part;
}

static bool is_unread(const struct library_item *item)
{
	return item->unread;
}

/* A part that was kept for want of room, or that an error hit, may be finished by now; notes that
 * could not be read may be read. */
static void try_again(struct library *library)
{
	struct library_item item;

	if (shelf_take_turn(library, is_kept_part, &library->kept_turn, &item))
		recover(library, &item);
	if (shelf_take_turn(library, is_unread, &library->unread_turn, &item))
		shelf_read_notes(library, item.file);
}

void librarian_tidy(struct library *library)
{
	if (library->parts.count > 0 || scan_again_if_other(library))
		return;
	sweep_run(library);
	apply_limits(library);
	try_again(library);
}

/* --- Changes --- */

/* A recording that runs is not listed: its part tells. */
static int why_not_listed(struct library *library, const char *file)
{
	char part[RECORDER_FILE_SIZE];

	if (name_find_part(part, file) < 0)
		return -ENOENT;
	_cleanup_close_ int fd = lock_part(library, part);
	return fd == -EBUSY ? -EBUSY : -ENOENT;
}

/* What is not on the disk is not so: the old item comes back then. */
static int apply(struct library *library, const struct library_change *change,
                 struct library_item *item)
{
	const struct library_item old = *item;
	int r;

	switch (change->action) {
	case LIBRARY_DELETE:
		return item->protected ? -EPERM : delete_file(library, item);
	case LIBRARY_LABEL:
		memcpy(item->label, change->label, sizeof(item->label));
		break;
	default:
		item->protected = change->action == LIBRARY_PROTECT;
	}
	shelf_enter(library, item);
	r = shelf_save_notes(library, item->file);
	if (r < 0) {
		*item = old;
		shelf_enter(library, item);
	}
	return r;
}

/* 0, -ENOENT, -EBUSY, or -errno when nobody can tell whether it is protected. */
static int find_known(struct library *library, const struct library_change *change,
                      struct library_item *ret_item)
{
	int r;

	if (!shelf_find(library, change->file, ret_item))
		return why_not_listed(library, change->file);
	if (ret_item->unread) {
		r = shelf_read_notes(library, change->file);
		if (r < 0)
			return r;
		shelf_find(library, change->file, ret_item);
	}
	if (ret_item->known || change->action == LIBRARY_DELETE)
		return 0;
	probe(library, ret_item);
	return shelf_find(library, change->file, ret_item) ? 0 : -ENOENT;
}

void librarian_change(void *arg)
{
	_cleanup_free_ struct change_job *job = arg;
	struct library_item item = {0};
	int r;

	atomic_fetch_sub(&job->library->changes, 1);
	r = find_known(job->library, &job->change, &item);
	if (r == 0)
		r = apply(job->library, &job->change, &item);
	job->change.done(job->change.user, &job->change, r, &item);
}
