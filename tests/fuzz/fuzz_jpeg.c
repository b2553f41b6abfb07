/*
 * Any bytes from a camera as a JPEG: refused, or repaired into a frame whose header is what was
 * read, that is itself well-formed and that the decoder takes or refuses.
 */
#include "tests/fuzz/fuzz.h"

#include "media/frame.h"
#include "media/image.h"
#include "media/jpeg.h"
#include "media/jpeg_decoder.h"

#define DECODE_MAX_PIXELS (640 * 480) /* a header may claim 65535 x 65535 */

static void decode(const struct frame *frame)
{
	struct jpeg_decoder *decoder = jpeg_decoder_new();
	const struct image_info info = {.format = IMAGE_JPEG};
	struct image *image = NULL;

	if (decoder &&
	    jpeg_decoder_decode(decoder, frame_data(frame), frame_size(frame), &info, &image) == 0)
		expect(image_info(image)->format == IMAGE_YUV420);
	image_unref(image);
	jpeg_decoder_free(decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct frame_info info = {.codec = FRAME_JPEG};
	struct jpeg_header header, repaired;
	struct frame *frame = NULL;

	if (jpeg_parse(data, size, &header) < 0) {
		expect(jpeg_frame_new(&info, data, size, &frame) < 0);
		return 0;
	}
	expect(header.size <= size && header.width > 0 && header.height > 0);
	if (jpeg_frame_new(&info, data, size, &frame) < 0)
		return 0;
	expect(frame_info(frame)->width == header.width);
	expect(jpeg_parse(frame_data(frame), frame_size(frame), &repaired) == 0);
	expect(repaired.has_dht && repaired.size == frame_size(frame));
	if ((size_t)header.width * (size_t)header.height <= DECODE_MAX_PIXELS)
		decode(frame);
	frame_unref(frame);
	return 0;
}
