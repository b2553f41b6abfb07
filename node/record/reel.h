/*
 * The reel: the files of one recording, one after the other. Knows when the next has to begin, and
 * what all of them hold together. Belongs to the recording's writer; blocks on the disk.
 */
#ifndef CAMNODE_RECORD_REEL_H
#define CAMNODE_RECORD_REEL_H

#include "record/recorder.h"
#include "record/segment.h"

struct reel {
	const struct recorder_options *recorder; /* borrowed, as the two below */
	const struct recorder_request *request;
	const char *id;
	struct segment *segment; /* NULL: none is open */
	bool key_asked;          /* so that the segment can end */
	bool torn; /* frames were lost to a disk that didn't answer: a new file begins */
	uint64_t earlier_bytes, earlier_frames; /* of the files before */
};

/* True when the frame belongs into a new file. `ret_wants_key`: the file has to end, and a key
 * frame is to be asked for. */
bool reel_is_over(struct reel *reel, const struct frame *frame, enum recorder_reason *ret_reason,
                  bool *ret_wants_key);

/* Begins a file with that key frame, which still has to be written. 0 or -errno. */
int reel_open(struct reel *reel, const struct frame *first);

/* Gives the file away, to be finished: NULL when none is open. */
struct segment *reel_take(struct reel *reel);

/* Of all files. */
uint64_t reel_bytes(const struct reel *reel);
uint64_t reel_frames(const struct reel *reel);

#endif
