#include "capture/libcamera_capture.hpp"

#include "capture/libcamera_device.hpp"
#include "capture/libcamera_frame.hpp"
#include "capture/libcamera_manager.hpp"

#include <cerrno>
#include <climits>
#include <new>

namespace
{

constexpr std::chrono::seconds DRAIN{2};
constexpr std::chrono::milliseconds NOTICE{100}; /* between looks for a lost device */

/* So many pictures, at twice its rate, tell that a camera does not keep to it: more than its
 * buffers, which come back at once after a pause. */
constexpr unsigned RUNAWAY_PICTURES = 16;

/* Images keep their capture, so that their buffer's memory stays. */
struct Held {
	std::shared_ptr<Capture> capture;
	size_t slot;
};

void releaseHeld(void *owner)
{
	const std::unique_ptr<Held> held(static_cast<Held *>(owner));

	held->capture->giveBack(held->slot);
}

} /* namespace */

Capture::Capture(std::shared_ptr<lc::Camera> camera)
    : camera_(std::move(camera)), settings_(camera_->controls()), ticker_([this] { onTick(); })
{
	camera_->requestCompleted.connect(this, &Capture::onCompleted);
	camera_->disconnected.connect(this, &Capture::onDisconnected);
}

Capture::~Capture()
{
	close();
}

void Capture::configure(const struct config_camera &wish)
{
	streams_.configure(camera_, wish);
	kept_fps_ = settings_.setRate(camera_->controls(), wish.fps);
}

int Capture::startCamera()
{
	lc::ControlList initial = settings_.forStart();

	return camera_->start(&initial);
}

int Capture::startStreams()
{
	const int r = startCamera();

	if (r == 0 || r == -ENODEV || !streams_.hasTwo() || next_sequence_ > 0)
		return r;
	log_debug("%s: does not start with a second stream", camera_->id().c_str());
	streams_.useOneStream(); /* no image has been made of its buffers yet */
	return startCamera();
}

int Capture::start(const struct source_sink &sink)
{
	int r;

	{
		std::lock_guard<std::mutex> lock(mutex_);

		sink_ = sink;
	}
	first_sequence_ = next_sequence_;
	uncounted_ = 0;
	r = startStreams();
	if (r < 0)
		return r;

	std::lock_guard<std::mutex> lock(mutex_);

	if (ended_)
		return -ENODEV; /* nobody will tell any more */
	running_ = true;
	completions_ = 0;
	started_ = completed_ = Clock::now();
	if (paced_)
		pace();
	uses_.resize(streams_.slots.size());
	for (size_t i = 0; i < uses_.size(); i++) {
		if (!uses_[i].held)
			queue(i);
	}
	return 0;
}

/* From now on no request is queued, and those that are come back: libcamera aborts the process when
 * it has to stop with requests queued a camera that is unplugged, which it notices only a while
 * after it is, on a busy machine seconds. One that has been silent for longer is frozen, but there,
 * unless the kernel says otherwise. */
void Capture::drain()
{
	std::unique_lock<std::mutex> lock(mutex_);
	const auto over = [this] { return queued_ == 0 || disconnected_; };

	running_ = false;
	idle_.wait_until(lock, completed_ + DRAIN, over);
	while (!over() && lostVideoDevice())
		idle_.wait_for(lock, NOTICE, over);
	queued_ = 0;
}

void Capture::stop()
{
	drain();
	ticker_.stop();
	camera_->stop();

	std::unique_lock<std::mutex> lock(mutex_);

	idle_.wait(lock, [this] { return callbacks_ == 0; });
}

void Capture::close()
{
	if (!camera_)
		return;
	{
		std::lock_guard<std::mutex> lock(mutex_);

		closed_ = true;
	}
	stop();
	camera_->requestCompleted.disconnect(this);
	camera_->disconnected.disconnect(this);
	streams_.close();
	camera_->release();
	camera_.reset();
}

/* Under the lock. Some cameras heed no duration of a frame (libcamera's virtual one): they deliver
 * as fast as they get buffers. Those that offer none may well be faster, at a rate of theirs. */
bool Capture::runsAway() const
{
	const std::chrono::duration<double> elapsed = completed_ - started_;

	return running_ && kept_fps_ > 0 && !paced_ && completions_ >= RUNAWAY_PICTURES &&
	       completions_ > 2 * elapsed.count() * kept_fps_;
}

/* Under the lock, and while it runs: so stop() comes later. */
void Capture::pace()
{
	paced_ = ticker_.start(streams_.mode().fps) == 0;
}

void Capture::onTick()
{
	std::lock_guard<std::mutex> lock(mutex_);

	for (size_t i = 0; running_ && i < uses_.size(); i++) {
		if (uses_[i].waits) {
			enqueue(i);
			return;
		}
	}
}

/* Under the lock. */
void Capture::queue(size_t index)
{
	if (paced_)
		uses_[index].waits = true;
	else
		enqueue(index);
}

/* Under the lock, so that none is queued once stop() has begun; it only passes a message on. It
 * fails when the camera is gone, of which a signal tells. */
void Capture::enqueue(size_t index)
{
	lc::Request &request = *streams_.slots[index].request;

	uses_[index].waits = false;
	request.reuse(lc::Request::ReuseBuffers);
	settings_.moveInto(request.controls());
	if (camera_->queueRequest(&request) == 0)
		queued_++;
}

void Capture::giveBack(size_t slot)
{
	streams_.slots[slot].endRead();

	std::lock_guard<std::mutex> lock(mutex_);

	uses_[slot].held = false;
	if (running_)
		queue(slot);
}

/* stop() waits for calls of the sink that have begun; after it, none with an image begins. */
bool Capture::beginCallback()
{
	std::lock_guard<std::mutex> lock(mutex_);

	if (running_)
		callbacks_++;
	return running_;
}

void Capture::endCallback()
{
	std::lock_guard<std::mutex> lock(mutex_);

	callbacks_--;
	idle_.notify_all();
}

void Capture::onDisconnected()
{
	cameraIsGone();
	{
		std::lock_guard<std::mutex> lock(mutex_);

		disconnected_ = true;
		idle_.notify_all();
	}
	end("the camera was unplugged");
}

void Capture::end(const char *why)
{
	const std::shared_ptr<Capture> self = weak_from_this().lock(); /* while it runs */
	struct source_sink sink;

	{
		std::lock_guard<std::mutex> lock(mutex_);

		ended_ = true;
		if (closed_ || !sink_.gone)
			return; /* before its start, start() tells */
		sink = sink_;
		callbacks_++;
	}
	sink.gone(sink.user, why);
	endCallback();
}

void Capture::onCompleted(lc::Request *request)
{
	const size_t slot = request->cookie();
	struct image *image;

	{
		std::lock_guard<std::mutex> lock(mutex_);

		queued_ -= queued_ > 0;
		completions_++;
		completed_ = Clock::now();
		if (runsAway())
			pace();
		idle_.notify_all();
	}
	if (request->status() == lc::Request::RequestCancelled)
		return; /* stopped, or unplugged */
	image = makeImage(slot);
	if (!image) {
		giveBack(slot);
		return;
	}
	if (!beginCallback()) {
		image_unref(image);
		return;
	}
	sink_.image(sink_.user, image);
	endCallback();
}

/* False: the frame is broken. */
bool Capture::describe(const Streams::Slot &slot, struct image_info *ret_info)
{
	const lc::FrameMetadata &metadata = streams_.metadata(slot);
	const auto stamp = slot.request->metadata().get(lc::controls::SensorTimestamp);

	if (metadata.status != lc::FrameMetadata::FrameSuccess || bytesUsed(metadata) == 0) {
		uncounted_ += metadata.sequence == UINT_MAX;
		return false;
	}
	streams_.describe(slot, ret_info);
	ret_info->exposure = exposureOf(slot.request->metadata());
	ret_info->sequence = first_sequence_ + metadata.sequence + uncounted_;
	ret_info->pts_us = ptsFromStamp(stamp ? *stamp : int64_t(metadata.timestamp));
	next_sequence_ = ret_info->sequence + 1;
	return true;
}

/* NULL: broken, or no memory; then the buffer goes back at once. */
struct image *Capture::makeImage(size_t index)
{
	Streams::Slot &slot = streams_.slots[index];
	struct image_info info = {};
	struct image *image;
	Held *held;

	slot.beginRead();
	if (!describe(slot, &info))
		return nullptr;
	held = new (std::nothrow) Held{shared_from_this(), index};
	image = held ? image_new(&info, releaseHeld, held) : nullptr;
	if (!image) {
		delete held;
		return nullptr;
	}

	std::lock_guard<std::mutex> lock(mutex_);

	uses_[index].held = true;
	return image;
}

size_t Capture::controls(struct source_control *ret_controls, size_t capacity)
{
	return settings_.list(camera_->controls(), ret_controls, capacity);
}

int Capture::setControl(const char *name, double value)
{
	return settings_.set(camera_->controls(), name, value);
}
