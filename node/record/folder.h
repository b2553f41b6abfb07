/*
 * The recording folder's fitness to take recordings: there, writable, with enough room. Any thread;
 * a few quick calls to the file system.
 */
#ifndef CAMNODE_RECORD_FOLDER_H
#define CAMNODE_RECORD_FOLDER_H

#include "config/config.h"

/* 0; -ENOSPC with less than `min_free_mb` free; -ENODEV when a mount is required and missing;
 * -EACCES, -EROFS, -ENOTDIR …. A folder that is not there yet is judged by its nearest parent. */
int folder_check(const struct config_record *config);

/* As above, with room to go on for a while: for a recording that had to stop. */
int folder_check_again(const struct config_record *config);

/* 0, or -ELOOP when the camera's folder in it is a symbolic link: what was recorded there would not
 * be found again, as no links are followed. */
int folder_check_camera(const struct config_record *config, const char *camera);

/* The size of the disk that it lies on, or will lie on: 0 or -errno. */
int folder_disk_bytes(const struct config_record *config, uint64_t *ret_bytes);

/* What such an error, or one of writing, means, for people. */
#define FOLDER_TEXT_SIZE 160
void folder_explain(const struct config_record *config, int error,
                    char ret_text[static FOLDER_TEXT_SIZE]);

#endif
