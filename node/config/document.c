#include "config/document.h"

#include "base/str.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* libyaml counts from 0. */
static struct report_place place_of_mark(const yaml_mark_t *mark)
{
	return (struct report_place){mark->line + 1, mark->column + 1};
}

/* Bytes that are no UTF-8 have an offset only. */
static struct report_place place_of_offset(const char *text, size_t length, size_t offset)
{
	struct report_place place = {1, 1};

	for (size_t i = 0; i < offset && i < length; i++) {
		place.column++;
		if (text[i] == '\n')
			place = (struct report_place){place.line + 1, 1};
	}
	return place;
}

static int report_problem(const yaml_parser_t *parser, const char *text, size_t length,
                          struct report *report)
{
	struct report_place place = place_of_mark(&parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (parser->error == YAML_READER_ERROR)
		place = place_of_offset(text, length, parser->problem_offset);
	if (parser->context)
		report_add(report, place, "", "no valid YAML: %s (%s that begins in line %zu)",
		           parser->problem, parser->context, parser->context_mark.line + 1);
	else
		report_add(report, place, "", "no valid YAML: %s", parser->problem);
	return -EINVAL;
}

/* A second document would be ignored in silence. */
static int check_end(yaml_parser_t *parser, const char *text, size_t length, struct report *report)
{
	yaml_document_t rest;
	yaml_node_t *root;

	if (!yaml_parser_load(parser, &rest))
		return report_problem(parser, text, length, report);
	root = yaml_document_get_root_node(&rest);
	if (root)
		report_add(report, document_place(root), "", "a second document; one is allowed");
	yaml_document_delete(&rest);
	return root ? -EINVAL : 0;
}

static int load(yaml_parser_t *parser, struct document *document, const char *text, size_t length,
                struct report *report)
{
	int r;

	if (!yaml_parser_load(parser, &document->yaml))
		return report_problem(parser, text, length, report);
	if (!document_root(document))
		return 0;
	r = check_end(parser, text, length, report);
	if (r < 0)
		document_close(document);
	return r;
}

size_t document_start(const char *text, size_t length)
{
	size_t mark = sizeof(BYTE_ORDER_MARK) - 1;

	return length >= mark && memcmp(text, BYTE_ORDER_MARK, mark) == 0 ? mark : 0;
}

int document_open(struct document *document, const char *text, size_t length, struct report *report)
{
	size_t start = document_start(text, length);
	yaml_parser_t parser;
	int r;

	text += start;
	length -= start;
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	r = load(&parser, document, text, length, report);
	yaml_parser_delete(&parser);
	return r;
}

void document_close(struct document *document)
{
	yaml_document_delete(&document->yaml);
}

yaml_node_t *document_root(struct document *document)
{
	return yaml_document_get_root_node(&document->yaml);
}

yaml_node_t *document_node(struct document *document, int index)
{
	return yaml_document_get_node(&document->yaml, index);
}

const char *document_text(const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;

	if (node->type != YAML_SCALAR_NODE || strlen(text) != node->data.scalar.length)
		return NULL;
	return text;
}

bool document_is_null(const yaml_node_t *node)
{
	const char *text = document_text(node);

	return text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (*text == '\0' || strcmp(text, "~") == 0 || strcasecmp(text, "null") == 0);
}

struct report_place document_place(const yaml_node_t *node)
{
	return place_of_mark(&node->start_mark);
}

static yaml_node_t *find_key(struct document *document, const yaml_node_t *node, const char *key,
                             size_t length)
{
	const yaml_node_pair_t *pair;

	if (node->type != YAML_MAPPING_NODE)
		return NULL;
	for (pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		const char *text = document_text(document_node(document, pair->key));

		if (text && strlen(text) == length && memcmp(text, key, length) == 0)
			return document_node(document, pair->value);
	}
	return NULL;
}

static yaml_node_t *find_item(struct document *document, const yaml_node_t *node, const char *index)
{
	size_t i = strtoul(index, NULL, 10);
	const yaml_node_item_t *start = node->data.sequence.items.start;

	if (node->type != YAML_SEQUENCE_NODE ||
	    i >= (size_t)(node->data.sequence.items.top - start))
		return NULL;
	return document_node(document, start[i]);
}

yaml_node_t *document_nearest(struct document *document, const char *path, const char **ret_rest)
{
	yaml_node_t *node = document_root(document);

	while (node && *path) {
		size_t length = path[0] == '[' ? strcspn(path, "]") + 1 : strcspn(path, ".[");
		yaml_node_t *next = path[0] == '[' ? find_item(document, node, path + 1)
		                                   : find_key(document, node, path, length);

		if (!next)
			break;
		node = next;
		path += length;
		path += path[0] == '.';
	}
	*ret_rest = path;
	return node;
}

yaml_node_t *document_find(struct document *document, const char *path)
{
	const char *rest;
	yaml_node_t *node = document_nearest(document, path, &rest);

	return node && *rest == '\0' && !document_is_null(node) ? node : NULL;
}

struct report_place document_place_of(struct document *document, const char *path)
{
	const char *rest;
	const yaml_node_t *node = document_nearest(document, path, &rest);

	return node ? document_place(node) : (struct report_place){0, 0};
}
