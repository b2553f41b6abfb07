/*
 * How a camera is set up: its streams, the buffers of each, and requests that have a buffer of
 * every stream. A second stream has small pictures for the preview; it is a saving, not a need.
 *
 * Life: configured on an acquired camera → close, before that is released; then only the buffers'
 * memory is left, for images that still lie in it.
 *
 * Threads: one at a time; who describes pictures may do so while others use other slots.
 */
#ifndef CAMNODE_CAPTURE_LIBCAMERA_STREAMS_HPP
#define CAMNODE_CAPTURE_LIBCAMERA_STREAMS_HPP

#include "capture/libcamera_buffer.hpp"

#include <memory>
#include <vector>

class Streams
{
      public:
	/* A request with its buffers. */
	struct Slot {
		std::unique_ptr<lc::Request> request;
		std::shared_ptr<Buffer> buffer;
		std::shared_ptr<Buffer> small; /* of the second stream, if there is one */

		void beginRead();
		void endRead();
	};

	/* Throws Refusal. */
	void configure(const std::shared_ptr<lc::Camera> &camera, const struct config_camera &wish);
	void useOneStream(); /* sets up afresh, without the second one; throws Refusal */
	void close();

	bool hasTwo() const
	{
		return small_.stream != nullptr;
	}
	const struct source_mode &mode() const
	{
		return mode_;
	}

	/* What libcamera says of the slot's picture. */
	const lc::FrameMetadata &metadata(const Slot &slot) const;

	/* Where its pictures lie: not the sequence number, time and exposure. */
	void describe(const Slot &slot, struct image_info *info) const;

	std::vector<Slot> slots; /* their number is fixed once configured */

      private:
	/* A stream, and how its pictures lie in a buffer: `layout` has no planes. */
	struct View {
		lc::Stream *stream = nullptr;
		struct image_picture layout = {};
	};

	std::shared_ptr<lc::Camera> camera_;
	std::unique_ptr<lc::FrameBufferAllocator> allocator_;
	std::unique_ptr<lc::CameraConfiguration> one_stream_; /* to fall back to */
	struct source_mode mode_ = {};
	bool full_range_ = false;
	View main_;
	View small_; /* without a stream: there is none */

	std::unique_ptr<lc::CameraConfiguration>
	withPreview(const struct config_camera &wish) const;
	void apply(lc::CameraConfiguration &config);
	bool tryApply(lc::CameraConfiguration &config);
	View viewOf(const lc::StreamConfiguration &stream) const;
	void allocate();
	const std::vector<std::unique_ptr<lc::FrameBuffer>> &allocate(lc::Stream *stream);
	void forgetBuffers();
};

#endif
