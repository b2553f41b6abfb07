/*
 * A growing byte buffer with an upper limit, always NUL-terminated. The first failure (limit,
 * memory) sticks in `error` and later appends do nothing, so only the end has to be checked. One
 * thread.
 */
#ifndef CAMNODE_BASE_BUF_H
#define CAMNODE_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *data; /* NULL or `length` bytes and a NUL */
	size_t length;
	size_t capacity;
	size_t limit;
	int error; /* 0, -ENOMEM or -ENOSPC */
};

void buf_init(struct buf *buf, size_t limit);
void buf_finish(struct buf *buf);
void buf_append(struct buf *buf, const void *data, size_t length);
void buf_puts(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_clear(struct buf *buf); /* empty, memory kept, error forgotten */

/* The text, the caller's to free(), leaving the buffer empty; NULL (and `error` kept) on error. */
char *buf_steal(struct buf *buf);

#endif
