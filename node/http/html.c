#include "http/html.h"

#include <string.h>

void html_escape(struct buf *buf, const char *text)
{
	static const char special[] = "&<>\"'";
	static const char *const names[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

	while (*text) {
		size_t plain = strcspn(text, special);

		buf_append(buf, text, plain);
		text += plain;
		if (*text)
			buf_puts(buf, names[strchr(special, *text++) - special]);
	}
}

void html_begin(struct buf *page, const char *title)
{
	buf_puts(page, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	               "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
	html_escape(page, title);
	buf_puts(page, "</title>\n<link rel=\"stylesheet\" href=\"/app.css\">"
	               "<link rel=\"icon\" href=\"/icon.svg\"></head>\n<body>\n");
}

void html_end(struct buf *page)
{
	buf_puts(page, "</body></html>\n");
}
