/*
 * Writing frames into a fragmented MP4 that plays after any cut, and turning such a file into an
 * ordinary MP4 with the index in front. Blocks on the disk: writer threads only.
 *
 * While running: movflags frag_custom+empty_moov+default_base_moof, fragments written to the file
 * by us every MUXER_FRAGMENT_US, time scale 90000, variable rate kept. A copy of the file taken at
 * any moment lacks no more than MUXER_FRAGMENT_US and one frame.
 */
#ifndef CAMNODE_MEDIA_MUXER_H
#define CAMNODE_MEDIA_MUXER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "media/frame.h"

#define MUXER_FRAGMENT_US 500000

#define MUXER_LABEL_SIZE 65

struct muxer;

/* What the file tells of itself from its first byte on, so that a cut one does too: MP4's title,
 * comment, date (UTC, to the millisecond) and creation time. Texts may be "". */
struct muxer_tags {
	char label[MUXER_LABEL_SIZE];
	char id[ID_SIZE];
	int64_t started_wall_us; /* of the first frame; 0: not known */
};

/* Creates `path`, locked (fails with -EEXIST if it is there). The header is made from `tags` and
 * `first`, which must be a key frame and still has to be written. 0 or -errno. */
int muxer_open(const char *path, const struct muxer_tags *tags, const struct frame *first,
               struct muxer **ret_muxer);

/* False when the frame needs a file of its own: other codec, size, range or H.264 parameters. */
bool muxer_accepts(const struct muxer *muxer, const struct frame *frame);

/* Writes a frame; its pts must grow. Once a fragment's time is over it is flushed to the file and
 * `*ret_flushed` (may be NULL) is set to true: the moment to sync. 0 or -errno: -ENOSPC, -EIO …,
 * after which no more is written; -EINVAL for a frame that is not accepted. */
int muxer_write(struct muxer *muxer, const struct frame *frame, bool *ret_flushed);

/* Writes all to the file, the last frame too, which is shown for `duration_us`. 0 or -errno. */
int muxer_flush(struct muxer *muxer, int64_t duration_us);

/* Writes what is held and the trailer, syncs, closes. Always frees. 0 or the first error. Takes
 * NULL. */
int muxer_close(struct muxer *muxer);

int muxer_fd(const struct muxer *muxer);         /* for fdatasync; valid until close */
uint64_t muxer_bytes(const struct muxer *muxer); /* written so far */
uint64_t muxer_frames(const struct muxer *muxer);
int64_t muxer_duration_us(const struct muxer *muxer);

/* What a finished or cut file holds. */
struct muxer_file {
	uint64_t frames;
	int64_t duration_us;
	int width, height;
	enum frame_codec codec;
	struct muxer_tags tags;
};

/* Remuxes `part` into `path` (index in front) by way of `part`.tmp: written, fsynced, renamed,
 * folder synced; `part` is left for the caller to unlink. What a crash leaves is written over when
 * `part` is finished anew. -ENODATA when surely no frame was ever in it, and only then; -EBADMSG
 * when it cannot be read. */
#define MUXER_TEMPORARY ".tmp"
int muxer_finish(const char *part, const char *path, struct muxer_file *ret_file);

/* Reads the index of any MP4: 0 or -errno. `ret_file` as above. */
int muxer_probe(const char *path, struct muxer_file *ret_file);

#endif
