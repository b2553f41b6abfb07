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

/* What such an error, or one of writing, means, for people. */
#define FOLDER_TEXT_SIZE 160
void folder_explain(const struct config_record *config, int error,
                    char ret_text[static FOLDER_TEXT_SIZE]);

#endif
