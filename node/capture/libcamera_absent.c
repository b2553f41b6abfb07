/* Stands for libcamera.cpp in a build without libcamera. */
#ifndef CAMNODE_LIBCAMERA

#include "capture/libcamera.h"

#include <errno.h>
#include <stdio.h>

static int absent_open(const struct config_camera *camera, struct source **ret_source,
                       char ret_text[SOURCE_TEXT_SIZE])
{
	snprintf(ret_text, SOURCE_TEXT_SIZE, "this camnode was built without libcamera");
	return -ENOSYS;
}

const struct source_ops libcamera_ops = {.name = "libcamera", .open = absent_open};

bool libcamera_was_used(void)
{
	return false;
}

void libcamera_list(struct buf *text)
{
	buf_puts(text, "libcamera: not in this build\n");
}

void libcamera_init(void)
{
}

void libcamera_finish(void)
{
}

#endif
