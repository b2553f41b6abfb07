#include "capture/pattern_control.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#define EXPOSURE_DEF_US 10000
#define STOPS_TO_WHITE 8.0 /* exposures that double the default so often show white */

static const struct source_control table[PATTERN_CONTROL_COUNT] = {
	[PATTERN_AE_ENABLE] = {.name = "AeEnable",
                               .type = SOURCE_CONTROL_BOOLEAN,
                               .max = 1,
                               .def = 1},
	[PATTERN_AF_MODE] = {.name = "AfMode",
                             .type = SOURCE_CONTROL_ENUM,
                             .max = 2,
                             .words = {"Manual", "Auto", "Continuous"}},
	[PATTERN_BRIGHTNESS] = {.name = "Brightness",
                                .type = SOURCE_CONTROL_FLOAT,
                                .min = -1,
                                .max = 1},
	[PATTERN_EXPOSURE_TIME] = {.name = "ExposureTime",
                                   .type = SOURCE_CONTROL_INTEGER,
                                   .min = 100,
                                   .max = 33000,
                                   .def = EXPOSURE_DEF_US},
	[PATTERN_FAULT] = {.name = "Fault",
                           .type = SOURCE_CONTROL_ENUM,
                           .max = FAULT_DISCONNECT,
                           .words = {"None", "Stall", "Slow", "Disconnect"}},
	[PATTERN_LENS_POSITION] = {.name = "LensPosition",
                                   .type = SOURCE_CONTROL_FLOAT,
                                   .max = 15,
                                   .def = 1},
};

void pattern_controls_init(struct pattern_controls *controls)
{
	pthread_mutex_init(&controls->mutex, NULL);
	for (size_t i = 0; i < PATTERN_CONTROL_COUNT; i++)
		controls->values[i] = table[i].def;
}

void pattern_controls_finish(struct pattern_controls *controls)
{
	pthread_mutex_destroy(&controls->mutex);
}

static double get(struct pattern_controls *controls, enum pattern_control control)
{
	pthread_mutex_lock(&controls->mutex);
	double value = controls->values[control];
	pthread_mutex_unlock(&controls->mutex);
	return value;
}

size_t pattern_controls_list(struct pattern_controls *controls, struct source_control *ret_controls,
                             size_t capacity)
{
	const size_t count = capacity < PATTERN_CONTROL_COUNT ? capacity : PATTERN_CONTROL_COUNT;

	for (size_t i = 0; i < count; i++) {
		ret_controls[i] = table[i];
		ret_controls[i].value = get(controls, (enum pattern_control)i);
	}
	return count;
}

int pattern_controls_set(struct pattern_controls *controls, const char *name, double value)
{
	for (size_t i = 0; i < PATTERN_CONTROL_COUNT; i++) {
		if (strcasecmp(table[i].name, name) != 0)
			continue;
		if (!(value >= table[i].min && value <= table[i].max))
			return -ERANGE;
		pthread_mutex_lock(&controls->mutex);
		controls->values[i] = value;
		pthread_mutex_unlock(&controls->mutex);
		return 0;
	}
	return -ENOENT;
}

double pattern_controls_brightness(struct pattern_controls *controls)
{
	double brightness = get(controls, PATTERN_BRIGHTNESS);

	if (get(controls, PATTERN_AE_ENABLE) == 0)
		brightness += log2(get(controls, PATTERN_EXPOSURE_TIME) / EXPOSURE_DEF_US) /
		              STOPS_TO_WHITE;
	return fmax(-1, fmin(1, brightness));
}

enum fault_kind pattern_controls_fault(struct pattern_controls *controls)
{
	return (enum fault_kind)get(controls, PATTERN_FAULT);
}
