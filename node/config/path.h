/*
 * Paths in node.yaml: relative ones count from the file's folder, and "credential:NAME" is a
 * credential of systemd. Pure but for the environment; any thread.
 */
#ifndef CAMNODE_CONFIG_PATH_H
#define CAMNODE_CONFIG_PATH_H

#include <stdbool.h>

/* The folder of a file, absolute, the caller's to free(); NULL without memory. */
char *path_folder(const char *file);

/* True for a credential where systemd has given none: outside the service. */
bool path_lacks_credentials(const char *path);

/* The absolute path, the caller's to free(); NULL without memory. */
char *path_resolve(const char *folder, const char *path);

#endif
