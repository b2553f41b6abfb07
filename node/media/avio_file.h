/*
 * A file that libavformat writes through a descriptor of ours, so that it can be synced and that
 * the first error is known as an errno. Unbuffered but for what libavformat gathers. One thread.
 */
#ifndef CAMNODE_MEDIA_AVIO_FILE_H
#define CAMNODE_MEDIA_AVIO_FILE_H

#include <libavformat/avio.h>
#include <stdint.h>

struct avio_file {
	int fd;
	AVIOContext *avio;
	int64_t position; /* of the next write */
	uint64_t size;    /* bytes */
	int error;        /* of the first write that failed, -errno */
};

/* Creates `path` for writing, locked (flock) before the first byte; `flags` are O_EXCL or O_TRUNC.
 * 0 or -errno. */
int avio_file_open(struct avio_file *file, const char *path, int flags);

/* Hands what is gathered to the system: 0 or the file's first error. */
int avio_file_flush(struct avio_file *file);

/* Flushes, syncs and closes. 0 or the file's first error. */
int avio_file_close(struct avio_file *file);

#endif
