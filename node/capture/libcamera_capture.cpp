#include "capture/libcamera_capture.hpp"

#include "capture/libcamera_control.hpp"
#include "capture/libcamera_device.hpp"
#include "capture/libcamera_format.hpp"
#include "capture/libcamera_frame.hpp"

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
constexpr std::chrono::seconds DRAIN{2};
constexpr std::chrono::milliseconds NOTICE{100}; /* between looks for a lost device */

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
	one_stream_ = camera_->generateConfiguration({lc::StreamRole::VideoRecording});
	if (!one_stream_ || one_stream_->empty())
		throw Refusal{-EINVAL, "the camera has no video stream"};
	mode_.fps = wish.fps;
	mode_.format = chooseFormat(*one_stream_, wish);

	const lc::Size &size = one_stream_->at(0).size;
	int width = int(size.width);
	int height = int(size.height);
	std::unique_ptr<lc::CameraConfiguration> both;

	scaler_fit(wish.preview_width & ~1, &width, &height);
	if (wish.preview_second_stream && mode_.format != IMAGE_JPEG && width < int(size.width))
		both = addSmallStream(*camera_, *one_stream_,
		                      lc::Size(unsigned(width), unsigned(height)));
	if (!both || !tryApply(*both))
		apply(*one_stream_);
	setRate(wish.fps);
}

/* Throws Refusal. */
void Capture::apply(lc::CameraConfiguration &config)
{
	const lc::StreamConfiguration &stream = config.at(0);
	const int r = camera_->configure(&config);

	if (r == -EBUSY)
		throw Refusal{r, IN_USE};
	if (r < 0)
		throw Refusal{r, "the camera does not take its configuration " + stream.toString()};
	main_ = viewOf(stream);
	small_ = config.size() > 1 ? viewOf(config.at(1)) : View();
	full_range_ =
		mode_.format == IMAGE_JPEG ||
		(stream.colorSpace && stream.colorSpace->range == lc::ColorSpace::Range::Full);
	mode_.width = main_.layout.width;
	mode_.height = main_.layout.height;
	mode_.flip = flipOf(config);
	mode_.has_small = small_.stream != nullptr;
	allocate();
}

/* Two streams are a saving, not a need. */
bool Capture::tryApply(lc::CameraConfiguration &config)
{
	try {
		apply(config);
		return true;
	} catch (const Refusal &refusal) {
		log_debug("%s: no second stream: %s", camera_->id().c_str(), refusal.text.c_str());
	}
	forgetBuffers();
	return false;
}

void Capture::forgetBuffers()
{
	slots_.clear();
	allocator_.reset();
}

Capture::View Capture::viewOf(const lc::StreamConfiguration &stream) const
{
	const int stride = int(stream.stride);
	View view;

	view.stream = stream.stream();
	view.layout.width = int(stream.size.width);
	view.layout.height = int(stream.size.height);
	if (mode_.format == IMAGE_JPEG)
		return view;
	view.layout.strides[0] = stride;
	if (mode_.format == IMAGE_YUV420)
		view.layout.strides[1] = view.layout.strides[2] = stride / 2;
	else if (mode_.format == IMAGE_NV12)
		view.layout.strides[1] = stride;
	return view;
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

/* A request has a buffer of each stream. */
void Capture::allocate()
{
	allocator_ = std::make_unique<lc::FrameBufferAllocator>(camera_);

	const auto &buffers = allocate(main_.stream);
	const auto *small = small_.stream ? &allocate(small_.stream) : nullptr;
	const size_t count = small ? std::min(buffers.size(), small->size()) : buffers.size();

	for (size_t i = 0; i < count; i++) {
		Slot slot = {camera_->createRequest(i), nullptr, nullptr, false};

		if (!slot.request)
			throw Refusal{-ENOMEM, "the camera gives no requests"};
		slot.buffer = addBuffer(*slot.request, main_, *buffers[i]);
		if (small)
			slot.small = addBuffer(*slot.request, small_, *(*small)[i]);
		slots_.push_back(std::move(slot));
	}
}

const std::vector<std::unique_ptr<lc::FrameBuffer>> &Capture::allocate(lc::Stream *stream)
{
	const int r = allocator_->allocate(stream);

	if (r == -EBUSY)
		throw Refusal{r, IN_USE};
	if (r < 0)
		throw Refusal{-ENOMEM, "the camera gives no buffers"};
	return allocator_->buffers(stream);
}

/* Readers trust strides and sizes: a driver whose planes are smaller than it says is refused. */
std::shared_ptr<Buffer> Capture::addBuffer(lc::Request &request, const View &view,
                                           lc::FrameBuffer &frame_buffer) const
{
	auto buffer = std::make_shared<Buffer>(frame_buffer);
	const size_t height = size_t(view.layout.height);
	const size_t rows[] = {height, height / 2, height / 2};

	for (size_t i = 0; i < 3; i++) {
		const size_t stride = size_t(view.layout.strides[i]);

		if (stride > 0 &&
		    (i >= buffer->planes.size() || buffer->planes[i].size < rows[i] * stride))
			throw Refusal{-EIO, "the camera's buffers are smaller than its pictures"};
	}
	if (request.addBuffer(view.stream, &frame_buffer) < 0)
		throw Refusal{-ENOMEM, "the camera gives no requests"};
	return buffer;
}

int Capture::startCamera()
{
	lc::ControlList initial;
	{
		std::lock_guard<std::mutex> lock(mutex_);

		initial = wanted_;
		pending_ = wanted_; /* not every pipeline heeds those of start() */
	}
	return camera_->start(&initial);
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
	r = startCamera();
	if (r < 0 && r != -ENODEV && small_.stream && next_sequence_ == 0) {
		log_debug("%s: does not start with a second stream", camera_->id().c_str());
		forgetBuffers(); /* no image has been made of them yet */
		apply(*one_stream_);
		r = startCamera();
	}
	if (r < 0)
		return r;

	std::lock_guard<std::mutex> lock(mutex_);

	if (ended_)
		return -ENODEV; /* nobody will tell any more */
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
	for (Slot &slot : slots_)
		slot.request.reset();
	one_stream_.reset();
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
	if (slots_[slot].small)
		slots_[slot].small->endRead();

	std::lock_guard<std::mutex> lock(mutex_);

	slots_[slot].held = false;
	if (running_)
		queue(slots_[slot]);
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
bool Capture::describe(const Slot &slot, struct image_info *ret_info)
{
	const lc::FrameMetadata &metadata = slot.request->findBuffer(main_.stream)->metadata();
	const auto stamp = slot.request->metadata().get(lc::controls::SensorTimestamp);
	const size_t used = bytesUsed(metadata);

	if (metadata.status != lc::FrameMetadata::FrameSuccess || used == 0) {
		uncounted_ += metadata.sequence == UINT_MAX;
		return false;
	}
	const struct image_picture picture = fill(main_.layout, *slot.buffer);

	ret_info->format = mode_.format;
	ret_info->width = picture.width;
	ret_info->height = picture.height;
	ret_info->full_range = full_range_;
	ret_info->exposure = exposureOf(slot.request->metadata());
	ret_info->sequence = first_sequence_ + metadata.sequence + uncounted_;
	ret_info->pts_us = ptsFromStamp(stamp ? *stamp : int64_t(metadata.timestamp));
	next_sequence_ = ret_info->sequence + 1;
	memcpy(ret_info->planes, picture.planes, sizeof(ret_info->planes));
	memcpy(ret_info->strides, picture.strides, sizeof(ret_info->strides));
	if (mode_.format == IMAGE_JPEG)
		ret_info->size = std::min(used, slot.buffer->planes[0].size);
	return true;
}

/* A broken one is left out. */
void Capture::describeSmall(const Slot &slot, struct image_info *info) const
{
	const lc::FrameMetadata &metadata = slot.request->findBuffer(small_.stream)->metadata();

	if (metadata.status == lc::FrameMetadata::FrameSuccess && bytesUsed(metadata) > 0)
		info->small = fill(small_.layout, *slot.small);
}

/* NULL: broken, or no memory; then the buffer goes back at once. */
struct image *Capture::makeImage(size_t index)
{
	Slot &slot = slots_[index];
	struct image_info info = {};
	struct image *image;
	Held *held;

	slot.buffer->beginRead();
	if (slot.small)
		slot.small->beginRead();
	if (!describe(slot, &info))
		return nullptr;
	if (slot.small)
		describeSmall(slot, &info);
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
