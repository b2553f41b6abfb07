#include "capture/libcamera_format.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace
{

struct Format {
	enum image_format image;
	lc::PixelFormat pixel;
};

/* Best first: planes need no decoding, and over USB MJPEG reaches what YUYV cannot. */
const Format format_table[] = {
	{IMAGE_YUV420, lc::formats::YUV420},
	{IMAGE_NV12, lc::formats::NV12},
	{IMAGE_JPEG, lc::formats::MJPEG},
	{IMAGE_YUYV, lc::formats::YUYV},
};

/* A transform became an orientation, which counts as EXIF does. */
#if LIBCAMERA_VERSION_MAJOR == 0 && LIBCAMERA_VERSION_MINOR < 2
void setFlip(lc::CameraConfiguration &config, struct source_flip flip)
{
	config.transform = (flip.h ? lc::Transform::HFlip : lc::Transform::Identity) |
	                   (flip.v ? lc::Transform::VFlip : lc::Transform::Identity);
}

struct source_flip getFlip(const lc::CameraConfiguration &config)
{
	const auto has = [&](lc::Transform flip) { return !!(config.transform & flip); };

	return {has(lc::Transform::HFlip), has(lc::Transform::VFlip)};
}
#else
void setFlip(lc::CameraConfiguration &config, struct source_flip flip)
{
	if (flip.h)
		config.orientation =
			flip.v ? lc::Orientation::Rotate180 : lc::Orientation::Rotate0Mirror;
	else
		config.orientation =
			flip.v ? lc::Orientation::Rotate180Mirror : lc::Orientation::Rotate0;
}

struct source_flip getFlip(const lc::CameraConfiguration &config)
{
	const lc::Orientation now = config.orientation;
	const bool turned = now == lc::Orientation::Rotate180;

	return {turned || now == lc::Orientation::Rotate0Mirror,
	        turned || now == lc::Orientation::Rotate180Mirror};
}
#endif

/* True if the camera can do exactly this; then `config` says how, and whether with the flips. */
bool isOffered(lc::CameraConfiguration &config, const Format &format, const lc::Size &size,
               struct source_flip flip)
{
	lc::StreamConfiguration &stream = config.at(0);

	setFlip(config, flip);
	stream.pixelFormat = format.pixel;
	stream.size = size;
	stream.colorSpace = lc::ColorSpace::Sycc; /* as in JPEG: full-range BT.601 */
	return config.validate() != lc::CameraConfiguration::Invalid &&
	       stream.pixelFormat == format.pixel && stream.size == size;
}

bool isWished(const Format &format, const struct config_camera &wish)
{
	return strcmp(wish.format, "auto") == 0 ||
	       strcmp(wish.format, image_format_name(format.image)) == 0;
}

/* The best format that has the size, or none. */
const Format *findFormat(lc::CameraConfiguration &config, const struct config_camera &wish,
                         const lc::Size &size)
{
	for (const Format &format : format_table) {
		if (isWished(format, wish) && isOffered(config, format, size, source_flip(&wish)))
			return &format;
	}
	return nullptr;
}

/* What images take from it. */
bool isSame(const lc::StreamConfiguration &a, const lc::StreamConfiguration &b)
{
	return a.pixelFormat == b.pixelFormat && a.size == b.size && a.colorSpace == b.colorSpace;
}

unsigned distance(const lc::Size &a, const lc::Size &b)
{
	return unsigned(std::abs(int(a.width) - int(b.width)) +
	                std::abs(int(a.height) - int(b.height)));
}

/* Of those offered in any format that will do; the wish itself where there are none. */
lc::Size nearestSize(const lc::StreamFormats &formats, const struct config_camera &wish,
                     const lc::Size &size)
{
	lc::Size nearest;

	for (const Format &format : format_table) {
		if (!isWished(format, wish))
			continue;
		for (const lc::Size &offered : formats.sizes(format.pixel)) {
			if (nearest.isNull() || distance(offered, size) < distance(nearest, size))
				nearest = offered;
		}
	}
	return nearest.isNull() ? size : nearest;
}

} /* namespace */

enum image_format chooseFormat(lc::CameraConfiguration &config, const struct config_camera &wish)
{
	const lc::Size size(unsigned(wish.width), unsigned(wish.height));
	const lc::StreamFormats formats = config.at(0).formats();
	const Format *format = findFormat(config, wish, size);

	if (!format && wish.any_size)
		format = findFormat(config, wish, nearestSize(formats, wish, size));
	if (format)
		return format->image;
	throw Refusal{-EINVAL, "the camera has no " + size.toString() + " in format " +
	                               wish.format + "; it offers " +
	                               describeFormats(config.at(0))};
}

std::unique_ptr<lc::CameraConfiguration>
addSmallStream(lc::Camera &camera, const lc::CameraConfiguration &config, const lc::Size &size)
{
	auto both = camera.generateConfiguration(
		{lc::StreamRole::VideoRecording, lc::StreamRole::Viewfinder});
	const lc::StreamConfiguration &main = config.at(0);
	const struct source_flip flip = flipOf(config);

	if (!both || both->size() != 2)
		return nullptr;
	setFlip(*both, flip);
	for (lc::StreamConfiguration &stream : *both) {
		stream.pixelFormat = main.pixelFormat;
		stream.size = main.size;
		stream.colorSpace = main.colorSpace;
		stream.bufferCount = main.bufferCount;
	}
	both->at(1).size = size;

	const lc::StreamConfiguration small = both->at(1);
	const bool valid = both->validate() != lc::CameraConfiguration::Invalid;
	const struct source_flip flipped = flipOf(*both);

	if (!valid || !isSame(both->at(0), main) || !isSame(both->at(1), small) ||
	    flipped.h != flip.h || flipped.v != flip.v)
		return nullptr;
	return both;
}

struct source_flip flipOf(const lc::CameraConfiguration &config)
{
	return getFlip(config);
}

std::string describeFormats(const lc::StreamConfiguration &stream)
{
	std::string text;

	for (const Format &format : format_table) {
		const auto offered = stream.formats().pixelformats();

		if (std::find(offered.begin(), offered.end(), format.pixel) == offered.end())
			continue;
		text += (text.empty() ? "" : "; ") + format.pixel.toString();
		for (const lc::Size &size : stream.formats().sizes(format.pixel))
			text += " " + size.toString();
	}
	return text.empty() ? "no format that camnode reads" : text;
}
