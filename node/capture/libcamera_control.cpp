#include "capture/libcamera_control.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
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

/* libcamera 0.0.3 knows no words for the values of its enumerations, later versions write them with
 * the control's name in front. One that is not here is an integer. */
const struct {
	const char *name;
	const char *words[SOURCE_CONTROL_MAX_WORDS];
} enumerations[] = {
	{"AeConstraintMode", {"Normal", "Highlight", "Shadows", "Custom"}},
	{"AeExposureMode", {"Normal", "Short", "Long", "Custom"}},
	{"AeFlickerMode", {"Off", "Manual", "Auto"}},
	{"AeMeteringMode", {"CentreWeighted", "Spot", "Matrix", "Custom"}},
	{"AfMetering", {"Auto", "Windows"}},
	{"AfMode", {"Manual", "Auto", "Continuous"}},
	{"AfPause", {"Immediate", "Deferred", "Resume"}},
	{"AfRange", {"Normal", "Macro", "Full"}},
	{"AfSpeed", {"Normal", "Fast"}},
	{"AfTrigger", {"Start", "Cancel"}},
	{"AnalogueGainMode", {"Auto", "Manual"}},
	{"AwbMode",
         {"Auto", "Incandescent", "Tungsten", "Fluorescent", "Indoor", "Daylight", "Cloudy",
          "Custom"}},
	{"ExposureTimeMode", {"Auto", "Manual"}},
	{"FaceDetectMode", {"Off", "Simple", "Full"}},
	{"HdrMode", {"Off", "MultiExposureUnmerged", "MultiExposure", "SingleExposure", "Night"}},
	{"NoiseReductionMode", {"Off", "Fast", "HighQuality", "Minimal", "ZSL"}},
};

/* The words of the values that this camera offers. */
void describeWords(const lc::ControlInfo &info, struct source_control &control)
{
	for (const auto &enumeration : enumerations) {
		if (strcmp(enumeration.name, control.name) != 0)
			continue;
		control.type = SOURCE_CONTROL_ENUM;
		for (int i = int(control.min); i <= int(control.max); i++) {
			const auto &offered = info.values();
			const bool is_offered =
				offered.empty() ||
				std::any_of(offered.begin(), offered.end(), [&](const auto &value) {
					return controlToDouble(value) == i;
				});

			if (i >= 0 && i < SOURCE_CONTROL_MAX_WORDS && is_offered)
				control.words[i] = enumeration.words[i];
		}
	}
}

std::string describeRange(const struct source_control &control)
{
	char text[SOURCE_TEXT_SIZE];

	snprintf(text, sizeof(text), "%s %g..%g", control.name, control.min, control.max);
	return text;
}

/* "AfMode Manual|Auto|Continuous". */
std::string describeChoice(const struct source_control &control)
{
	std::string text = control.name;
	const char *separator = " ";

	for (const char *word : control.words) {
		if (!word)
			continue;
		text += separator + std::string(word);
		separator = "|";
	}
	return text;
}

enum source_control_type typeOf(lc::ControlType type)
{
	if (type == lc::ControlTypeBool)
		return SOURCE_CONTROL_BOOLEAN;
	return type == lc::ControlTypeFloat ? SOURCE_CONTROL_FLOAT : SOURCE_CONTROL_INTEGER;
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

/* Not by find(id), which 0.0.3 answers for all controls that libcamera knows. */
const lc::ControlInfo *findControl(const lc::ControlInfoMap &controls, const lc::ControlId &wanted)
{
	for (const auto &[id, info] : controls) {
		if (id->id() == wanted.id())
			return &info;
	}
	return nullptr;
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
	control.value = control.def;
	control.type = typeOf(id.type());
	describeWords(info, control);
	*ret_control = control;
	return true;
}

std::string describeControls(const lc::ControlInfoMap &controls)
{
	std::set<std::string> texts;
	std::string joined;

	for (const auto &[id, info] : controls) {
		struct source_control control;

		if (!describeControl(*id, info, &control))
			continue;
		if (control.type == SOURCE_CONTROL_ENUM)
			texts.insert(describeChoice(control));
		else
			texts.insert(describeRange(control));
	}
	for (const std::string &text : texts)
		joined += (joined.empty() ? "" : ", ") + text;
	return joined;
}
