/*
 * The log: one line a message on standard error, with a level and a UTC time. Under systemd, where
 * standard error is the journal's stream, the journal itself gets the message with its fields once
 * log_open_journal() was called; before, or if it takes none, the line has a "<3>" priority prefix
 * instead of time and level. Any thread; never blocks longer than the write. No trailing newline in
 * `fmt`; newlines and control characters inside a message are written as "\n"-style escapes, so
 * that one message stays one line.
 */
#ifndef CAMNODE_BASE_LOG_H
#define CAMNODE_BASE_LOG_H

#include <stdarg.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_set_level(enum log_level level);

/*
 * From now on the journal gets messages with fields: priority, thread and, when a message begins
 * with one of the names and ":" ("cam0: …"), that name as `field`. 0; or -errno, -ENOTCONN when
 * standard error is not the journal's: all stays as it is. `field` and the names are borrowed until
 * log_close_journal(), LOG_MAX_SUBJECTS at most. Both while there is one thread.
 */
#define LOG_MAX_SUBJECTS 16
int log_open_journal(const char *socket_path, const char *field, const char *const names[],
                     size_t count);
void log_close_journal(void);

/* Name ("error", "warn", "info", "debug") to level: 0 or -EINVAL. */
int log_level_parse(const char *name, enum log_level *ret_level);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_va(enum log_level level, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));

/*
 * A failure that may repeat: logs when the text changes; while it stays the same, logs again with
 * the count after 1 min, 10 min, then every hour. `log_repeat_clear` logs `fmt` (if not NULL) once
 * when the failure is over. Zero-initialise. Not locked: one thread per struct.
 */
struct log_repeat {
	char last[256];
	unsigned long count;
	long long next_us; /* CLOCK_MONOTONIC; when to log the count again */
	int step;
};

void log_repeat(struct log_repeat *repeat, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void log_repeat_clear(struct log_repeat *repeat, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
