/*
 * A `.part.mp4` file on its way to be a whole one. Whoever holds its lock writes or finishes it:
 * so the recovery of leftovers never takes a file that is still somebody's, in this process or in
 * another. Blocks on the disk.
 */
#ifndef CAMNODE_RECORD_PART_H
#define CAMNODE_RECORD_PART_H

#include <limits.h>

#include "media/muxer.h"
#include "record/recorder.h"

/* Makes an open part ours until the last duplicate of `fd` is closed: 0, or -EBUSY when it is
 * somebody else's or was removed. */
int part_lock(int fd);

/*
 * Makes the whole file `file` (relative to `folder`) from its part, which must be locked, and
 * removes the part. When another recording has that name, `file` becomes a free one. -ENODATA when
 * no frame was ever in it: it is removed too. -ENOSPC without room for a second copy, -EBADMSG when
 * it cannot be read, or -errno: then the part stays.
 */
int part_finish(const char *folder, char file[static RECORDER_FILE_SIZE],
                struct muxer_file *ret_file);

/* Makes `file` a name of the same camera and time that no recording has: 0 and its path, or
 * -EEXIST, -errno. */
int part_take_free_name(const char *folder, char file[static RECORDER_FILE_SIZE],
                        char ret_whole[static PATH_MAX]);

#endif
