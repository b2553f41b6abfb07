#include "http/openapi.h"

#include "http/respond.h"

#include <string.h>

/* OPENAPI_FILE is proto/openapi.json, which CMake names as a dependency. */
__asm__(".section .rodata\n.global openapi_json\nopenapi_json:\n.incbin \"" OPENAPI_FILE
        "\"\n.byte 0\n.previous\n");
extern const char openapi_json[];

const char *openapi_text(void)
{
	return openapi_json;
}

void openapi_handle(struct request *request)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(openapi_json), (void *)openapi_json, MHD_RESPMEM_PERSISTENT);

	if (response)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	respond(request, MHD_HTTP_OK, response);
}
