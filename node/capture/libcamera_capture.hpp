/*
 * One open camera, running: its requests go round between libcamera and the images made of them.
 *
 * Life: constructed on an acquired camera → configure → start → stop → close; start and stop may
 * repeat. The source owns it, and so does every image on one of its buffers: after close, which
 * lets go of the camera, it is only their memory.
 *
 * Threads: one calls (the supervisor); libcamera's delivers; any gives buffers back. A camera that
 * delivers as fast as it gets buffers gets them by a ticker's thread, at the rate asked for.
 */
#ifndef CAMNODE_CAPTURE_LIBCAMERA_CAPTURE_HPP
#define CAMNODE_CAPTURE_LIBCAMERA_CAPTURE_HPP

#include "capture/libcamera_settings.hpp"
#include "capture/libcamera_streams.hpp"
#include "capture/libcamera_ticker.hpp"

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
		return streams_.mode();
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
	using Clock = std::chrono::steady_clock;

	/* Of a slot of streams_ that libcamera does not have. */
	struct Use {
		bool held = false;  /* by an image */
		bool waits = false; /* for the ticker */
	};

	std::shared_ptr<lc::Camera> camera_;
	Settings settings_;
	Streams streams_;
	double kept_fps_ = 0; /* as the camera says; 0: it does not */

	/* While running libcamera's thread's, else the supervisor's. */
	uint64_t first_sequence_ = 0; /* of this start */
	uint64_t next_sequence_ = 0;
	uint64_t uncounted_ = 0; /* since start: lost frames without a sequence number */

	std::mutex mutex_;
	std::condition_variable idle_;
	std::vector<Use> uses_;        /* guarded by mutex_ */
	struct source_sink sink_ = {}; /* guarded by mutex_; fixed while running */
	bool running_ = false;         /* guarded by mutex_ */
	bool closed_ = false;          /* guarded by mutex_ */
	bool disconnected_ = false;    /* guarded by mutex_ */
	bool ended_ = false;           /* guarded by mutex_: it does not start any more */
	bool paced_ = false;           /* guarded by mutex_: the ticker gives it its buffers */
	unsigned callbacks_ = 0;       /* calls of the sink that run now; guarded by mutex_ */
	unsigned queued_ = 0;          /* requests that libcamera has; guarded by mutex_ */
	unsigned completions_ = 0;     /* since started_; guarded by mutex_ */
	Clock::time_point started_;    /* guarded by mutex_ */
	Clock::time_point completed_;  /* the last one; guarded by mutex_ */
	Ticker ticker_;

	int startCamera();
	int startStreams();
	bool runsAway() const;
	void pace();
	void onTick();
	void queue(size_t index);
	void enqueue(size_t index);
	void drain();
	bool beginCallback();
	void endCallback();
	void onCompleted(lc::Request *request);
	void onDisconnected();
	bool describe(const Streams::Slot &slot, struct image_info *ret_info);
	struct image *makeImage(size_t index);
};

#endif
