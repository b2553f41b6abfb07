/*
 * Reading MP4 files of one video track, whole ones and those whose writer was killed. Blocks on the
 * disk.
 */
#ifndef CAMNODE_MEDIA_MP4_INDEX_H
#define CAMNODE_MEDIA_MP4_INDEX_H

#include "media/muxer.h"

#include <libavformat/avformat.h>
#include <stddef.h>

struct mp4_index {
	struct muxer_file file;
	int64_t last_ticks; /* how long the last frame is shown, in the track's ticks */
	size_t moov_size;   /* bytes that an index in front of these frames takes at most */
};

/* Opens `path`, whose first track is video that we could have written: 0, -EBADMSG, -errno. Close
 * it with avformat_close_input(). */
int mp4_open(const char *path, AVFormatContext **ret_format);

/* True when surely no frame ever was in it: a file of no bytes, or a header that can be read and
 * nothing for frames behind it. False whenever in doubt. */
bool mp4_is_empty(const char *path);

/* Walks the index, and that of every fragment, but not the pictures. Frames that are not there as a
 * whole don't count. 0, -EBADMSG, -errno. */
int mp4_index_read(const char *path, struct mp4_index *ret_index);

#endif
