#include "media/frame.h"

#include <stdatomic.h>
#include <string.h>

struct frame {
	atomic_uint references;
	struct frame_info info;
	size_t size;
	uint8_t data[]; /* `size` bytes and the padding */
};

struct frame *frame_new(const struct frame_info *info, const void *data, size_t size)
{
	return frame_new_joined(info, &data, &size, 1);
}

struct frame *frame_new_joined(const struct frame_info *info, const void *const pieces[],
                               const size_t sizes[], size_t count)
{
	struct frame *frame;
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += sizes[i];
	frame = malloc(sizeof(*frame) + size + FRAME_PADDING);
	if (!frame)
		return NULL;
	atomic_init(&frame->references, 1);
	frame->info = *info;
	frame->size = 0;
	for (size_t i = 0; i < count; i++) {
		memcpy(frame->data + frame->size, pieces[i], sizes[i]);
		frame->size += sizes[i];
	}
	memset(frame->data + size, 0, FRAME_PADDING);
	return frame;
}

struct frame *frame_ref(struct frame *frame)
{
	atomic_fetch_add_explicit(&frame->references, 1, memory_order_relaxed);
	return frame;
}

void frame_unref(struct frame *frame)
{
	if (frame && atomic_fetch_sub_explicit(&frame->references, 1, memory_order_acq_rel) == 1)
		free(frame);
}

const struct frame_info *frame_info(const struct frame *frame)
{
	return &frame->info;
}

const uint8_t *frame_data(const struct frame *frame)
{
	return frame->data;
}

size_t frame_size(const struct frame *frame)
{
	return frame->size;
}
