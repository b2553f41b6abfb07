#include "jpeg_code.h"

#include "base/cleanup.h"

#include <errno.h>
#include <turbojpeg.h>

#define SOF0 0xC0 /* marker of a baseline picture's size */
#define SOS 0xDA
#define SOF_HEIGHT 5 /* bytes from the marker's 0xFF */

struct jpeg_code {
	tjhandle handle;
};

struct jpeg_code *jpeg_code_new(void)
{
	struct jpeg_code *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->handle = tjInitDecompress();
	if (!reader->handle) {
		free(reader);
		return NULL;
	}
	return reader;
}

void jpeg_code_free(struct jpeg_code *reader)
{
	if (!reader)
		return;
	tjDestroy(reader->handle);
	free(reader);
}

/* Makes the picture claim to be as low as the code, so that the decoder stops behind it. */
static int cut_height(uint8_t *head, size_t length)
{
	size_t at = 2; /* behind the start-of-image marker */

	while (at + SOF_HEIGHT + 1 < length && head[at] == 0xFF && head[at + 1] != SOS) {
		if (head[at + 1] == SOF0) {
			head[at + SOF_HEIGHT] = 0;
			head[at + SOF_HEIGHT + 1] = PATTERN_CODE_HEIGHT;
			return 0;
		}
		at += 2 + ((size_t)head[at + 2] << 8 | head[at + 3]);
	}
	return -EBADMSG;
}

/* Bits of the cut picture are missing, and bits of the rest stand in for the end: warnings. */
static bool decode(tjhandle handle, const uint8_t *head, size_t length, uint8_t *planes[3])
{
	return tjDecompressToYUVPlanes(handle, head, length, planes, 0, NULL, 0, 0) == 0 ||
	       tjGetErrorCode(handle) == TJERR_WARNING;
}

int jpeg_code_read(struct jpeg_code *reader, uint8_t *head, size_t length,
                   struct pattern_code *ret_code)
{
	_cleanup_free_ uint8_t *memory = NULL;
	uint8_t *planes[3] = {NULL};
	int width, height, sampling, color_space;
	size_t luma_size;

	if (cut_height(head, length) < 0 ||
	    tjDecompressHeader3(reader->handle, head, length, &width, &height, &sampling,
	                        &color_space) < 0)
		return -EBADMSG;
	luma_size = tjPlaneSizeYUV(0, width, 0, height, sampling);
	memory = malloc(3 * luma_size);
	if (!memory)
		return -ENOMEM;
	for (int i = 0; i < 3; i++)
		planes[i] = memory + i * luma_size;
	if (!decode(reader->handle, head, length, planes))
		return -EBADMSG;
	return pattern_code_read(planes[0], tjPlaneWidth(0, width, sampling), width, height,
	                         ret_code);
}
