/*
 * The recording folder's fitness to take recordings: writable, with enough room. Any thread; a few
 * quick calls to the file system.
 */
#ifndef CAMNODE_RECORD_FOLDER_H
#define CAMNODE_RECORD_FOLDER_H

#include "config/config.h"

/* 0; -ENOSPC with less than `min_free_mb` free; -EACCES, -EROFS, -ENOTDIR …. A folder that is not
 * there yet is judged by its nearest parent. */
int folder_check(const struct config_record *config);

#endif
