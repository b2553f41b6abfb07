#include "capture/source.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/url.h"
#include "capture/libcamera.h"
#include "capture/pattern.h"
#include "capture/replay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What config_camera.source may be; a name that ends in ':' is followed by something. */
static const struct {
	const char *name;
	const struct source_ops *ops;
} kinds[] = {
	{"pattern", &pattern_ops},
	{"libcamera", &libcamera_ops},
	{"libcamera:", &libcamera_ops},
	{REPLAY_PREFIX, &replay_ops},
};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static bool name_matches(const char *name, const char *source)
{
	const size_t length = strlen(name);

	if (name[length - 1] != ':')
		return strcmp(source, name) == 0;
	return strncmp(source, name, length) == 0 && source[length] != '\0';
}

struct source_flip source_flip(const struct config_camera *camera)
{
	const bool turned = camera->rotation == 180;

	return (struct source_flip){camera->hflip != turned, camera->vflip != turned};
}

/* The pattern stands in for a camera that was never there, not for one that was lost: nobody must
 * take it for the camera's picture. */
static int open_auto(const struct config_camera *camera, struct source **ret_source,
                     char ret_text[SOURCE_TEXT_SIZE])
{
	int r = libcamera_ops.open(camera, ret_source, ret_text);

	if ((r != -ENODEV && r != -ENOSYS) || libcamera_was_used())
		return r;
	log_info("%s: %s; the test pattern takes its place", camera->id, ret_text);
	return pattern_ops.open(camera, ret_source, ret_text);
}

int source_open(const struct config_camera *camera, struct source **ret_source,
                char ret_text[SOURCE_TEXT_SIZE])
{
	if (strcmp(camera->source, "auto") == 0)
		return open_auto(camera, ret_source, ret_text);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (name_matches(kinds[i].name, camera->source))
			return kinds[i].ops->open(camera, ret_source, ret_text);
	}
	_cleanup_free_ char *shown = url_without_secrets(camera->source);
	snprintf(ret_text, SOURCE_TEXT_SIZE,
	         "there is no source \"%s\"; there are auto, pattern, libcamera, "
	         "libcamera:<id or index> and replay:<file or URL>",
	         shown ? shown : "");
	return -EINVAL;
}

void source_list(struct buf *text)
{
	libcamera_list(text);
	buf_puts(text, "pattern: Test pattern, YUV420 of any size and rate\n"
	               "replay:<file or URL>: whatever libavformat reads\n");
}

void source_init_all(void)
{
	libcamera_init();
}

void source_finish_all(void)
{
	libcamera_finish();
}
