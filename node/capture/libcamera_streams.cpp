#include "capture/libcamera_streams.hpp"

#include "capture/libcamera_format.hpp"
#include "capture/libcamera_frame.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace
{

/* libcamera locks a camera against its other users only: one that uses the device file itself is
 * met later. */
constexpr char IN_USE[] = "another program uses the camera";

/* Readers trust strides and sizes: a driver whose planes are smaller than it says is refused. */
void checkSize(const struct image_picture &layout, const Buffer &buffer)
{
	const size_t height = size_t(layout.height);
	const size_t rows[] = {height, height / 2, height / 2};

	for (size_t i = 0; i < 3; i++) {
		const size_t stride = size_t(layout.strides[i]);

		if (stride > 0 &&
		    (i >= buffer.planes.size() || buffer.planes[i].size < rows[i] * stride))
			throw Refusal{-EIO, "the camera's buffers are smaller than its pictures"};
	}
}

std::shared_ptr<Buffer> addBuffer(lc::Request &request, lc::Stream *stream,
                                  const struct image_picture &layout, lc::FrameBuffer &frame_buffer)
{
	auto buffer = std::make_shared<Buffer>(frame_buffer);

	checkSize(layout, *buffer);
	if (request.addBuffer(stream, &frame_buffer) < 0)
		throw Refusal{-ENOMEM, "the camera gives no requests"};
	return buffer;
}

} /* namespace */

void Streams::Slot::beginRead()
{
	buffer->beginRead();
	if (small)
		small->beginRead();
}

void Streams::Slot::endRead()
{
	buffer->endRead();
	if (small)
		small->endRead();
}

void Streams::configure(const std::shared_ptr<lc::Camera> &camera, const struct config_camera &wish)
{
	camera_ = camera;
	one_stream_ = camera_->generateConfiguration({lc::StreamRole::VideoRecording});
	if (!one_stream_ || one_stream_->empty())
		throw Refusal{-EINVAL, "the camera has no video stream"};
	mode_.fps = wish.fps;
	mode_.format = chooseFormat(*one_stream_, wish);

	const auto both = withPreview(wish);

	if (!both || !tryApply(*both))
		apply(*one_stream_);
}

/* NULL: one stream will do, or the camera does not offer two. */
std::unique_ptr<lc::CameraConfiguration>
Streams::withPreview(const struct config_camera &wish) const
{
	const lc::Size &size = one_stream_->at(0).size;
	int width = int(size.width);
	int height = int(size.height);

	scaler_fit(wish.preview_width & ~1, &width, &height);
	if (!wish.preview_second_stream || mode_.format == IMAGE_JPEG || width >= int(size.width))
		return nullptr;
	return addSmallStream(*camera_, *one_stream_, lc::Size(unsigned(width), unsigned(height)));
}

void Streams::useOneStream()
{
	forgetBuffers();
	apply(*one_stream_);
}

/* Throws Refusal. */
void Streams::apply(lc::CameraConfiguration &config)
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
	mode_.has_small = hasTwo();
	allocate();
}

bool Streams::tryApply(lc::CameraConfiguration &config)
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

Streams::View Streams::viewOf(const lc::StreamConfiguration &stream) const
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

void Streams::allocate()
{
	allocator_ = std::make_unique<lc::FrameBufferAllocator>(camera_);

	const auto &buffers = allocate(main_.stream);
	const auto *small = hasTwo() ? &allocate(small_.stream) : nullptr;
	const size_t count = small ? std::min(buffers.size(), small->size()) : buffers.size();

	for (size_t i = 0; i < count; i++) {
		Slot slot = {camera_->createRequest(i), nullptr, nullptr};

		if (!slot.request)
			throw Refusal{-ENOMEM, "the camera gives no requests"};
		slot.buffer = addBuffer(*slot.request, main_.stream, main_.layout, *buffers[i]);
		if (small)
			slot.small = addBuffer(*slot.request, small_.stream, small_.layout,
			                       *(*small)[i]);
		slots.push_back(std::move(slot));
	}
}

const std::vector<std::unique_ptr<lc::FrameBuffer>> &Streams::allocate(lc::Stream *stream)
{
	const int r = allocator_->allocate(stream);

	if (r == -EBUSY)
		throw Refusal{r, IN_USE};
	if (r < 0)
		throw Refusal{-ENOMEM, "the camera gives no buffers"};
	return allocator_->buffers(stream);
}

void Streams::forgetBuffers()
{
	slots.clear();
	allocator_.reset();
}

void Streams::close()
{
	for (Slot &slot : slots)
		slot.request.reset();
	one_stream_.reset();
	allocator_.reset();
	camera_.reset();
}

const lc::FrameMetadata &Streams::metadata(const Slot &slot) const
{
	return slot.request->findBuffer(main_.stream)->metadata();
}

void Streams::describe(const Slot &slot, struct image_info *info) const
{
	const struct image_picture picture = fill(main_.layout, *slot.buffer);

	info->format = mode_.format;
	info->width = picture.width;
	info->height = picture.height;
	info->full_range = full_range_;
	memcpy(info->planes, picture.planes, sizeof(info->planes));
	memcpy(info->strides, picture.strides, sizeof(info->strides));
	if (mode_.format == IMAGE_JPEG)
		info->size = std::min(bytesUsed(metadata(slot)), slot.buffer->planes[0].size);
	if (!hasTwo())
		return;

	const lc::FrameMetadata &small = slot.request->findBuffer(small_.stream)->metadata();

	if (small.status == lc::FrameMetadata::FrameSuccess && bytesUsed(small) > 0)
		info->small = fill(small_.layout, *slot.small);
}
