#include "capture/replay.h"

#include <errno.h>
#include <stdio.h>

static int replay_open(const struct config_camera *camera, struct source **ret_source,
		       char ret_text[SOURCE_TEXT_SIZE])
{
	snprintf(ret_text, SOURCE_TEXT_SIZE, "replay is not there yet");
	return -ENOSYS;
}

const struct source_ops replay_ops = {.name = "replay", .open = replay_open};
