/* config_print(): the configuration as YAML. */
#include "config/config.h"

#include "base/url.h"
#include "config/option.h"
#include "config/value.h"

#include <string.h>

#define INDENT 2
#define TEXT_LIMIT 8192 /* an absolute path, or a text */

struct printer {
	struct buf *text;
	int indent;
	bool dash; /* the next line begins an item of a list */
};

static void print_options(struct printer *printer, const struct option *table, const void *base);

/* The beginning of a line. */
static void print_lead(struct printer *printer)
{
	if (printer->dash)
		buf_printf(printer->text, "%*s- ", printer->indent - INDENT, "");
	else
		buf_printf(printer->text, "%*s", printer->indent, "");
	printer->dash = false;
}

/* Control characters are refused on loading. */
static void print_quoted(struct buf *text, const char *value)
{
	buf_puts(text, "\"");
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buf_puts(text, "\\");
		buf_append(text, value, 1);
	}
	buf_puts(text, "\"");
}

static void print_value(struct buf *text, const struct option *option, const void *base)
{
	_cleanup_(buf_finish) struct buf value = {.limit = TEXT_LIMIT};

	if (!value_is_text(option)) {
		value_text(option, base, text);
		return;
	}
	value_text(option, base, &value);
	if (value.length > 0 && value_is_secret(option)) {
		explicit_bzero(value.data, value.length);
		buf_puts(text, "\"***\"");
		return;
	}
	if (value.data && option->type == OPTION_SOURCE)
		url_hide_secrets(value.data);
	print_quoted(text, value.data ? value.data : "");
}

/* An item that is one value: "- value", or "name: value". */
static void print_scalar_item(struct printer *printer, const struct option *list, const void *item)
{
	if (list->list->named) {
		print_lead(printer);
		print_quoted(printer->text, *(char *const *)item);
		buf_puts(printer->text, ": ");
	} else {
		printer->dash = true;
		printer->indent += INDENT;
		print_lead(printer);
		printer->indent -= INDENT;
	}
	print_value(printer->text, list->list->items, item);
	buf_puts(printer->text, "\n");
}

/* "name:" and the item's keys below. */
static void print_named_item(struct printer *printer, const struct option *list, const void *item)
{
	print_lead(printer);
	print_quoted(printer->text, *(char *const *)item);
	buf_puts(printer->text, ":\n");
	printer->indent += INDENT;
	print_options(printer, list->list->items, item);
	printer->indent -= INDENT;
}

static void print_list(struct printer *printer, const struct option *list, const void *base)
{
	size_t count = option_list_count(list, base);

	if (count == 0)
		buf_puts(printer->text, list->list->named ? " {}" : " []");
	buf_puts(printer->text, "\n");
	printer->indent += INDENT;
	for (size_t i = 0; i < count; i++) {
		const void *item = option_list_item(list, base, i);

		if (list->list->items->key[0] == '\0') {
			print_scalar_item(printer, list, item);
			continue;
		}
		if (list->list->named) {
			print_named_item(printer, list, item);
			continue;
		}
		printer->dash = true;
		printer->indent += INDENT;
		print_options(printer, list->list->items, item);
		printer->indent -= INDENT;
	}
	printer->indent -= INDENT;
}

static void print_option(struct printer *printer, const struct option *option, const char *key,
                         const void *base)
{
	print_lead(printer);
	buf_printf(printer->text, "%s:", key);
	if (option->type == OPTION_LIST) {
		print_list(printer, option, base);
		return;
	}
	buf_puts(printer->text, " ");
	print_value(printer->text, option, base);
	buf_puts(printer->text, "\n");
}

static void print_options(struct printer *printer, const struct option *table, const void *base)
{
	const char *section = "";
	size_t section_length = 0;

	for (const struct option *option = table; option->key; option++) {
		const char *dot = strchr(option->key, '.');
		size_t length = dot ? (size_t)(dot - option->key) : 0;

		if (option->type == OPTION_SECRET_FILE)
			continue; /* its content shows as the secret */
		if (length != section_length || strncmp(option->key, section, length) != 0) {
			section = option->key;
			section_length = length;
			if (dot) {
				print_lead(printer);
				buf_printf(printer->text, "%.*s:\n", (int)length, section);
			}
		}
		printer->indent += dot ? INDENT : 0;
		print_option(printer, option, dot ? dot + 1 : option->key, base);
		printer->indent -= dot ? INDENT : 0;
	}
}

void config_print(const struct config *config, struct buf *text)
{
	struct printer printer = {.text = text};

	print_options(&printer, option_table, config);
}
