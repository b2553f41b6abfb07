#include "base/buf.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256

void buf_init(struct buf *buf, size_t limit)
{
	*buf = (struct buf){.limit = limit};
}

void buf_finish(struct buf *buf)
{
	free(buf->data);
	buf_init(buf, buf->limit);
}

/* Makes room for `more` bytes and the NUL: 0, or the error, which sticks. */
static int reserve(struct buf *buf, size_t more)
{
	size_t capacity = buf->capacity ? buf->capacity : FIRST_CAPACITY;
	char *data;

	if (buf->error)
		return buf->error;
	if (more > buf->limit - buf->length)
		return buf->error = -ENOSPC;
	if (buf->data && buf->length + more < buf->capacity)
		return 0;
	while (capacity <= buf->length + more)
		capacity *= 2;
	data = realloc(buf->data, capacity);
	if (!data)
		return buf->error = -ENOMEM;
	buf->data = data;
	buf->capacity = capacity;
	buf->data[buf->length] = '\0';
	return 0;
}

void buf_append(struct buf *buf, const void *data, size_t length)
{
	if (length == 0 || reserve(buf, length) < 0)
		return;
	memcpy(buf->data + buf->length, data, length);
	buf->length += length;
	buf->data[buf->length] = '\0';
}

void buf_puts(struct buf *buf, const char *text)
{
	buf_append(buf, text, strlen(text));
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (length < 0 || reserve(buf, (size_t)length) < 0)
		return;

	va_start(args, fmt);
	vsnprintf(buf->data + buf->length, (size_t)length + 1, fmt, args);
	va_end(args);
	buf->length += (size_t)length;
}

void buf_clear(struct buf *buf)
{
	buf->length = 0;
	buf->error = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

char *buf_steal(struct buf *buf)
{
	char *text;

	/* An empty text has no memory yet. */
	if (reserve(buf, 0) < 0)
		return NULL;
	text = move_ptr(buf->data);
	buf_finish(buf);
	return text;
}
