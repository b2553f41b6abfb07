#include "capture/libcamera_frame.hpp"

#include "capture/libcamera_control.hpp"

namespace
{

constexpr int64_t STAMP_MAX_AGE_US = 10 * USEC_PER_SEC; /* what is older is no time stamp */

/* Which versions have these controls differs, and so do their types' names: found by name. */
unsigned idOf(const char *name)
{
	for (const auto &[id, control] : lc::controls::controls) {
		if (control->name() == name)
			return id;
	}
	return 0;
}

} /* namespace */

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

struct image_picture fill(const struct image_picture &layout, const Buffer &buffer)
{
	struct image_picture picture = layout;

	for (size_t i = 0; i < 3; i++) {
		if (i == 0 || picture.strides[i] > 0)
			picture.planes[i] = buffer.planes[i].data;
	}
	return picture;
}
