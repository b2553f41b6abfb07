/* config_reference(): every option, as Markdown or plain. */
#include "config/config.h"

#include "config/option.h"
#include "config/value.h"

#include <string.h>

#define LINE_WIDTH 78
#define TEXT_LIMIT 1024

/* What is said about an option, but its help; buffers are the holder's to finish. */
struct entry {
	struct buf type;
	struct buf def;
	struct buf help;
};

struct reference {
	struct buf *text;
	bool markdown;
};

/* clang-format off: the lines as they are printed */
static const char about_markdown[] =
	"# Configuration\n"
	"\n"
	"Made from the option table in `node/config/option.c`; `camnode --help-config` prints the "
	"same.\n"
	"\n"
	"`camnode` reads the file given with `--config`, else `node.yaml` in the working folder, "
	"else\n"
	"`/etc/camnode/node.yaml`; without any, all defaults hold. `camnode --check-config` names "
	"every\n"
	"mistake with its line, `camnode --print-config` prints what holds.\n"
	"\n";

static const char about[] = "- A key that is left out, or has no value, has its default.\n"
			    "- A relative path counts from the folder of the file. "
			    "`credential:NAME` as a path is a file that\n"
			    "  systemd hands over (`LoadCredential=`).\n"
			    "- *Live*: `SIGHUP` (`systemctl reload camnode`) applies a change at "
			    "once. Others need a restart;\n"
			    "  the log says which changed.\n";
/* clang-format on */

static void entry_init(struct entry *entry)
{
	buf_init(&entry->type, TEXT_LIMIT);
	buf_init(&entry->def, TEXT_LIMIT);
	buf_init(&entry->help, TEXT_LIMIT);
}

static void entry_finish(struct entry *entry)
{
	buf_finish(&entry->type);
	buf_finish(&entry->def);
	buf_finish(&entry->help);
}

static void describe_type(const struct option *option, struct buf *text)
{
	_cleanup_(buf_finish) struct buf allowed = {.limit = TEXT_LIMIT};

	buf_puts(text, value_type_name(option));
	value_allowed(option, &allowed);
	if (allowed.length > 0)
		buf_printf(text, ": %s", allowed.data);
}

static bool is_scalar_list(const struct option *option)
{
	return option->type == OPTION_LIST && option->list->items->key[0] == '\0';
}

static void describe_list(const struct option *option, struct buf *text)
{
	buf_puts(text, !option->list->named     ? "list"
	               : is_scalar_list(option) ? "names and values"
	                                        : "names, a section each");
	if (is_scalar_list(option)) {
		buf_puts(text, option->list->named ? ", each " : " of ");
		describe_type(option->list->items, text);
	}
	buf_printf(text, "; at most %zu", option->list->max);
	if (option->list->built_in)
		buf_printf(text, " with the %zu built-in ones", option->list->built_in);
}

static void describe(const struct option *option, bool markdown, struct entry *entry)
{
	const char *quote = markdown ? "`" : "";

	if (option->type == OPTION_LIST)
		describe_list(option, &entry->type);
	else
		describe_type(option, &entry->type);
	if (option->def)
		buf_printf(&entry->def, "%s%s%s", quote, option->def, quote);
	else if (option->derived)
		buf_puts(&entry->def, option->derived);
	else if (option->required)
		buf_puts(&entry->def, "required");
	buf_puts(&entry->help, option->help);
	if (is_scalar_list(option) && option->list->items->help)
		buf_printf(&entry->help, " %s", option->list->items->help);
	if (option->live)
		buf_puts(&entry->help, markdown ? " *Live.*" : " Live.");
}

/* Breaks lines between words. Indented by four. */
static void print_wrapped(struct buf *text, const char *words)
{
	size_t column = 0;

	while (*words) {
		size_t length = strcspn(words, " ");

		if (column > 0 && column + 1 + length > LINE_WIDTH) {
			buf_puts(text, "\n");
			column = 0;
		}
		buf_puts(text, column > 0 ? " " : "    ");
		buf_append(text, words, length);
		column += length + (column > 0 ? 1 : 4);
		words += length + strspn(words + length, " ");
	}
	buf_puts(text, "\n");
}

static const char *text_of(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

static void print_entry(const struct reference *reference, const char *prefix,
                        const struct option *option)
{
	_cleanup_(entry_finish) struct entry entry;

	entry_init(&entry);
	describe(option, reference->markdown, &entry);
	if (reference->markdown) {
		buf_printf(reference->text, "| `%s%s` | %s | %s | %s |\n", prefix, option->key,
		           text_of(&entry.type), text_of(&entry.def), text_of(&entry.help));
		return;
	}
	buf_printf(reference->text, "  %s%s (%s)\n", prefix, option->key, text_of(&entry.type));
	if (entry.def.length > 0)
		buf_printf(reference->text, "    default: %s\n", entry.def.data);
	print_wrapped(reference->text, text_of(&entry.help));
}

static void print_heading(const struct reference *reference, const char *title, size_t length)
{
	buf_printf(reference->text, reference->markdown ? "\n## %.*s\n\n" : "\n%.*s\n", (int)length,
	           title);
	if (reference->markdown)
		buf_puts(reference->text, "| Key | Type | Default | Meaning |\n"
		                          "|---|---|---|---|\n");
}

/* The options of the root, a heading for each section. */
static void print_sections(const struct reference *reference)
{
	const char *section = "";
	size_t section_length = 0;

	for (const struct option *option = option_table; option->key; option++) {
		size_t length = strcspn(option->key, ".");

		if (length != section_length || strncmp(option->key, section, length) != 0) {
			section = option->key;
			section_length = length;
			print_heading(reference, section, length);
		}
		print_entry(reference, "", option);
	}
}

/* The options of the items of each list, and of the lists in them. */
static void print_lists(const struct reference *reference, const struct option *table,
                        const char *path)
{
	for (const struct option *list = table; list->key; list++) {
		char prefix[OPTION_PATH_SIZE];

		if (list->type != OPTION_LIST || is_scalar_list(list))
			continue;
		option_path(prefix, list->list->named ? "%s%s.NAME." : "%s%s[].", path, list->key);
		print_heading(reference, prefix, strlen(prefix) - 1);
		for (const struct option *option = list->list->items; option->key; option++)
			print_entry(reference, prefix, option);
		print_lists(reference, list->list->items, prefix);
	}
}

void config_reference(struct buf *text, bool markdown)
{
	const struct reference reference = {text, markdown};

	if (markdown)
		buf_puts(text, about_markdown);
	buf_puts(text, about);
	print_sections(&reference);
	print_lists(&reference, option_table, "");
}
