/*
 * The memory of one of libcamera's frame buffers, mapped once for reading. It holds its descriptors
 * and mappings itself, so that an image may outlive the camera. Any thread, one at a time.
 */
#ifndef CAMNODE_CAPTURE_LIBCAMERA_BUFFER_HPP
#define CAMNODE_CAPTURE_LIBCAMERA_BUFFER_HPP

#include "capture/libcamera_node.hpp"

#include <vector>

class Buffer
{
      public:
	struct Plane {
		const uint8_t *data;
		size_t size; /* bytes */
	};

	explicit Buffer(const lc::FrameBuffer &buffer); /* throws Refusal */
	~Buffer();
	Buffer(const Buffer &) = delete;
	Buffer &operator=(const Buffer &) = delete;

	/* Only between these may the CPU read what the camera wrote: caches are made to agree. */
	void beginRead();
	void endRead();

	std::vector<Plane> planes;

      private:
	struct Map {
		lc::SharedFD fd;
		uint8_t *data;
		size_t size;    /* bytes */
		bool is_dmabuf; /* until the kernel says otherwise */
	};
	std::vector<Map> maps_;

	const Map &map(const lc::FrameBuffer &buffer, const lc::SharedFD &fd);
	void sync(uint64_t flags);
};

#endif
