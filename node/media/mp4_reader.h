/*
 * The frames of an MP4 with one video track, one after the other, with the times they have in it.
 * Blocks on the disk. One thread.
 */
#ifndef CAMNODE_MEDIA_MP4_READER_H
#define CAMNODE_MEDIA_MP4_READER_H

#include "media/frame.h"

struct mp4_reader;

/* 0, -EBADMSG, -ENOMEM, -errno. */
int mp4_reader_open(const char *path, struct mp4_reader **ret_reader);
void mp4_reader_free(struct mp4_reader *reader); /* takes NULL */

/* The next whole frame, numbered from 1: 0, -ENODATA after the last, or -ENOMEM. */
int mp4_reader_next(struct mp4_reader *reader, struct frame **ret_frame);

#endif
