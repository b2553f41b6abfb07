#include "record/segment.h"

#include "base/clock.h"
#include "base/file.h"
#include "record/name.h"
#include "record/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct segment {
	struct segment_options options;
	struct segment_state state;
	char file[RECORDER_FILE_SIZE]; /* when it will be whole */
	unsigned epoch;
	struct muxer *muxer; /* NULL once closed */
	struct syncer_file *sync;
	int lock_fd; /* holds the part's lock, to the end */
};

/* Makes the part our own and opens what belongs to it. */
static int claim(struct segment *segment, const char *folder)
{
	segment->lock_fd = fcntl(muxer_fd(segment->muxer), F_DUPFD_CLOEXEC, 0);
	if (segment->lock_fd < 0)
		return -errno;
	if (part_lock(segment->lock_fd) == -EBUSY)
		return -EEXIST; /* a recovery was faster: it takes this empty file away */
	segment->sync = syncer_open(segment->options.syncer, segment->lock_fd, folder);
	return segment->sync ? 0 : -ENOMEM;
}

static void let_go(struct segment *segment)
{
	muxer_close(move_ptr(segment->muxer));
	syncer_close(move_ptr(segment->sync));
	close_p(&segment->lock_fd);
	segment->lock_fd = -1;
}

/* Creates the part of segment->file: -EEXIST when there is such a recording. */
static int create(struct segment *segment, const struct frame *first)
{
	char path[PATH_MAX];
	int r;

	if (name_join(path, segment->options.folder, segment->file) < 0)
		return -ENAMETOOLONG;
	if (access(path, F_OK) == 0)
		return -EEXIST;
	name_to_part(segment->state.file, segment->file);
	if (name_join(path, segment->options.folder, segment->state.file) < 0)
		return -ENAMETOOLONG;
	r = muxer_open(path, &segment->options.tags, first, &segment->muxer);
	if (r < 0)
		return r;
	*strrchr(path, '/') = '\0';
	r = claim(segment, path);
	if (r < 0)
		let_go(segment);
	return r;
}

static int make_folders(const struct segment *segment)
{
	char path[PATH_MAX];
	int r = name_join(path, segment->options.folder, segment->file);

	if (r < 0)
		return r;
	*strrchr(path, '/') = '\0';
	return file_make_folders(path, 0755);
}

static int create_in_own_name(struct segment *segment, const struct frame *first)
{
	for (unsigned copy = 1; copy <= NAME_MAX_COPIES; copy++) {
		int r;

		name_format(segment->file, segment->options.camera_id,
		            segment->state.started_wall_us, copy);
		r = copy == 1 ? make_folders(segment) : 0;
		if (r == 0)
			r = create(segment, first);
		/* The day's last recording was deleted right now, and its folder with it. */
		if (r == -ENOENT && make_folders(segment) == 0)
			r = create(segment, first);
		if (r != -EEXIST)
			return r;
	}
	return -EEXIST;
}

int segment_open(const struct segment_options *options, const struct frame *first,
                 struct segment **ret_segment)
{
	const struct frame_info *info = frame_info(first);
	struct segment *segment = calloc(1, sizeof(*segment));
	int r;

	if (!segment)
		return -ENOMEM;
	segment->options = *options;
	segment->epoch = info->epoch;
	segment->lock_fd = -1;
	segment->state.first_pts_us = info->pts_us;
	segment->state.started_wall_us = options->wall_from_mono_us(info->pts_us);
	segment->options.tags.started_wall_us = segment->state.started_wall_us;
	r = create_in_own_name(segment, first);
	if (r < 0) {
		segment_free(segment);
		return r;
	}
	*ret_segment = segment;
	return 0;
}

bool segment_fits(const struct segment *segment, const struct frame *frame)
{
	const struct frame_info *info = frame_info(frame);
	bool follows = info->epoch == segment->epoch ||
	               (info->codec == FRAME_H264 && info->key && segment->epoch == 0);

	return follows && muxer_accepts(segment->muxer, frame);
}

static void take_figures(struct segment *segment)
{
	segment->state.bytes = muxer_bytes(segment->muxer);
	segment->state.frames = muxer_frames(segment->muxer);
	segment->state.duration_us = muxer_duration_us(segment->muxer);
}

/* The frame at its place in a file of even distances. */
static int write_evenly(struct segment *segment, const struct frame *frame)
{
	_cleanup_(frame_unref_p) struct frame *moved = NULL;
	struct frame_info info = *frame_info(frame);
	int64_t frame_us = segment->options.frame_us;
	int r;

	info.pts_us = segment->state.first_pts_us + (int64_t)segment->state.frames * frame_us;
	moved = frame_new(&info, frame_data(frame), frame_size(frame));
	if (!moved)
		return -ENOMEM;
	r = muxer_write(segment->muxer, moved, NULL);
	return r < 0 ? r : muxer_flush(segment->muxer, frame_us);
}

/* The file may be deleted, its folder moved, or a disk mounted over it: what is written to it then
 * is in no list. */
static int check_place(const struct segment *segment)
{
	char path[PATH_MAX];
	struct stat own, listed;
	int r = name_join(path, segment->options.folder, segment->state.file);

	if (r < 0)
		return r;
	if (fstat(segment->lock_fd, &own) < 0)
		return -errno;
	if (stat(path, &listed) < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	return own.st_dev == listed.st_dev && own.st_ino == listed.st_ino ? 0 : -ENOENT;
}

int segment_write(struct segment *segment, const struct frame *frame, bool *ret_flushed)
{
	bool flushed = segment->options.frame_us > 0;
	int r = flushed ? write_evenly(segment, frame)
	                : muxer_write(segment->muxer, frame, &flushed);

	segment->epoch = frame_info(frame)->epoch;
	take_figures(segment);
	if (r == 0 && flushed)
		r = check_place(segment);
	if (r == 0 && flushed)
		r = syncer_request(segment->sync);
	if (r < 0)
		return r;
	*ret_flushed = flushed;
	return 0;
}

int segment_close(struct segment *segment)
{
	int r, sync_error;

	take_figures(segment);
	r = muxer_close(move_ptr(segment->muxer));
	sync_error = syncer_request(segment->sync);
	syncer_close(move_ptr(segment->sync));
	return r < 0 ? r : sync_error;
}

int segment_finish(struct segment *segment)
{
	struct segment_state *state = &segment->state;
	struct muxer_file whole;
	char path[PATH_MAX];
	struct stat st;
	int r = check_place(segment);

	if (r < 0)
		return r;
	r = part_finish(segment->options.folder, segment->file, &whole);
	if (r < 0)
		return r;
	state->frames = whole.frames;
	state->duration_us = whole.duration_us;
	snprintf(state->file, sizeof(state->file), "%s", segment->file);
	if (name_join(path, segment->options.folder, state->file) == 0 && stat(path, &st) == 0)
		state->bytes = (uint64_t)st.st_size;
	return 0;
}

int segment_keep(struct segment *segment)
{
	struct stat st;
	int r = check_place(segment);

	if (r < 0)
		return r;
	if (fdatasync(segment->lock_fd) < 0 || fstat(segment->lock_fd, &st) < 0)
		return -errno;
	segment->state.bytes = (uint64_t)st.st_size;
	return 0;
}

void segment_free(struct segment *segment)
{
	if (!segment)
		return;
	let_go(segment);
	free(segment);
}

const struct segment_state *segment_state(const struct segment *segment)
{
	return &segment->state;
}
