#include "capture/libcamera_settings.hpp"

#include "capture/libcamera_control.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <strings.h>

Settings::Settings(const lc::ControlInfoMap &offered) : wanted_(offered), pending_(offered)
{
}

size_t Settings::list(const lc::ControlInfoMap &offered, struct source_control *ret_controls,
                      size_t capacity)
{
	std::lock_guard<std::mutex> lock(mutex_);
	size_t count = 0;

	for (const auto &[id, info] : offered) {
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

int Settings::set(const lc::ControlInfoMap &offered, const char *name, double value)
{
	for (const auto &[id, info] : offered) {
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

double Settings::setRate(const lc::ControlInfoMap &offered, double fps)
{
	const int64_t duration_us = std::llround(1e6 / fps);
	const lc::ControlInfo *info = findControl(offered, lc::controls::FrameDurationLimits);

	if (!info)
		return 0;
	{
		std::lock_guard<std::mutex> lock(mutex_);

		wanted_.set(lc::controls::FrameDurationLimits,
		            lc::Span<const int64_t, 2>({duration_us, duration_us}));
	}
	return std::fmax(fps, 1e6 / controlToDouble(info->max()));
}

/* Not every pipeline heeds what start() is given: it goes with the first request as well. */
lc::ControlList Settings::forStart()
{
	std::lock_guard<std::mutex> lock(mutex_);

	pending_ = wanted_;
	return wanted_;
}

void Settings::moveInto(lc::ControlList &request)
{
	std::lock_guard<std::mutex> lock(mutex_);

	for (const auto &control : pending_)
		request.set(control.first, control.second);
	pending_.clear();
}
