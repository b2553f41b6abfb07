/*
 * A library over a folder of its own, and files to put into it: whole ones, parts as a kill leaves
 * them, and those of others.
 */
#ifndef CAMNODE_TESTS_RECORD_LIBRARY_RIG_H
#define CAMNODE_TESTS_RECORD_LIBRARY_RIG_H

#include "base/file.h"
#include "base/thread.h"
#include "media/muxer.h"
#include "record/library.h"
#include "record/part.h"
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FIRST_WALL_US (INT64_C(1795443890) * USEC_PER_SEC) /* 2026-11-23 14:24:50 UTC */
#define MAX_ITEMS 16
#define OF(id) (&(const struct library_filter){.camera = (id)})

struct rig {
	char *folder;
	struct config_record config;
	struct library *library;

	pthread_mutex_t mutex;
	struct library_item recovered[MAX_ITEMS];         /* guarded by mutex */
	size_t recovered_count;                           /* guarded by mutex */
	char deleted[MAX_ITEMS][RECORDER_FILE_SIZE + 16]; /* guarded by mutex */
	size_t deleted_count;                             /* guarded by mutex */
	void (*while_busy)(struct rig *rig); /* called once, on the library's thread; or NULL */
};

static inline void on_recovered(void *user, const struct library_item *item, const char *id)
{
	struct rig *rig = user;

	pthread_mutex_lock(&rig->mutex);
	if (rig->recovered_count < MAX_ITEMS)
		rig->recovered[rig->recovered_count++] = *item;
	assert_string_equal(id, "the-id");
	pthread_mutex_unlock(&rig->mutex);
	if (rig->while_busy)
		rig->while_busy(rig);
	rig->while_busy = NULL;
}

static inline void on_deleted(void *user, const struct library_item *item, const char *reason)
{
	struct rig *rig = user;

	pthread_mutex_lock(&rig->mutex);
	if (rig->deleted_count < MAX_ITEMS)
		snprintf(rig->deleted[rig->deleted_count++], sizeof(rig->deleted[0]), "%s %s",
		         item->file, reason);
	pthread_mutex_unlock(&rig->mutex);
}

static inline struct library *new_library(struct rig *rig)
{
	return library_new(&(struct library_options){.config = &rig->config,
	                                             .recovered = on_recovered,
	                                             .deleted = on_deleted,
	                                             .user = rig});
}

static inline int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	rig->folder = rig_new_folder();
	rig->config.dir = rig->folder;
	rig->library = new_library(rig);
	pthread_mutex_init(&rig->mutex, NULL);
	*state = rig;
	return rig->library == NULL;
}

static inline int tear_down(void **state)
{
	struct rig *rig = *state;

	library_free(rig->library);
	pthread_mutex_destroy(&rig->mutex);
	rig_remove_folder(rig->folder);
	free(rig);
	return 0;
}

static inline void path_of(struct rig *rig, const char *file, char ret_path[static PATH_MAX])
{
	char folder[PATH_MAX];

	assert_int_equal(name_join(ret_path, rig->folder, file), 0);
	memcpy(folder, ret_path, sizeof(folder));
	*strrchr(folder, '/') = '\0';
	assert_int_equal(file_make_folders(folder, 0755), 0);
}

static inline bool exists(struct rig *rig, const char *file)
{
	char path[PATH_MAX];

	path_of(rig, file, path);
	return access(path, F_OK) == 0;
}

static inline void write_file(struct rig *rig, const char *file, const char *text)
{
	char path[PATH_MAX];

	path_of(rig, file, path);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644), 0);
}

static inline void copy_file(const char *from, const char *to)
{
	size_t length;
	char *data;

	assert_int_equal(file_read(from, 100000000, &data, &length), 0);
	assert_int_equal(file_write_atomic(to, data, length, 0644), 0);
	free(data);
}

static inline struct muxer *write_frames(const char *path, int frames)
{
	static const struct muxer_tags tags = {"Parcel", "the-id", 0};
	struct muxer *muxer = NULL;

	for (int i = 0; i < frames; i++) {
		const struct frame_info info = {.pts_us = INT64_C(1) * i * RIG_FRAME_US};
		struct frame *frame = rig_new_jpeg(64, &info);

		if (i == 0)
			assert_int_equal(muxer_open(path, &tags, frame, &muxer), 0);
		assert_int_equal(muxer_write(muxer, frame, NULL), 0);
		frame_unref(frame);
	}
	return muxer;
}

/* A part as a kill leaves it: what is on the disk while frames are still being written. */
static inline void write_cut_part(struct rig *rig, const char *part, int frames)
{
	char path[PATH_MAX], running[PATH_MAX];
	struct muxer *muxer;

	path_of(rig, part, path);
	path_of(rig, "running", running);
	muxer = write_frames(running, frames);
	copy_file(running, path);
	muxer_close(muxer);
	unlink(running);
}

/* A whole file. */
static inline void write_recording(struct rig *rig, const char *file, int frames)
{
	char path[PATH_MAX], part[PATH_MAX];
	struct muxer_file whole;

	path_of(rig, file, path);
	path_of(rig, "running", part);
	assert_int_equal(muxer_close(write_frames(part, frames)), 0);
	assert_int_equal(muxer_finish(part, path, &whole), 0);
	unlink(part);
}

static inline void name_at(char ret_file[static RECORDER_FILE_SIZE], const char *camera, int second)
{
	name_format(ret_file, camera, FIRST_WALL_US + second * USEC_PER_SEC, 1);
}

/* Runs the library's thread to its end. It reads lengths last, the oldest file's last of all: so
 * an old recording of another camera tells when all is done. */
static inline void run_library(struct rig *rig)
{
	int64_t deadline_us = clock_mono_us() + RIG_DEADLINE_US;
	struct library_item item = {0};
	char file[RECORDER_FILE_SIZE];

	name_at(file, "sentinel", -1000000);
	write_recording(rig, file, 3);
	assert_int_equal(library_start(rig->library), 0);
	while (item.frames != 3 && clock_mono_us() < deadline_us) {
		poll(NULL, 0, 1);
		library_list(rig->library, OF("sentinel"), 0, &item, 1);
	}
	library_stop(rig->library, RIG_DEADLINE_US);
	assert_int_equal(item.frames, 3);
}

static inline size_t list(struct rig *rig, struct library_item ret_items[static MAX_ITEMS])
{
	return library_list(rig->library, OF("cam0"), 0, ret_items, MAX_ITEMS);
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
