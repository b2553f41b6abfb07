/*
 * The journal's own socket: a datagram of "FIELD=value" lines is one entry (systemd's "Native
 * Journal Protocol"). Any thread may write; opened and closed while there is one.
 */
#ifndef CAMNODE_BASE_JOURNAL_H
#define CAMNODE_BASE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define JOURNAL_MAX_FIELDS 8

/* One line: a value has no newline. A field whose value is NULL is left out. */
struct journal_field {
	const char *name, *value;
};

/* JOURNAL_STREAM is "device:inode" of the journal's stream: it is inherited, so by itself it
 * doesn't say that standard error still goes there. */
bool journal_has_stderr(void);

/* A descriptor to close(), or -errno. */
int journal_open(const char *socket_path);

/* One entry; never waits. 0 or -errno: it was not taken. */
int journal_write(int fd, const struct journal_field fields[], size_t count);

#endif
