#include "http/page.h"

#include "http/etag.h"
#include "http/respond.h"

#include <string.h>

/* Scripts and styles from files of this node only, nothing inline. */
#define POLICY                                                                            \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; " \
	"media-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; " \
	"base-uri 'none'; frame-ancestors 'self'"

/* The same tag for both encodings: so it is a weak one. */
#define WEAK "W/"
#define FOR_EVER "public, max-age=31536000, immutable"

/* Makes `name` and `name_end` the content of a file, which CMake names as a dependency. */
#define EMBED(name, file)                                                                         \
	__asm__(".section .rodata\n.global " #name ", " #name "_end\n" #name ":\n.incbin \"" file \
	        "\"\n" #name "_end:\n.byte 0\n.previous\n");                                      \
	extern const char name[], name##_end[]

/* A file as it is, and the same compressed. */
#define EMBED_BOTH(name, file)                 \
	EMBED(page_##name, PAGE_DIR "/" file); \
	EMBED(page_##name##_gz, PAGE_PACKED_DIR "/" file ".gz")

EMBED_BOTH(index_html, "index.html");
EMBED_BOTH(app_js, "app.js");
EMBED_BOTH(app_css, "app.css");
EMBED_BOTH(icon_svg, "icon.svg");
EMBED_BOTH(icon_192_png, "icon-192.png");
EMBED_BOTH(icon_512_png, "icon-512.png");
EMBED_BOTH(icon_maskable_png, "icon-maskable.png");
EMBED_BOTH(manifest_webmanifest, "manifest.webmanifest");

struct content {
	const char *data, *end;
};

static const struct page_file {
	const char *path, *type, *etag;
	struct content plain, packed;
} files[] = {
#define FILE_ROW(path, type, name)                                                               \
	{                                                                                        \
		path, type, WEAK "\"" page_##name##_hash "\"", {page_##name, page_##name##_end}, \
		{                                                                                \
			page_##name##_gz, page_##name##_gz_end                                   \
		}                                                                                \
	}
	FILE_ROW("/", "text/html; charset=utf-8", index_html),
	FILE_ROW("/app.js", "text/javascript; charset=utf-8", app_js),
	FILE_ROW("/app.css", "text/css; charset=utf-8", app_css),
	FILE_ROW("/icon.svg", "image/svg+xml", icon_svg),
	FILE_ROW("/icon-192.png", "image/png", icon_192_png),
	FILE_ROW("/icon-512.png", "image/png", icon_512_png),
	FILE_ROW("/icon-maskable.png", "image/png", icon_maskable_png),
	FILE_ROW("/manifest.webmanifest", "application/manifest+json", manifest_webmanifest),
};

static const struct page_file *find(const char *path)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
	}
	return NULL;
}

static bool takes_gzip(const struct request *request)
{
	const char *header = request_header(request, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	const char *gzip = header ? strstr(header, "gzip") : NULL;

	/* "gzip;q=0" refuses it; nobody is known to send that, but it costs nothing. */
	return gzip && strncmp(gzip, "gzip;q=0", strlen("gzip;q=0")) != 0;
}

/* The page names the version of each file it wants: that very one never changes. */
static bool is_for_ever(const struct request *request, const struct page_file *file)
{
	const char *version = request_query(request, "v");
	const char *hash = file->etag + strlen(WEAK "\"");

	return version && strlen(version) == strcspn(hash, "\"") &&
	       strncmp(version, hash, strlen(version)) == 0;
}

static void add_headers(struct request *request, struct MHD_Response *response,
                        const struct page_file *file)
{
	MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, file->etag);
	MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
	                        is_for_ever(request, file) ? FOR_EVER : "no-cache");
	MHD_add_response_header(response, "Content-Security-Policy", POLICY);
}

static struct MHD_Response *make_response(struct request *request, const struct page_file *file)
{
	bool packed = takes_gzip(request);
	const struct content *content = packed ? &file->packed : &file->plain;
	struct MHD_Response *response =
		MHD_create_response_from_buffer((size_t)(content->end - content->data),
	                                        (void *)content->data, MHD_RESPMEM_PERSISTENT);

	if (!response)
		return NULL;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, file->type);
	if (packed)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	return response;
}

void page_handle(struct request *request)
{
	const struct page_file *file = find(request->path);
	const char *held = request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH);
	bool same = etag_is_listed(held, file->etag + strlen(WEAK));
	struct MHD_Response *response =
		same ? MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT)
		     : make_response(request, file);

	if (response)
		add_headers(request, response, file);
	respond(request, same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response);
}
