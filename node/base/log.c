#include "base/log.h"

#include "base/clock.h"
#include "base/journal.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

/* A longer message is cut and ends in "...". */
#define TEXT_SIZE 2048
#define PREFIX_SIZE 64
#define THREAD_NAME_SIZE 16

static const struct {
	const char *name;
	int priority; /* syslog's, for the journal */
} levels[] = {
	[LOG_LEVEL_ERROR] = {"error", 3},
	[LOG_LEVEL_WARN] = {"warn", 4},
	[LOG_LEVEL_INFO] = {"info", 6},
	[LOG_LEVEL_DEBUG] = {"debug", 7},
};

/* The globals that change: every thread logs, and passing a log around would help nobody. */
static _Atomic enum log_level max_level = LOG_LEVEL_INFO;
static atomic_int journal_fd = -1;
static struct {
	const char *field;
	const char *names[LOG_MAX_SUBJECTS];
	size_t count;
} subjects; /* set before there are threads */

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

static size_t format_prefix(enum log_level level, char *ret_text, size_t size)
{
	char time[CLOCK_ISO_SIZE];

	if (journal_has_stderr())
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

/* The one that the message is about: "NAME: …"; NULL: none. */
static const char *find_subject(const char *text)
{
	for (size_t i = 0; i < subjects.count; i++) {
		size_t length = strlen(subjects.names[i]);

		if (strncmp(text, subjects.names[i], length) == 0 && text[length] == ':')
			return subjects.names[i];
	}
	return NULL;
}

static int write_to_journal(int fd, enum log_level level, const char *text)
{
	char thread[THREAD_NAME_SIZE] = "";
	const char priority[] = {(char)('0' + levels[level].priority), '\0'};

	prctl(PR_GET_NAME, thread);
	const struct journal_field fields[] = {
		{"MESSAGE", text},
		{"PRIORITY", priority},
		{"SYSLOG_IDENTIFIER", "camnode"},
		{"THREAD", thread},
		{subjects.field, find_subject(text)},
	};
	return journal_write(fd, fields, sizeof(fields) / sizeof(fields[0]));
}

static void write_to_stderr(enum log_level level, char *text, size_t length)
{
	char prefix[PREFIX_SIZE];
	struct iovec line[] = {
		{prefix, format_prefix(level, prefix, sizeof(prefix))},
		{text, length},
		{"\n", 1},
	};
	/* One a line, so that threads don't mix. There is nobody to tell of a failure. */
	ssize_t ignored __attribute__((unused)) =
		writev(STDERR_FILENO, line, sizeof(line) / sizeof(line[0]));
}

void log_va(enum log_level level, const char *fmt, va_list args)
{
	char raw[TEXT_SIZE], text[TEXT_SIZE + 1];
	int saved_errno = errno, fd;
	size_t length;

	if (level > atomic_load(&max_level))
		return;
	vsnprintf(raw, sizeof(raw), fmt, args);
	length = escape_text(raw, text, TEXT_SIZE);
	text[length] = '\0';
	fd = atomic_load(&journal_fd);
	if (fd < 0 || write_to_journal(fd, level, text) < 0)
		write_to_stderr(level, text, length);
	errno = saved_errno;
}

int log_open_journal(const char *socket_path, const char *field, const char *const names[],
                     size_t count)
{
	int fd = journal_has_stderr() ? journal_open(socket_path) : -ENOTCONN;

	if (fd < 0)
		return fd;
	subjects.field = field;
	subjects.count = 0;
	for (size_t i = 0; i < count && i < LOG_MAX_SUBJECTS; i++)
		subjects.names[subjects.count++] = names[i];
	atomic_store(&journal_fd, fd);
	return 0;
}

void log_close_journal(void)
{
	int fd = atomic_exchange(&journal_fd, -1);

	if (fd >= 0)
		close(fd);
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
