#include "setup/edit.h"

#include "config/config.h"
#include "config/document.h"
#include "config/option.h"

#include <errno.h>
#include <string.h>

#define INDENT 2
#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-"

/* What is to be written: a text, or a list of one item. */
struct value {
	const char *text;
	const struct edit_field *fields;
	size_t count;
};

/* Bytes of the text, and what comes in their place. */
struct change {
	size_t start, end;
	struct buf text;
};

static size_t first_offset(const struct buf *text)
{
	return text->data ? document_start(text->data, text->length) : 0;
}

/* libyaml counts characters. */
static size_t offset_of(const struct buf *text, size_t characters)
{
	size_t offset = first_offset(text);

	while (offset < text->length) {
		if (((unsigned char)text->data[offset] & 0xc0) != 0x80 && characters-- == 0)
			break;
		offset++;
	}
	return offset;
}

static size_t line_start(const struct buf *text, size_t offset)
{
	size_t first = first_offset(text);

	while (offset > first && text->data[offset - 1] != '\n')
		offset--;
	return offset;
}

/* Before the line's end. */
static size_t line_end(const struct buf *text, size_t offset)
{
	while (offset < text->length && !strchr("\r\n", text->data[offset]))
		offset++;
	return offset;
}

/* Where the keys of a line begin: behind blanks and dashes. */
static int column_of_line(const struct buf *text, size_t offset)
{
	size_t start = line_start(text, offset);

	return (int)strspn(text->data + start, " -");
}

static bool is_plain(const char *text)
{
	return *text && *text != '-' && strspn(text, PLAIN) == strlen(text) &&
	       strcasecmp(text, "null") != 0;
}

static void put_scalar(struct buf *buf, const char *text)
{
	if (is_plain(text)) {
		buf_puts(buf, text);
		return;
	}
	buf_puts(buf, "'");
	for (; *text; text++)
		buf_append(buf, *text == '\'' ? "''" : text, *text == '\'' ? 2 : 1);
	buf_puts(buf, "'");
}

static void put_flow_item(struct buf *buf, const struct value *value)
{
	for (size_t i = 0; i < value->count; i++) {
		buf_printf(buf, "%s%s: ", i == 0 ? "{" : ", ", value->fields[i].key);
		put_scalar(buf, value->fields[i].value);
	}
	buf_puts(buf, "}");
}

static void put_flow(struct buf *buf, const struct value *value)
{
	if (value->text) {
		put_scalar(buf, value->text);
		return;
	}
	buf_puts(buf, "[");
	put_flow_item(buf, value);
	buf_puts(buf, "]");
}

/* "- a: 1", and the next fields below it; without a newline at the end. */
static void put_block_item(struct buf *buf, const struct value *value, int column)
{
	for (size_t i = 0; i < value->count; i++) {
		if (i > 0)
			buf_printf(buf, "\n%*s", column + INDENT, "");
		buf_printf(buf, "%s%s: ", i == 0 ? "- " : "", value->fields[i].key);
		put_scalar(buf, value->fields[i].value);
	}
}

/* "a:", "b: value" below it for the path "a.b", from a column on that the line has reached. */
static void put_block(struct buf *buf, const char *path, const struct value *value, int column)
{
	for (const char *dot; (dot = strchr(path, '.')); path = dot + 1) {
		column += INDENT;
		buf_printf(buf, "%.*s:\n%*s", (int)(dot - path), path, column, "");
	}
	buf_printf(buf, "%s:", path);
	if (value->text) {
		buf_puts(buf, " ");
		put_scalar(buf, value->text);
	} else {
		buf_printf(buf, "\n%*s", column + INDENT, "");
		put_block_item(buf, value, column + INDENT);
	}
}

/* The same on one line: "a: {b: value}". */
static void put_flow_pair(struct buf *buf, const char *path, const struct value *value)
{
	int depth = 0;

	for (const char *dot; (dot = strchr(path, '.')); path = dot + 1) {
		buf_printf(buf, "%.*s: {", (int)(dot - path), path);
		depth++;
	}
	buf_printf(buf, "%s: ", path);
	put_flow(buf, value);
	while (depth-- > 0)
		buf_puts(buf, "}");
}

static int apply(struct edit *edit, const struct change *change)
{
	const char *old = edit->text.data ? edit->text.data : "";
	struct buf text = {.limit = edit->text.limit};

	buf_append(&text, old, change->start);
	buf_append(&text, change->text.data ? change->text.data : "", change->text.length);
	buf_append(&text, old + change->end, edit->text.length - change->end);
	if (text.error < 0 || change->text.error < 0) {
		buf_finish(&text);
		return change->text.error < 0 ? change->text.error : text.error;
	}
	edit_finish(edit);
	edit->text = text;
	return 0;
}

static void at(struct change *change, size_t offset)
{
	change->start = offset;
	change->end = offset;
}

/* Behind the end of the file, on a line of its own. */
static void append(const struct edit *edit, const char *path, const struct value *value,
                   struct change *change)
{
	const struct buf *text = &edit->text;

	at(change, text->length);
	if (text->length > 0 && text->data[text->length - 1] != '\n')
		buf_puts(&change->text, "\n");
	if (text->length > 0)
		buf_puts(&change->text, "\n");
	put_block(&change->text, path, value, 0);
	buf_puts(&change->text, "\n");
}

static bool is_on_one_line(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE && node->start_mark.line == node->end_mark.line;
}

/* Below the last key that is easy to pass, else before the first. */
static void insert_in_block(const struct edit *edit, struct document *document,
                            const yaml_node_t *mapping, const char *path, const struct value *value,
                            struct change *change)
{
	int column = (int)mapping->start_mark.column;
	const yaml_node_t *last = NULL;

	for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
	     pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *node = document_node(document, pair->value);

		if (is_on_one_line(node))
			last = node;
	}
	if (last) {
		at(change, line_end(&edit->text, offset_of(&edit->text, last->end_mark.index)));
		buf_printf(&change->text, "\n%*s", column, "");
		put_block(&change->text, path, value, column);
		return;
	}
	at(change, offset_of(&edit->text, mapping->start_mark.index));
	put_block(&change->text, path, value, column);
	buf_printf(&change->text, "\n%*s", column, "");
}

static int insert_in_mapping(const struct edit *edit, struct document *document,
                             const yaml_node_t *mapping, const char *path,
                             const struct value *value, struct change *change)
{
	bool is_empty = mapping->data.mapping.pairs.start == mapping->data.mapping.pairs.top;

	if (mapping->data.mapping.style == YAML_FLOW_MAPPING_STYLE) {
		put_flow_pair(&change->text, path, value);
		buf_puts(&change->text, is_empty ? "" : ", ");
		at(change, offset_of(&edit->text, mapping->start_mark.index) + 1); /* behind "{" */
	} else if (mapping == document_root(document)) {
		append(edit, path, value, change);
	} else {
		insert_in_block(edit, document, mapping, path, value, change);
	}
	return 0;
}

/* Below a key without a value, all of whose keys may be commented out: "mqtt:". */
static int insert_below(const struct edit *edit, const yaml_node_t *node, const char *path,
                        const struct value *value, struct change *change)
{
	const struct buf *text = &edit->text;
	size_t offset = offset_of(text, node->start_mark.index);
	int column = column_of_line(text, offset) + INDENT;

	if (node->end_mark.index > node->start_mark.index)
		return -EINVAL; /* "~": a word that somebody has written */
	at(change, line_end(text, offset));
	buf_printf(&change->text, "\n%*s", column, "");
	if (*path)
		put_block(&change->text, path, value, column);
	else
		put_block_item(&change->text, value, column);
	return 0;
}

static void replace(const struct edit *edit, const yaml_node_t *node, struct change *change)
{
	const struct buf *text = &edit->text;

	change->start = offset_of(text, node->start_mark.index);
	change->end = offset_of(text, node->end_mark.index);
	/* A block of lines reaches over its last newline. */
	if (change->end > change->start && text->data[change->end - 1] == '\n')
		buf_puts(&change->text, "\n");
}

static int set_scalar(const struct edit *edit, const yaml_node_t *node, const char *text,
                      struct change *change)
{
	if (node->type != YAML_SCALAR_NODE)
		return -EINVAL;
	/* "key:" has no blank behind it. */
	if (node->start_mark.index == node->end_mark.index)
		buf_puts(&change->text, " ");
	put_scalar(&change->text, text);
	replace(edit, node, change);
	return 0;
}

static const yaml_node_t *last_of(struct document *document, const yaml_node_t *node)
{
	if (node->type == YAML_SEQUENCE_NODE)
		return document_node(document, node->data.sequence.items.top[-1]);
	return document_node(document, node->data.mapping.pairs.top[-1].value);
}

/* Of a list's or a section's last value: its end, in characters. */
static size_t end_of(struct document *document, const yaml_node_t *node)
{
	const yaml_node_t *last = node;

	while (last) {
		bool is_block =
			last->type == YAML_SEQUENCE_NODE
				? last->data.sequence.style != YAML_FLOW_SEQUENCE_STYLE
				: last->type == YAML_MAPPING_NODE &&
					  last->data.mapping.style != YAML_FLOW_MAPPING_STYLE;

		node = last;
		last = is_block ? last_of(document, node) : NULL;
	}
	return node->end_mark.index;
}

/* On a line of its own below the list's last. */
static void append_item(const struct edit *edit, struct document *document, const yaml_node_t *list,
                        const struct value *value, struct change *change)
{
	const struct buf *text = &edit->text;
	size_t offset = offset_of(text, end_of(document, list));
	int column = (int)list->start_mark.column;

	while (offset > 0 && text->data[offset - 1] == '\n')
		offset--; /* a block of lines ends behind its last newline */
	at(change, line_end(text, offset));
	buf_printf(&change->text, "\n%*s", column, "");
	put_block_item(&change->text, value, column);
}

static int add_item(const struct edit *edit, struct document *document, const yaml_node_t *node,
                    const struct value *value, struct change *change)
{
	bool is_empty;

	if (document_is_null(node))
		return insert_below(edit, node, "", value, change);
	if (node->type != YAML_SEQUENCE_NODE)
		return -EINVAL;
	if (node->data.sequence.style != YAML_FLOW_SEQUENCE_STYLE) {
		append_item(edit, document, node, value, change);
		return 0;
	}
	is_empty = node->data.sequence.items.start == node->data.sequence.items.top;
	buf_puts(&change->text, is_empty ? "" : ", ");
	put_flow_item(&change->text, value);
	at(change, offset_of(&edit->text, node->end_mark.index) - 1); /* before "]" */
	return 0;
}

static int find_change(const struct edit *edit, struct document *document, const char *path,
                       const struct value *value, struct change *change)
{
	const char *rest;
	const yaml_node_t *node = document_nearest(document, path, &rest);

	if (*rest == '\0')
		return value->text ? set_scalar(edit, node, value->text, change)
		                   : add_item(edit, document, node, value, change);
	if (*rest == '[' || strchr(rest, '['))
		return -EINVAL;
	if (!node || (document_is_null(node) && node == document_root(document))) {
		append(edit, rest, value, change);
		return 0;
	}
	if (document_is_null(node))
		return insert_below(edit, node, rest, value, change);
	if (node->type != YAML_MAPPING_NODE)
		return -EINVAL;
	return insert_in_mapping(edit, document, node, rest, value, change);
}

static int open_document(const struct edit *edit, struct document *document)
{
	struct buf errors = {.limit = CONFIG_MAX_FILE_BYTES};
	struct report report = {"", &errors, 0};
	int r = document_open(document, edit->text.data ? edit->text.data : "", edit->text.length,
	                      &report);

	buf_finish(&errors);
	return r;
}

static int change_value(struct edit *edit, const char *path, const struct value *value)
{
	struct change change = {.text = {.limit = CONFIG_MAX_FILE_BYTES}};
	struct document document;
	int r = open_document(edit, &document);

	if (r < 0)
		return r;
	r = find_change(edit, &document, path, value, &change);
	document_close(&document);
	if (r == 0)
		r = apply(edit, &change);
	buf_finish(&change.text);
	return r;
}

int edit_init(struct edit *edit, const char *text, size_t length)
{
	struct document document;
	int r;

	buf_init(&edit->text, CONFIG_MAX_FILE_BYTES);
	buf_append(&edit->text, text, length);
	if (edit->text.error < 0)
		return edit->text.error;
	r = open_document(edit, &document);
	if (r == 0)
		document_close(&document);
	return r;
}

void edit_finish(struct edit *edit)
{
	if (edit->text.data)
		explicit_bzero(edit->text.data, edit->text.length);
	buf_finish(&edit->text);
}

bool edit_has(const struct edit *edit, const char *path)
{
	struct document document;
	bool has;

	if (open_document(edit, &document) < 0)
		return false;
	has = document_find(&document, path);
	document_close(&document);
	return has;
}

int edit_set(struct edit *edit, const char *path, const char *value)
{
	return change_value(edit, path, &(struct value){.text = value});
}

int edit_unset(struct edit *edit, const char *path)
{
	struct change change = {.text = {.limit = CONFIG_MAX_FILE_BYTES}};
	struct document document;
	const yaml_node_t *node;
	int r = open_document(edit, &document);

	if (r < 0)
		return r;
	node = document_find(&document, path);
	if (node) {
		buf_puts(&change.text, "null");
		replace(edit, node, &change);
		r = node->type == YAML_SCALAR_NODE ? apply(edit, &change) : -EINVAL;
	}
	document_close(&document);
	buf_finish(&change.text);
	return r;
}

int edit_add(struct edit *edit, const char *path, const struct edit_field *fields, size_t count)
{
	return change_value(edit, path, &(struct value){.fields = fields, .count = count});
}
