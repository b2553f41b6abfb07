/*
 * A YAML document by libyaml, with the place of each node. open → close. One thread.
 */
#ifndef CAMNODE_CONFIG_DOCUMENT_H
#define CAMNODE_CONFIG_DOCUMENT_H

#include <stdbool.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "config/report.h"

struct document {
	yaml_document_t yaml;
};

/* Where YAML begins: behind a byte-order mark, which some editors put first. */
size_t document_start(const char *text, size_t length);

/* Parses; an empty text is an empty document. Nodes' marks count from document_start(). 0, -ENOMEM,
 * or -EINVAL (reported). Needs closing after success only. */
int document_open(struct document *document, const char *text, size_t length,
                  struct report *report);
void document_close(struct document *document);

/* NULL when the document is empty. */
yaml_node_t *document_root(struct document *document);
yaml_node_t *document_node(struct document *document, int index);

/* An empty value, "~" or "null": as if the key were not there. */
bool document_is_null(const yaml_node_t *node);

/* The text of a scalar; NULL when the node is none, or holds a NUL. */
const char *document_text(const yaml_node_t *node);

struct report_place document_place(const yaml_node_t *node);

/* Goes down `path`, "a.b[1].c", as far as there are nodes: the last one (NULL for an empty
 * document), and the rest of the path, "" when the whole was there. */
yaml_node_t *document_nearest(struct document *document, const char *path, const char **ret_rest);

/* The node at a whole key, "cameras[0].id"; NULL if it is not there or null. */
yaml_node_t *document_find(struct document *document, const char *path);

/* The place of the node at a whole key, or of what is nearest above it. */
struct report_place document_place_of(struct document *document, const char *path);

#endif
