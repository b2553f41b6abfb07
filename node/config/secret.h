/*
 * Files that hold secrets: passwords, hashes, private keys. Blocks on the disk.
 */
#ifndef CAMNODE_CONFIG_SECRET_H
#define CAMNODE_CONFIG_SECRET_H

#include "base/buf.h"

#define SECRET_MAX_BYTES 4096

/* The file's text without the newline at its end, the caller's to wipe and free(). 0, -ENOMEM, or
 * -EINVAL after appending to `why`. */
int secret_read(const char *path, char **ret_text, struct buf *why);

/* Logs a warning when everybody on the machine can read the file. */
void secret_check_mode(const char *path);

#endif
