/*
 * The errors of a configuration file, a line each: "node.yaml:12:9: cameras[0].fps: …". One thread.
 */
#ifndef CAMNODE_CONFIG_REPORT_H
#define CAMNODE_CONFIG_REPORT_H

#include <stdarg.h>
#include <stddef.h>

#include "base/buf.h"

#define REPORT_MAX_ERRORS 50
#define REPORT_QUOTE_SIZE 80 /* of a value in a message, with its NUL */

struct report {
	const char *name; /* of the file */
	struct buf *text; /* borrowed */
	size_t count;     /* of errors, also of those that are no longer written */
};

/* Where in the file; both from 1. Line 0: nowhere in it. */
struct report_place {
	size_t line, column;
};

/* Appends an error; control characters become '?'. `key` may be "". */
void report_add(struct report *report, struct report_place place, const char *key, const char *fmt,
                ...) __attribute__((format(printf, 4, 5)));

void report_add_va(struct report *report, struct report_place place, const char *key,
                   const char *fmt, va_list args) __attribute__((format(printf, 4, 0)));

/* Says how many errors were left out, if any. */
void report_end(struct report *report);

/* The text as a message shows it: shortened, a URL without login and query. */
void report_quote(const char *text, char ret_quote[static REPORT_QUOTE_SIZE]);

#endif
