/*
 * The controls of the pattern camera, one of each type at least. Brightness, and ExposureTime while
 * AeEnable is false, change the picture; Fault makes the camera fail at once (tests); the others
 * only keep their value. Any thread.
 */
#ifndef CAMNODE_CAPTURE_PATTERN_CONTROL_H
#define CAMNODE_CAPTURE_PATTERN_CONTROL_H

#include <pthread.h>

#include "capture/fault.h"
#include "capture/source_control.h"

enum pattern_control {
	PATTERN_AE_ENABLE,
	PATTERN_AF_MODE,
	PATTERN_BRIGHTNESS,
	PATTERN_EXPOSURE_TIME,
	PATTERN_FAULT, /* of enum fault_kind, up to FAULT_DISCONNECT */
	PATTERN_LENS_POSITION,
	PATTERN_CONTROL_COUNT,
};

struct pattern_controls {
	pthread_mutex_t mutex;
	double values[PATTERN_CONTROL_COUNT]; /* guarded by mutex */
};

void pattern_controls_init(struct pattern_controls *controls); /* to the defaults */
void pattern_controls_finish(struct pattern_controls *controls);

/* As source_ops.controls and source_ops.set_control. */
size_t pattern_controls_list(struct pattern_controls *controls, struct source_control *ret_controls,
                             size_t capacity);
int pattern_controls_set(struct pattern_controls *controls, const char *name, double value);

/* Of the picture: -1..1, by all that changes it. */
double pattern_controls_brightness(struct pattern_controls *controls);

enum fault_kind pattern_controls_fault(struct pattern_controls *controls);

#endif
