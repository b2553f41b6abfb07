#include "config/report.h"

#include "base/cleanup.h"
#include "base/url.h"

#include <stdio.h>
#include <string.h>

#define MESSAGE_SIZE 768

/* What comes out of a file must not end a line or talk to a terminal. */
static void hide_controls(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}

void report_add_va(struct report *report, struct report_place place, const char *key,
                   const char *fmt, va_list args)
{
	char message[MESSAGE_SIZE];
	char where[64] = "";
	size_t start = report->text->length;

	if (report->count++ >= REPORT_MAX_ERRORS)
		return;
	vsnprintf(message, sizeof(message), fmt, args);
	if (place.line > 0)
		snprintf(where, sizeof(where), ":%zu:%zu", place.line, place.column);
	buf_printf(report->text, "%s%s: %s%s%s", report->name, where, key, *key ? ": " : "",
	           message);
	if (report->text->data)
		hide_controls(report->text->data + start);
	buf_puts(report->text, "\n");
}

void report_add(struct report *report, struct report_place place, const char *key, const char *fmt,
                ...)
{
	va_list args;

	va_start(args, fmt);
	report_add_va(report, place, key, fmt, args);
	va_end(args);
}

void report_end(struct report *report)
{
	if (report->count > REPORT_MAX_ERRORS)
		buf_printf(report->text, "%s: %zu more errors\n", report->name,
		           report->count - REPORT_MAX_ERRORS);
}

/* Not in the middle of a UTF-8 sequence. */
static size_t cut_length(const char *text, size_t max)
{
	size_t length = strnlen(text, max + 1);

	if (length <= max)
		return length;
	for (length = max; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80;)
		length--;
	return length;
}

void report_quote(const char *text, char ret_quote[static REPORT_QUOTE_SIZE])
{
	static const char more[] = "…";
	_cleanup_free_ char *shown = url_without_secrets(text);
	const char *quote = shown ? shown : "";
	size_t length = cut_length(quote, REPORT_QUOTE_SIZE - sizeof(more));

	snprintf(ret_quote, REPORT_QUOTE_SIZE, "%.*s%s", (int)length, quote,
	         quote[length] ? more : "");
}
