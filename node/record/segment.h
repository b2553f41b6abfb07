/*
 * One file of a recording: opened with its first frame, written, closed, then finished (or kept as
 * a `.part`). Life: open → write … → close → finish or keep → free. One thread at a time: the
 * writer up to the close, the finisher after it. Blocks on the disk.
 */
#ifndef CAMNODE_RECORD_SEGMENT_H
#define CAMNODE_RECORD_SEGMENT_H

#include "media/frame.h"
#include "media/muxer.h"
#include "record/recorder.h"
#include "record/syncer.h"

struct segment;

struct segment_options {
	const char *folder;
	const char *camera_id;
	struct syncer *syncer;
	int64_t (*wall_from_mono_us)(int64_t mono_us);
	int64_t frame_us; /* each frame is shown for so long, whenever it was taken, and is on its
	                   * way to the disk at once; 0: as they come */
	struct muxer_tags tags;
};

/* Creates the file, and its folders; the options are borrowed for its life. `first` must be a key
 * frame and still has to be written. 0 or -errno. */
int segment_open(const struct segment_options *options, const struct frame *first,
                 struct segment **ret_segment);

/* True when a frame has the parameters of the first, and comes from the same encoder; in H.264 the
 * shared encoder's may follow those of epoch 0. */
bool segment_fits(const struct segment *segment, const struct frame *frame);

/* `*ret_flushed` is set to true when a fragment went to the file (its sync is asked for). 0 or
 * -errno: -ENOENT when somebody took the file away. */
int segment_write(struct segment *segment, const struct frame *frame, bool *ret_flushed);

/* Nothing more is written: 0 or the first error. */
int segment_close(struct segment *segment);

/* Of a closed one: makes the whole file: 0, -ENOENT when somebody took it away, -ENODATA when
 * nothing was written (it is removed then), or -errno: segment_keep() it. */
int segment_finish(struct segment *segment);

/* Of a closed one: makes sure that its part is on the disk: 0, -ENOENT as above, or -errno. */
int segment_keep(struct segment *segment);

void segment_free(struct segment *segment); /* closed; takes NULL */

struct segment_state {
	char file[RECORDER_FILE_SIZE]; /* relative to the folder; the part until finished */
	uint64_t bytes, frames;
	int64_t first_pts_us, duration_us;
	int64_t started_wall_us;
};
const struct segment_state *segment_state(const struct segment *segment);

#endif
