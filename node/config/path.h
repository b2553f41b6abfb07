/*
 * Paths in node.yaml: relative ones count from the file's folder, and "credential:NAME" is a
 * credential of systemd. Pure but for the environment; any thread.
 */
#ifndef CAMNODE_CONFIG_PATH_H
#define CAMNODE_CONFIG_PATH_H

/* The folder of a file, absolute, the caller's to free(); NULL without memory. */
char *path_folder(const char *file);

/* The absolute path, the caller's to free(); NULL without memory. */
char *path_resolve(const char *folder, const char *path);

#endif
