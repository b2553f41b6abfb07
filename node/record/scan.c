#include "record/scan.h"

#include "base/log.h"
#include "record/name.h"
#include "record/notes.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Depth below the folder: <camera>/<YYYY>/<MM>/<DD>/<file>. */
#define CAMERA_LEVEL 1
#define FILE_LEVEL 5

void scan_finish(struct scan *scan)
{
	catalogue_finish(&scan->whole);
	catalogue_finish(&scan->parts);
	marks_finish(&scan->marks);
	json_decref(scan->notes);
}

static bool is_same_day(const char *file, const char *other)
{
	size_t length = (size_t)(strrchr(file, '/') - file) + 1;

	return strncmp(file, other, length) == 0;
}

/* The files of a day come one after the other. */
static const json_t *notes_of(struct scan *scan, const char *file)
{
	int r;

	if (is_same_day(file, scan->day))
		return scan->notes;
	json_decref(scan->notes);
	scan->notes = NULL;
	r = notes_load(scan->folder, file, &scan->notes);
	scan->unread = r < 0 && r != -ENOENT;
	if (scan->unread)
		log_warn("cannot read the notes beside %s: %s; nothing of that day is deleted or "
		         "changed meanwhile",
		         file, strerrordesc_np(-r));
	str_copy(scan->day, sizeof(scan->day), file);
	return scan->notes;
}

/* The newest are listed when there are too many. */
static void append(struct scan *scan, struct catalogue *catalogue, const struct library_item *item)
{
	int r = catalogue_append(catalogue, item);

	if (r == -ENOSPC) {
		scan->unlisted += catalogue_drop_oldest(catalogue);
		r = catalogue_append(catalogue, item);
	}
	if (r < 0)
		log_warn("cannot list %s: %s", item->file, strerrordesc_np(-r));
}

/* Below the folder of all. */
static const char *relative(const struct scan *scan, const FTSENT *entry)
{
	const char *path = entry->fts_path + strlen(scan->folder);

	return *path == '/' ? path + 1 : path;
}

static int level_of(const struct scan *scan, const FTSENT *entry)
{
	int level = entry->fts_level + (*scan->below != '\0');

	for (const char *step = scan->below; (step = strchr(step, '/')); step++)
		level++;
	return level;
}

static void pass_over_fresh(struct scan *scan, const char *file)
{
	char folder[MARKS_PATH_SIZE];

	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(file, '/') - file), file);
	marks_unsettle(&scan->marks, folder);
}

/* Files that are not named as recordings are other people's. */
static void note_file(struct scan *scan, const FTSENT *entry)
{
	const char *file = relative(scan, entry);
	struct library_item item = {.bytes = (uint64_t)entry->fts_statp->st_size};
	struct name_parts parts;

	if (level_of(scan, entry) != FILE_LEVEL || name_parse(file, &parts) < 0)
		return;
	if (scan->only_settled && parts.part)
		return;
	if (scan->only_settled && marks_is_fresh(&entry->fts_statp->st_mtim)) {
		pass_over_fresh(scan, file);
		return;
	}
	memcpy(item.camera, parts.camera, sizeof(item.camera));
	memcpy(item.file, file, strlen(file) + 1);
	item.started_wall_us = parts.started_wall_us;
	item.known = notes_apply(notes_of(scan, file), &item);
	item.unread = scan->unread;
	append(scan, parts.part ? &scan->parts : &scan->whole, &item);
}

static void note_folder(struct scan *scan, FTS *fts, FTSENT *entry)
{
	int level = level_of(scan, entry);

	if (level >= FILE_LEVEL || (level == CAMERA_LEVEL && !str_is_id(entry->fts_name)))
		fts_set(fts, entry, FTS_SKIP);
	else
		marks_add(&scan->marks, relative(scan, entry), entry->fts_statp);
}

static void note_entry(struct scan *scan, FTS *fts, FTSENT *entry)
{
	switch (entry->fts_info) {
	case FTS_D:
		note_folder(scan, fts, entry);
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

void scan_run(struct scan *scan)
{
	char root[PATH_MAX];
	char *const roots[] = {root, NULL};
	FTS *fts = NULL;
	FTSENT *entry;

	if (snprintf(root, sizeof(root), "%s%s%s", scan->folder, *scan->below ? "/" : "",
	             scan->below) < (int)sizeof(root))
		fts = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
	if (!fts) {
		log_warn("cannot read %s: no memory", scan->folder);
		return;
	}
	/* Reads at least once: glibc loses memory when closed before that. */
	while ((entry = fts_read(fts)) && !atomic_load(scan->stopping))
		note_entry(scan, fts, entry);
	fts_close(fts);
	catalogue_sort(&scan->whole);
	catalogue_sort(&scan->parts);
	if (scan->unlisted > 0)
		log_warn("too many recordings: the oldest %zu are not listed", scan->unlisted);
}
