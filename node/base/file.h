/*
 * Files and folders. All functions block on the disk: not for control, capture or stream threads.
 */
#ifndef CAMNODE_BASE_FILE_H
#define CAMNODE_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The whole file, NUL-terminated, the caller's to free(): 0, -EFBIG over `limit` bytes, -errno. */
int file_read(const char *path, size_t limit, char **ret_data, size_t *ret_length);

/* False only where there is none for certain: one that this user can't see may be there. */
bool file_may_exist(const char *path);

/* Replaces `path` as a whole: temporary file beside it, fsync, rename, fsync of the folder. */
int file_write_atomic(const char *path, const void *data, size_t length, mode_t mode);

/* The same with an owner. */
int file_write_atomic_as(const char *path, const void *data, size_t length, mode_t mode, uid_t uid,
                         gid_t gid);

/* Removes what writes of `path` left that were cut short, by a power cut or kill -9. Nobody else
 * may be writing it. */
void file_sweep(const char *path);

/* `mkdir -p`: 0 or -errno. */
int file_make_folders(const char *path, mode_t mode);

/* fsync of a folder, so that a rename or creation in it survives a power cut. */
int file_sync_folder(const char *path);

/* Bytes free for this user, and in all, on the file system of `path` (which must exist). */
int file_disk_space(const char *path, uint64_t *ret_free, uint64_t *ret_total);

#endif
