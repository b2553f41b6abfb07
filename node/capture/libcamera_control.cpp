#include "capture/libcamera_control.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace
{

/* Some controls are arrays though their limits are single numbers: those cannot be set by one. */
bool isSingle(const lc::ControlId &id, const lc::ControlInfo &info)
{
	const unsigned arrays[] = {
		lc::controls::FrameDurationLimits.id(),
		lc::controls::ColourGains.id(),
		lc::controls::ColourCorrectionMatrix.id(),
	};

	return std::find(std::begin(arrays), std::end(arrays), id.id()) == std::end(arrays) &&
	       !std::isnan(controlToDouble(info.min())) && !std::isnan(controlToDouble(info.max()));
}

} /* namespace */

double controlToDouble(const lc::ControlValue &value)
{
	if (value.isArray())
		return NAN;
	switch (value.type()) {
	case lc::ControlTypeBool:
		return value.get<bool>();
	case lc::ControlTypeByte:
		return value.get<uint8_t>();
	case lc::ControlTypeInteger32:
		return value.get<int32_t>();
	case lc::ControlTypeInteger64:
		return double(value.get<int64_t>());
	case lc::ControlTypeFloat:
		return double(value.get<float>());
	default:
		return NAN;
	}
}

lc::ControlValue controlFromDouble(lc::ControlType type, double value)
{
	switch (type) {
	case lc::ControlTypeBool:
		return lc::ControlValue(value != 0);
	case lc::ControlTypeByte:
		return lc::ControlValue(uint8_t(std::lround(value)));
	case lc::ControlTypeInteger32:
		return lc::ControlValue(int32_t(std::lround(value)));
	case lc::ControlTypeInteger64:
		return lc::ControlValue(int64_t(std::llround(value)));
	default:
		return lc::ControlValue(float(value));
	}
}

/* Not by count(id), which 0.0.3 answers for all controls that libcamera knows. */
bool hasControl(const lc::ControlInfoMap &controls, const lc::ControlId &wanted)
{
	return std::any_of(controls.begin(), controls.end(),
	                   [&](const auto &control) { return control.first->id() == wanted.id(); });
}

bool describeControl(const lc::ControlId &id, const lc::ControlInfo &info,
                     struct source_control *ret_control)
{
	struct source_control control = {};

	if (!isSingle(id, info))
		return false;
	snprintf(control.name, sizeof(control.name), "%s", id.name().c_str());
	control.min = controlToDouble(info.min());
	control.max = controlToDouble(info.max());
	control.def = info.def().isNone() ? control.min : controlToDouble(info.def());
	control.is_bool = id.type() == lc::ControlTypeBool;
	control.is_integer = id.type() != lc::ControlTypeFloat && !control.is_bool;
	*ret_control = control;
	return true;
}

std::string describeControls(const lc::ControlInfoMap &controls)
{
	std::set<std::string> texts;
	std::string joined;

	for (const auto &[id, info] : controls) {
		struct source_control control;
		char text[SOURCE_TEXT_SIZE];

		if (!describeControl(*id, info, &control))
			continue;
		snprintf(text, sizeof(text), "%s %g..%g", control.name, control.min, control.max);
		texts.insert(text);
	}
	for (const std::string &text : texts)
		joined += (joined.empty() ? "" : ", ") + text;
	return joined;
}
