/*
 * The library: the recordings on disk, found by their files
 * `<camera>/<YYYY>/<MM>/<DD>/<camera>_<YYYYMMDD>_<HHMMSS>.mp4` (local time). Rebuilt from the
 * folder at start, and when another disk has come in its place, by a worker of its own, which also
 * recovers `.part.mp4` files left by a crash (one that cannot be finished is listed as it is; one
 * that is still being written is left alone), and deletes what is over the limits.
 * Any thread; only library_open_file() touches the disk.
 */
#ifndef CAMNODE_RECORD_LIBRARY_H
#define CAMNODE_RECORD_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "config/config.h"
#include "record/recorder.h"

#define LIBRARY_MAX_ITEMS 100000
#define LIBRARY_LABEL_SIZE 65

struct library;

struct library_item {
	char camera[ID_SIZE];
	char file[RECORDER_FILE_SIZE]; /* relative to the folder */
	char label[LIBRARY_LABEL_SIZE];
	int64_t started_wall_us;
	uint64_t bytes;
	uint64_t frames; /* this, and what follows, once `known` */
	double duration_s;
	int width, height;
	enum config_record_format format;
	bool known, recovered, protected;
	bool damaged; /* cannot be read */
	bool unread;  /* its day's notes cannot be read for now: it may be protected */
	bool stuck;   /* could not be deleted: others are, before it is tried again */
	bool stuck_told;
	bool kept;        /* a part that no crash has left */
	uint64_t dropped; /* of such a part: frames that are missing */
};

struct library_options {
	const struct config_record *config; /* borrowed for life */
	/* On the library's thread: a `.part` of the recording `id` ("": not known) became a whole
	 * file; a limit took a file away ("age",
	 * "size", "space"). */
	void (*recovered)(void *user, const struct library_item *item, const char *id);
	void (*deleted)(void *user, const struct library_item *item, const char *reason);
	void *user;
};

struct library *library_new(const struct library_options *options);
int library_start(struct library *library); /* scan and recovery, on its thread */

/* Waits for what is being done right now: 0, or -ETIMEDOUT when that takes longer. */
int library_stop(struct library *library, int64_t timeout_us);
void library_free(struct library *library); /* takes NULL */

/* Now and then: applies the limits, tries again what could not be finished, looks whether the
 * folder is another one. Returns at once. */
void library_tick(struct library *library);

/* So much is in the parts that are being written now: `free_mb` holds beside the room that it takes
 * to finish them. */
void library_expect(struct library *library, uint64_t part_bytes);

/* The disk was away or failed: what lies there is looked through again. Returns at once. */
void library_rescan(struct library *library);

/* Enters a finished file (or replaces it). Past LIBRARY_MAX_ITEMS the oldest is forgotten. */
void library_add(struct library *library, const struct library_item *item);

struct library_filter {
	const char *camera, *day, *label; /* day: "2026-11-23"; NULL or "": all */
};

/* Whose recording it is: of a timelapse too, which lies in a folder of its own. */
void library_camera(const struct library_item *item, char ret_camera[static ID_SIZE]);

/* `filter` NULL: every item does. A camera has its timelapses too; by the name of their folder they
 * are found alone. */
bool library_fits(const struct library_filter *filter, const struct library_item *item);

/* Newest first; returns how many there are in all. `filter` NULL: all. */
size_t library_list(struct library *library, const struct library_filter *filter, size_t offset,
                    struct library_item *ret_items, size_t capacity);

/* 0 or -ENOENT. */
int library_find(struct library *library, const char *file, struct library_item *ret_item);

enum library_action {
	LIBRARY_DELETE,
	LIBRARY_PROTECT,
	LIBRARY_UNPROTECT,
	LIBRARY_LABEL,
};

struct library_change {
	enum library_action action;
	char file[RECORDER_FILE_SIZE];
	char label[LIBRARY_LABEL_SIZE];
	/* On the library's thread, with the item after the change (or before it was deleted).
	 * `error`: 0, -ENOENT, -EBUSY while it is being written, -EPERM when it is protected,
	 * -errno of the disk. */
	void (*done)(void *user, const struct library_change *change, int error,
	             const struct library_item *item);
	void *user;
};

/* 0, or -ENOSPC, -ENOMEM, -ESHUTDOWN: then `done` is not called. */
int library_change(struct library *library, const struct library_change *change);

/* Opens a listed file for reading: a descriptor, -EBUSY while it is being written, or -ENOENT.
 * Names are checked against the catalogue, so that no path outside of it can be opened. The name of
 * a part stays good when it has become whole. One that others removed stays listed until the
 * library sees that, and tells of it. */
int library_open_file(struct library *library, const char *file, struct library_item *ret_item);

#endif
