/*
 * The library: the recordings on disk, found by their files
 * `<camera>/<YYYY>/<MM>/<DD>/<camera>_<YYYYMMDD>_<HHMMSS>.mp4` (local time). Rebuilt from the
 * folder at start on a thread of its own, which also recovers `.part.mp4` files left by a crash
 * (one that cannot be finished is listed as it is; one that is still being written is left alone).
 * Any thread; only library_open_file() touches the disk.
 */
#ifndef CAMNODE_RECORD_LIBRARY_H
#define CAMNODE_RECORD_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "record/recorder.h"

#define LIBRARY_MAX_ITEMS 100000

struct library;

struct library_item {
	char camera[ID_SIZE];
	char file[RECORDER_FILE_SIZE]; /* relative to the folder */
	int64_t started_wall_us;
	uint64_t bytes;
	uint64_t frames;                  /* 0: not known yet */
	double duration_s;                /* 0: not known yet */
	enum config_record_format format; /* a guess while `frames` is not known */
	bool recovered;
};

/* `recovered` is called on the library's thread for each `.part` that became a whole file. */
struct library *library_new(const char *folder,
                            void (*recovered)(void *user, const struct library_item *item),
                            void *user);
int library_start(struct library *library); /* scan and recovery, on its thread */
void library_stop(struct library *library); /* waits for a file that is being recovered right now */
void library_free(struct library *library); /* takes NULL */

/* Enters a finished file (or replaces it). Past LIBRARY_MAX_ITEMS the oldest is forgotten. */
void library_add(struct library *library, const struct library_item *item);

/* Newest first, of one camera or of all (NULL); returns how many there are in all. */
size_t library_list(struct library *library, const char *camera, size_t offset,
                    struct library_item *ret_items, size_t capacity);

/* Opens a listed file for reading: a descriptor, or -ENOENT. Names are checked against the
 * catalogue, so that no path outside of it can be opened; one that is gone is forgotten. */
int library_open_file(struct library *library, const char *file, struct library_item *ret_item);

#endif
