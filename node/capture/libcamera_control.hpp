/*
 * libcamera's controls as numbers with a name. Pure functions.
 */
#ifndef CAMNODE_CAPTURE_LIBCAMERA_CONTROL_HPP
#define CAMNODE_CAPTURE_LIBCAMERA_CONTROL_HPP

#include "capture/libcamera_node.hpp"

/* NULL: the camera does not offer it. */
const lc::ControlInfo *findControl(const lc::ControlInfoMap &controls, const lc::ControlId &wanted);

/* False when the control is not a single number; `value` is the default. */
bool describeControl(const lc::ControlId &id, const lc::ControlInfo &info,
                     struct source_control *ret_control);

/* "Brightness -1..1, Contrast 0..2", by name; "" when there is none. */
std::string describeControls(const lc::ControlInfoMap &controls);

double controlToDouble(const lc::ControlValue &value); /* NAN: not a number */
lc::ControlValue controlFromDouble(lc::ControlType type, double value);

#endif
