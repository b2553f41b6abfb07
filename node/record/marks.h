/*
 * Marks: when each folder of recordings was changed last. A file that is added, renamed or removed
 * changes the folder it lies in, so a look at the folders alone tells where somebody did that.
 * Belongs to the library's worker; marks_next_changed() blocks on the disk.
 */
#ifndef CAMNODE_RECORD_MARKS_H
#define CAMNODE_RECORD_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/str.h"

#define MARKS_PATH_SIZE (ID_SIZE + sizeof("/YYYY/MM/DD"))
#define MARKS_MAX 20000 /* more folders are not looked after */

/* What changed so short a time ago may change again without its time telling. */
#define MARKS_SETTLE_S 2

struct mark {
	char folder[MARKS_PATH_SIZE]; /* relative; "" is the recordings' folder itself */
	struct timespec changed;
};

struct marks {
	struct mark *items;
	size_t count, capacity;
};

void marks_finish(struct marks *marks);

/* Notes how the folder was when its files were read; too many, or no memory: it is left out. */
void marks_add(struct marks *marks, const char *folder, const struct stat *st);

/* The folder was not read as a whole: it counts as changed. */
void marks_unsettle(struct marks *marks, const char *folder);

/* Takes over the marks of `below` and of what lies in it, in place of those of before. */
void marks_replace(struct marks *marks, const char *below, struct marks *newer);

/* Looks at `looks` folders at most from `cursor` on, and over the end again: true when one has
 * changed or is gone. */
bool marks_next_changed(const struct marks *marks, const char *root, size_t *cursor, size_t *looks,
                        char ret_folder[static MARKS_PATH_SIZE]);

/* True of a time so short ago that more may come. */
bool marks_is_fresh(const struct timespec *changed);

/* True when `path` is `folder`, or lies in it. */
bool marks_is_below(const char *path, const char *folder);

#endif
