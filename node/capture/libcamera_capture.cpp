#include "capture/libcamera_capture.hpp"

#include "capture/libcamera_control.hpp"
#include "capture/libcamera_format.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cmath>
#include <cstring>
#include <new>
#include <strings.h>

namespace
{

/* libcamera locks a camera against its other users only: one that uses the device file itself is
 * met later. */
constexpr char IN_USE[] = "another program uses the camera";
constexpr std::chrono::seconds DRAIN{2}; /* it takes libcamera less to notice an unplugged camera */
constexpr int64_t STAMP_MAX_AGE_US = 10 * USEC_PER_SEC; /* what is older is no time stamp */

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

/*
 * Sensor stamps are CLOCK_BOOTTIME by libcamera's documentation, and CLOCK_MONOTONIC from uvcvideo.
 * The two differ once the machine has slept, and then a boot time read as a monotonic one lies in
 * the future.
 */
int64_t ptsFromStamp(int64_t stamp_ns)
{
	const int64_t now_us = clock_mono_us();
	int64_t pts_us = stamp_ns / 1000;

	if (pts_us > now_us)
		pts_us = clock_mono_from_boot_ns(stamp_ns);
	return pts_us > now_us || pts_us < now_us - STAMP_MAX_AGE_US ? now_us : pts_us;
}

/* Which versions have these controls differs, and so do their types' names: found by name. */
unsigned idOf(const char *name)
{
	for (const auto &[id, control] : lc::controls::controls) {
		if (control->name() == name)
			return id;
	}
	return 0;
}

/* AeState's second value is "searching" in all versions. */
enum image_exposure exposureOf(const lc::ControlList &metadata)
{
	static const unsigned locked = idOf("AeLocked");
	static const unsigned state = idOf("AeState");
	constexpr int SEARCHING = 1;
	bool settled;

	if (locked != 0 && metadata.contains(locked))
		settled = controlToDouble(metadata.get(locked)) != 0;
	else if (state != 0 && metadata.contains(state))
		settled = controlToDouble(metadata.get(state)) != SEARCHING;
	else
		return IMAGE_EXPOSURE_UNKNOWN;
	return settled ? IMAGE_EXPOSURE_SETTLED : IMAGE_EXPOSURE_SEARCHING;
}

size_t bytesUsed(const lc::FrameMetadata &metadata)
{
	size_t used = 0;

	for (const auto &plane : metadata.planes())
		used += plane.bytesused;
	return used;
}

} /* namespace */

Capture::Capture(std::shared_ptr<lc::Camera> camera)
    : camera_(std::move(camera)), wanted_(camera_->controls()), pending_(camera_->controls())
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
	auto config = camera_->generateConfiguration({lc::StreamRole::VideoRecording});

	if (!config || config->empty())
		throw Refusal{-EINVAL, "the camera has no video stream"};

	const enum image_format format = chooseFormat(*config, wish);
	const lc::StreamConfiguration &stream = config->at(0);
	const int r = camera_->configure(config.get());

	if (r == -EBUSY)
		throw Refusal{r, IN_USE};
	if (r < 0)
		throw Refusal{r, "the camera does not take its configuration " + stream.toString()};
	mode_.width = int(stream.size.width);
	mode_.height = int(stream.size.height);
	mode_.fps = wish.fps;
	mode_.format = format;
	mode_.flip = flipOf(*config);
	setLayout(stream);
	setRate(wish.fps);
	allocate(stream.stream());
}

void Capture::setLayout(const lc::StreamConfiguration &stream)
{
	const auto &space = stream.colorSpace;
	const int stride = int(stream.stride);

	full_range_ = mode_.format == IMAGE_JPEG ||
	              (space && space->range == lc::ColorSpace::Range::Full);
	if (mode_.format == IMAGE_JPEG)
		return;
	strides_[0] = stride;
	if (mode_.format == IMAGE_YUV420)
		strides_[1] = strides_[2] = stride / 2;
	else if (mode_.format == IMAGE_NV12)
		strides_[1] = stride;
}

/* USB cameras do not offer it: they run at the rate of their own. */
void Capture::setRate(double fps)
{
	const int64_t duration_us = std::llround(1e6 / fps);

	if (!hasControl(camera_->controls(), lc::controls::FrameDurationLimits))
		return;
	wanted_.set(lc::controls::FrameDurationLimits,
	            lc::Span<const int64_t, 2>({duration_us, duration_us}));
}

void Capture::allocate(lc::Stream *stream)
{
	allocator_ = std::make_unique<lc::FrameBufferAllocator>(camera_);

	const int r = allocator_->allocate(stream);

	if (r == -EBUSY)
		throw Refusal{r, IN_USE};
	if (r < 0)
		throw Refusal{-ENOMEM, "the camera gives no buffers"};
	for (const auto &frame_buffer : allocator_->buffers(stream)) {
		auto buffer = std::make_shared<Buffer>(*frame_buffer);
		auto request = camera_->createRequest(slots_.size());

		checkSize(*buffer);
		if (!request || request->addBuffer(stream, frame_buffer.get()) < 0)
			throw Refusal{-ENOMEM, "the camera gives no requests"};
		slots_.push_back({std::move(request), std::move(buffer), false});
	}
}

/* Readers trust strides and sizes: a driver whose planes are smaller than it says is refused. */
void Capture::checkSize(const Buffer &buffer) const
{
	const size_t height = size_t(mode_.height);
	const size_t rows[] = {height, height / 2, height / 2};

	for (size_t i = 0; i < 3; i++) {
		if (strides_[i] == 0)
			continue;
		if (i >= buffer.planes.size() ||
		    buffer.planes[i].size < rows[i] * size_t(strides_[i]))
			throw Refusal{-EIO, "the camera's buffers are smaller than its pictures"};
	}
}

int Capture::start(const struct source_sink &sink)
{
	lc::ControlList initial;
	int r;

	sink_ = sink;
	first_sequence_ = next_sequence_;
	uncounted_ = 0;
	{
		std::lock_guard<std::mutex> lock(mutex_);

		initial = wanted_;
		pending_ = wanted_; /* not every pipeline heeds those of start() */
	}
	r = camera_->start(&initial);
	if (r < 0)
		return r;

	std::lock_guard<std::mutex> lock(mutex_);

	if (disconnected_)
		return -ENODEV; /* no signal will come any more */
	running_ = true;
	completed_ = std::chrono::steady_clock::now();
	for (Slot &slot : slots_) {
		if (!slot.held)
			queue(slot);
	}
	return 0;
}

/* From now on no request is queued, and those that are come back: libcamera aborts the process when
 * it has to stop with requests queued a camera that is unplugged, which it notices only a while
 * after it is. One that has been silent for longer is frozen, but there. */
void Capture::drain()
{
	std::unique_lock<std::mutex> lock(mutex_);

	running_ = false;
	idle_.wait_until(lock, completed_ + DRAIN,
	                 [this] { return queued_ == 0 || disconnected_; });
	queued_ = 0;
}

void Capture::stop()
{
	drain();
	camera_->stop();

	std::unique_lock<std::mutex> lock(mutex_);

	idle_.wait(lock, [this] { return callbacks_ == 0; });
}

void Capture::close()
{
	if (!camera_)
		return;
	stop();
	camera_->requestCompleted.disconnect(this);
	camera_->disconnected.disconnect(this);
	for (Slot &slot : slots_)
		slot.request.reset();
	allocator_.reset();
	camera_->release();
	camera_.reset();
}

/* Under the lock, so that none is queued once stop() has begun; it only passes a message on. It
 * fails when the camera is gone, of which a signal tells. */
void Capture::queue(Slot &slot)
{
	slot.request->reuse(lc::Request::ReuseBuffers);
	for (const auto &control : pending_)
		slot.request->controls().set(control.first, control.second);
	pending_.clear();
	if (camera_->queueRequest(slot.request.get()) == 0)
		queued_++;
}

void Capture::giveBack(size_t slot)
{
	slots_[slot].buffer->endRead();

	std::lock_guard<std::mutex> lock(mutex_);

	slots_[slot].held = false;
	if (running_)
		queue(slots_[slot]);
}

/* stop() waits for calls of the sink that have begun; after it, none begins. */
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
	const std::shared_ptr<Capture> self = weak_from_this().lock(); /* while it runs */

	{
		std::lock_guard<std::mutex> lock(mutex_);

		disconnected_ = true;
		idle_.notify_all();
	}
	if (!beginCallback())
		return;
	sink_.gone(sink_.user, "the camera was unplugged");
	endCallback();
}

void Capture::onCompleted(lc::Request *request)
{
	const size_t slot = request->cookie();
	struct image *image;

	{
		std::lock_guard<std::mutex> lock(mutex_);

		queued_ -= queued_ > 0;
		completed_ = std::chrono::steady_clock::now();
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
bool Capture::describe(lc::Request &request, const Buffer &buffer, struct image_info *ret_info)
{
	const lc::FrameMetadata &metadata = request.buffers().begin()->second->metadata();
	const auto stamp = request.metadata().get(lc::controls::SensorTimestamp);
	const size_t used = bytesUsed(metadata);

	if (metadata.status != lc::FrameMetadata::FrameSuccess || used == 0) {
		uncounted_ += metadata.sequence == UINT_MAX;
		return false;
	}
	ret_info->format = mode_.format;
	ret_info->width = mode_.width;
	ret_info->height = mode_.height;
	ret_info->full_range = full_range_;
	ret_info->exposure = exposureOf(request.metadata());
	ret_info->sequence = first_sequence_ + metadata.sequence + uncounted_;
	ret_info->pts_us = ptsFromStamp(stamp ? *stamp : int64_t(metadata.timestamp));
	next_sequence_ = ret_info->sequence + 1;
	for (size_t i = 0; i < 3; i++) {
		ret_info->strides[i] = strides_[i];
		if (i == 0 || strides_[i] > 0)
			ret_info->planes[i] = buffer.planes[i].data;
	}
	if (mode_.format == IMAGE_JPEG)
		ret_info->size = std::min(used, buffer.planes[0].size);
	return true;
}

/* NULL: broken, or no memory; then the buffer goes back at once. */
struct image *Capture::makeImage(size_t index)
{
	Slot &slot = slots_[index];
	struct image_info info = {};
	struct image *image;
	Held *held;

	slot.buffer->beginRead();
	if (!describe(*slot.request, *slot.buffer, &info))
		return nullptr;
	held = new (std::nothrow) Held{shared_from_this(), index};
	image = held ? image_new(&info, releaseHeld, held) : nullptr;
	if (!image) {
		delete held;
		return nullptr;
	}

	std::lock_guard<std::mutex> lock(mutex_);

	slot.held = true;
	return image;
}

size_t Capture::controls(struct source_control *ret_controls, size_t capacity)
{
	std::lock_guard<std::mutex> lock(mutex_);
	size_t count = 0;

	for (const auto &[id, info] : camera_->controls()) {
		struct source_control *control = &ret_controls[count];

		if (count == capacity)
			break;
		if (!describeControl(*id, info, control))
			continue;
		if (wanted_.contains(id->id()))
			control->value = controlToDouble(wanted_.get(id->id()));
		count++;
	}
	std::sort(ret_controls, ret_controls + count,
	          [](const auto &a, const auto &b) { return strcmp(a.name, b.name) < 0; });
	return count;
}

int Capture::setControl(const char *name, double value)
{
	for (const auto &[id, info] : camera_->controls()) {
		struct source_control control;

		if (strcasecmp(id->name().c_str(), name) != 0 ||
		    !describeControl(*id, info, &control))
			continue;
		if (!(value >= control.min && value <= control.max))
			return -ERANGE;

		const lc::ControlValue typed = controlFromDouble(id->type(), value);
		std::lock_guard<std::mutex> lock(mutex_);

		wanted_.set(id->id(), typed);
		pending_.set(id->id(), typed);
		return 0;
	}
	return -ENOENT;
}
