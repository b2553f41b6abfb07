/*
 * The little HTML that the node writes itself.
 */
#ifndef CAMNODE_HTTP_HTML_H
#define CAMNODE_HTTP_HTML_H

#include "base/buf.h"

/* What its pages may load: their own style and nothing else. */
#define HTML_POLICY                                                               \
	"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; " \
	"form-action 'none'; frame-ancestors 'self'"

void html_escape(struct buf *buf, const char *text);
void html_begin(struct buf *page, const char *title);
void html_end(struct buf *page);

#endif
