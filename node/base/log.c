#include "base/log.h"

#include "base/clock.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A longer message is cut and ends in "...". */
#define TEXT_SIZE 2048
#define PREFIX_SIZE 64

static const struct {
	const char *name;
	int priority; /* syslog's, for the journal */
} levels[] = {
	[LOG_LEVEL_ERROR] = {"error", 3},
	[LOG_LEVEL_WARN] = {"warn", 4},
	[LOG_LEVEL_INFO] = {"info", 6},
	[LOG_LEVEL_DEBUG] = {"debug", 7},
};

/* The one global that changes: every thread logs, and passing a log around would help nobody. */
static _Atomic enum log_level max_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	atomic_store(&max_level, level);
}

int log_level_parse(const char *name, enum log_level *ret_level)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(name, levels[i].name) == 0) {
			*ret_level = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* JOURNAL_STREAM is "device:inode" of the journal's socket: it is inherited, so by itself it
 * doesn't say that standard error still goes there. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[PREFIX_SIZE];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(stream, own) == 0;
}

static size_t format_prefix(enum log_level level, char *ret_text, size_t size)
{
	char time[CLOCK_ISO_SIZE];

	if (stderr_is_journal())
		return (size_t)snprintf(ret_text, size, "<%d>", levels[level].priority);
	clock_format_iso(clock_wall_us(), time);
	return (size_t)snprintf(ret_text, size, "%s %-5s ", time, levels[level].name);
}

/* Writes `c` as it is, or as its escape if it would disturb the line: 1 to 4 characters. */
static size_t escape(unsigned char c, char ret_text[5])
{
	static const char letters[] = "abtnvfr"; /* the escapes of 7 to 13 */

	if (c >= 7 && c <= 13)
		return (size_t)snprintf(ret_text, 5, "\\%c", letters[c - 7]);
	if (c < ' ' || c == 0x7f)
		return (size_t)snprintf(ret_text, 5, "\\x%02x", c);
	ret_text[0] = (char)c;
	return 1;
}

/* Escapes `text` into `ret_line`, which has room for `size` bytes; ends in "..." if it is cut. */
static size_t escape_text(const char *text, char *ret_line, size_t size)
{
	static const char cut[] = "...";
	size_t room = size - strlen(cut);
	size_t length = 0;

	for (; *text; text++) {
		char piece[5];
		size_t n = escape((unsigned char)*text, piece);

		if (length + n > room) {
			memcpy(ret_line + length, cut, strlen(cut));
			return length + strlen(cut);
		}
		memcpy(ret_line + length, piece, n);
		length += n;
	}
	return length;
}

void log_va(enum log_level level, const char *fmt, va_list args)
{
	char text[TEXT_SIZE];
	char line[PREFIX_SIZE + TEXT_SIZE + 1];
	int saved_errno = errno;
	ssize_t ignored __attribute__((unused)); /* there is nobody to tell of a failure */
	size_t length;

	if (level > atomic_load(&max_level))
		return;
	vsnprintf(text, sizeof(text), fmt, args);
	length = format_prefix(level, line, PREFIX_SIZE);
	length += escape_text(text, line + length, TEXT_SIZE);
	line[length++] = '\n';
	ignored = write(STDERR_FILENO, line, length); /* one a line, so that threads don't mix */
	errno = saved_errno;
}

void log_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_va(LOG_LEVEL_ERROR, fmt, args);
	va_end(args);
}

void log_warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_va(LOG_LEVEL_WARN, fmt, args);
	va_end(args);
}

void log_info(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_va(LOG_LEVEL_INFO, fmt, args);
	va_end(args);
}

void log_debug(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_va(LOG_LEVEL_DEBUG, fmt, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3))) static void log_at(enum log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_va(level, fmt, args);
	va_end(args);
}

/* When to say again that a failure goes on: after each of these waits, the last one for ever. */
static long long take_next_us(struct log_repeat *repeat)
{
	static const int waits_s[] = {60, 600, 3600};
	const int last = sizeof(waits_s) / sizeof(waits_s[0]) - 1;
	long long next_us = clock_mono_us() + waits_s[repeat->step] * USEC_PER_SEC;

	if (repeat->step < last)
		repeat->step++;
	return next_us;
}

void log_repeat(struct log_repeat *repeat, enum log_level level, const char *fmt, ...)
{
	char text[sizeof(repeat->last)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);

	if (repeat->count == 0 || strcmp(text, repeat->last) != 0) {
		*repeat = (struct log_repeat){.count = 1};
		memcpy(repeat->last, text, sizeof(text));
		repeat->next_us = take_next_us(repeat);
		log_at(level, "%s", text);
		return;
	}
	repeat->count++;
	if (clock_mono_us() < repeat->next_us)
		return;
	repeat->next_us = take_next_us(repeat);
	log_at(level, "%s (%lu times)", text, repeat->count);
}

void log_repeat_clear(struct log_repeat *repeat, const char *fmt, ...)
{
	va_list args;

	if (repeat->count > 0 && fmt) {
		va_start(args, fmt);
		log_va(LOG_LEVEL_INFO, fmt, args);
		va_end(args);
	}
	*repeat = (struct log_repeat){0};
}
