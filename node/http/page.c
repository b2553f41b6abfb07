#include "http/page.h"

#include "http/respond.h"

#include <string.h>

/* Scripts and styles from files of this node only, nothing inline. */
#define POLICY                                                                            \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; " \
	"connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "  \
	"frame-ancestors 'self'"

/* Makes `name` and `name_end` the content of a file, which CMake names as a dependency. */
#define EMBED(name, file)                                                                      \
	__asm__(".section .rodata\n.global " #name ", " #name "_end\n" #name                   \
	        ":\n.incbin \"" PAGE_DIR "/" file "\"\n" #name "_end:\n.byte 0\n.previous\n"); \
	extern const char name[], name##_end[]

EMBED(page_index_html, "index.html");
EMBED(page_app_js, "app.js");
EMBED(page_app_css, "app.css");
EMBED(page_icon_svg, "icon.svg");

static const struct page_file {
	const char *path, *type, *data, *end;
} files[] = {
	{"/", "text/html; charset=utf-8", page_index_html, page_index_html_end},
	{"/app.js", "text/javascript; charset=utf-8", page_app_js, page_app_js_end},
	{"/app.css", "text/css; charset=utf-8", page_app_css, page_app_css_end},
	{"/icon.svg", "image/svg+xml", page_icon_svg, page_icon_svg_end},
};

static const struct page_file *find(const char *path)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
	}
	return NULL;
}

bool page_has(const char *path)
{
	return find(path) != NULL;
}

void page_handle(struct request *request)
{
	const struct page_file *file = find(request->path);
	struct MHD_Response *response;

	response = MHD_create_response_from_buffer((size_t)(file->end - file->data),
	                                           (void *)file->data, MHD_RESPMEM_PERSISTENT);
	if (response) {
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, file->type);
		MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
		MHD_add_response_header(response, "Content-Security-Policy", POLICY);
	}
	respond(request, MHD_HTTP_OK, response);
}
