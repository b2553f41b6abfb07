#include "proto/refusal.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "proto/object.h"

/* Cuts the end off until the text is `max` bytes of whole UTF-8 characters at most. */
static void cut(char *text, size_t max)
{
	size_t length = strnlen(text, max);

	while (!str_is_utf8(text, length))
		length--;
	text[length] = '\0';
}

enum code refusal_write(char ret_text[static REFUSAL_SIZE], enum code code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(ret_text, REFUSAL_SIZE, fmt, args);
	va_end(args);
	for (char *p = ret_text; *p; p++) {
		if (iscntrl((unsigned char)*p))
			*p = '?';
	}
	cut(ret_text, REFUSAL_SIZE);
	return code;
}

const char *refusal_quote(char ret_quote[static REFUSAL_QUOTE_SIZE], const json_t *value)
{
	static const char ellipsis[] = "…";
	_cleanup_free_ char *json =
		json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | OBJECT_SHORT_NUMBERS);
	int length = snprintf(ret_quote, REFUSAL_QUOTE_SIZE, "%s", json ? json : "?");

	if (length >= REFUSAL_QUOTE_SIZE) {
		cut(ret_quote, REFUSAL_QUOTE_SIZE - sizeof(ellipsis));
		memcpy(ret_quote + strlen(ret_quote), ellipsis, sizeof(ellipsis));
	}
	return ret_quote;
}

const char *refusal_quote_text(char ret_quote[static REFUSAL_QUOTE_SIZE], const char *text,
                               size_t length)
{
	json_auto_t *value = json_stringn(text, length);

	return refusal_quote(ret_quote, value);
}

const char *refusal_list(char ret_list[static REFUSAL_LIST_SIZE], const char *const *words)
{
	size_t length = 0;

	for (size_t i = 0; words[i] && length < REFUSAL_LIST_SIZE; i++) {
		const char *word = words[i][0] ? words[i] : "(empty)";
		const char *separator = i > 0 ? ", " : "";

		length += (size_t)snprintf(ret_list + length, REFUSAL_LIST_SIZE - length, "%s%s",
		                           separator, word);
	}
	return ret_list;
}
