#include "capture/libcamera_buffer.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/dma-buf.h>

Buffer::Buffer(const lc::FrameBuffer &buffer)
{
	maps_.reserve(buffer.planes().size());
	for (const lc::FrameBuffer::Plane &plane : buffer.planes()) {
		const Map &whole = map(buffer, plane.fd);

		planes.push_back({whole.data + plane.offset, plane.length});
	}
}

Buffer::~Buffer()
{
	for (const Map &whole : maps_)
		munmap(whole.data, whole.size);
}

/* Planes may lie in one descriptor at offsets: it is mapped once, from 0 to the last one's end. */
const Buffer::Map &Buffer::map(const lc::FrameBuffer &buffer, const lc::SharedFD &fd)
{
	size_t size = 0;
	void *data;

	for (const Map &known : maps_) {
		if (known.fd == fd)
			return known;
	}
	for (const lc::FrameBuffer::Plane &plane : buffer.planes()) {
		if (plane.fd == fd)
			size = std::max(size, size_t{plane.offset} + plane.length);
	}
	data = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
	if (data == MAP_FAILED)
		throw Refusal{-errno, "the camera's buffers cannot be mapped"};
	maps_.push_back({fd, static_cast<uint8_t *>(data), size, true});
	return maps_.back();
}

void Buffer::sync(uint64_t flags)
{
	for (Map &whole : maps_) {
		struct dma_buf_sync arg = {flags};

		if (whole.is_dmabuf && ioctl(whole.fd.get(), DMA_BUF_IOCTL_SYNC, &arg) < 0)
			whole.is_dmabuf = errno != ENOTTY;
	}
}

void Buffer::beginRead()
{
	sync(DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
}

void Buffer::endRead()
{
	sync(DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
}
