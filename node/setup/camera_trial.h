/*
 * Takes one picture with a camera as the node would, and says how it went. One thread, after
 * source_init_all(); blocks some seconds, or as long as the camera's library does.
 */
#ifndef CAMNODE_SETUP_CAMERA_TRIAL_H
#define CAMNODE_SETUP_CAMERA_TRIAL_H

#include "capture/source.h"

#define CAMERA_TRIAL_TIMEOUT_S 10

struct camera_trial {
	struct source_mode mode;    /* of the camera, if it could be opened */
	bool is_pattern;            /* the synthetic one */
	size_t bytes;               /* of the picture, as a JPEG */
	double seconds;             /* from opening the camera */
	char why[SOURCE_TEXT_SIZE]; /* what is wrong */
};

/* 0, or -errno with `why`: as source_ops.open, or -ETIMEDOUT without a picture, -EBADMSG with a
 * broken one. */
int camera_trial(const struct config_camera *camera, struct camera_trial *ret_trial);

#endif
