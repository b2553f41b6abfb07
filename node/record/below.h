/*
 * Files below a folder, no step of whose path is a symbolic link. Blocks on the disk.
 */
#ifndef CAMNODE_RECORD_BELOW_H
#define CAMNODE_RECORD_BELOW_H

/* A descriptor for reading, or -errno. `file` has at least one folder. */
int below_open(const char *folder, const char *file);

/* 0 or -errno. */
int below_unlink(const char *folder, const char *file);

/* Removes the folders of day, month and year that the recording `file` lay in, as far as they are
 * empty; never the camera's. */
void below_remove_empty(const char *folder, const char *file);

#endif
