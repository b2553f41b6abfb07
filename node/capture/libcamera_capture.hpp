/*
 * One open camera: its configuration, buffers, requests and controls.
 *
 * Life: constructed on an acquired camera → configure → start → stop → close; start and stop may
 * repeat. The source owns it, and so does every image on one of its buffers: after close, which
 * lets go of the camera, it is only their memory.
 *
 * Threads: one calls (the supervisor); libcamera's delivers; any gives buffers back.
 */
#ifndef CAMNODE_CAPTURE_LIBCAMERA_CAPTURE_HPP
#define CAMNODE_CAPTURE_LIBCAMERA_CAPTURE_HPP

#include "capture/libcamera_buffer.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

class Capture : public std::enable_shared_from_this<Capture>
{
      public:
	explicit Capture(std::shared_ptr<lc::Camera> camera); /* releases it in the end */
	~Capture();
	Capture(const Capture &) = delete;
	Capture &operator=(const Capture &) = delete;

	void configure(const struct config_camera &wish); /* throws Refusal */
	const struct source_mode &mode() const
	{
		return mode_;
	}
	int start(const struct source_sink &sink);
	void stop();
	void close();
	void end(const char *why); /* libcamera's thread: the sink hears that it is gone */

	size_t controls(struct source_control *ret_controls, size_t capacity);
	int setControl(const char *name, double value);

	/* An image does not need its buffer any more. */
	void giveBack(size_t slot);

      private:
	struct Slot {
		std::unique_ptr<lc::Request> request;
		std::shared_ptr<Buffer> buffer;
		std::shared_ptr<Buffer> small; /* of the second stream, if there is one */
		bool held;                     /* by an image; guarded by mutex_ */
	};

	/* A stream, and how its pictures lie in a buffer: `layout` has no planes. */
	struct View {
		lc::Stream *stream = nullptr;
		struct image_picture layout = {};
	};

	std::shared_ptr<lc::Camera> camera_;
	std::unique_ptr<lc::FrameBufferAllocator> allocator_;
	std::vector<Slot> slots_; /* its size is fixed once configured */
	struct source_mode mode_ = {};
	std::unique_ptr<lc::CameraConfiguration> one_stream_; /* to fall back to */
	bool full_range_ = false;
	View main_;
	View small_; /* without a stream: there is none */

	/* While running libcamera's thread's, else the supervisor's. */
	uint64_t first_sequence_ = 0; /* of this start */
	uint64_t next_sequence_ = 0;
	uint64_t uncounted_ = 0; /* since start: lost frames without a sequence number */

	std::mutex mutex_;
	std::condition_variable idle_;
	struct source_sink sink_ = {}; /* guarded by mutex_; fixed while running */
	bool running_ = false;         /* guarded by mutex_ */
	bool closed_ = false;          /* guarded by mutex_ */
	bool disconnected_ = false;    /* guarded by mutex_ */
	bool ended_ = false;           /* guarded by mutex_: it does not start any more */
	unsigned callbacks_ = 0;       /* calls of the sink that run now; guarded by mutex_ */
	unsigned queued_ = 0;          /* requests that libcamera has; guarded by mutex_ */
	std::chrono::steady_clock::time_point completed_; /* the last one; guarded by mutex_ */
	lc::ControlList wanted_;                          /* all that was set; guarded by mutex_ */
	lc::ControlList pending_; /* to go with the next request; guarded by mutex_ */

	void setRate(double fps);
	View viewOf(const lc::StreamConfiguration &stream) const;
	void apply(lc::CameraConfiguration &config);
	bool tryApply(lc::CameraConfiguration &config);
	void forgetBuffers();
	void allocate();
	const std::vector<std::unique_ptr<lc::FrameBuffer>> &allocate(lc::Stream *stream);
	std::shared_ptr<Buffer> addBuffer(lc::Request &request, const View &view,
	                                  lc::FrameBuffer &buffer) const;
	int startCamera();
	void queue(Slot &slot);
	void drain();
	bool beginCallback();
	void endCallback();
	void onCompleted(lc::Request *request);
	void onDisconnected();
	bool describe(const Slot &slot, struct image_info *ret_info);
	void describeSmall(const Slot &slot, struct image_info *info) const;
	struct image *makeImage(size_t index);
};

#endif
