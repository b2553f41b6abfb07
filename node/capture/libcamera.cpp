#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

extern "C" {
#include "capture/libcamera.h"
}
static int stub_open(const struct config_camera *, struct source **, char *ret_text)
{
	snprintf(ret_text, SOURCE_TEXT_SIZE, "there is no camera");
	return -ENODEV;
}
extern "C" const struct source_ops libcamera_ops = {"libcamera", stub_open, nullptr, nullptr,
						    nullptr,	 nullptr,   nullptr, nullptr};
bool libcamera_was_used(void)
{
	return false;
}
void libcamera_list(struct buf *text)
{
	buf_puts(text, "libcamera: no camera\n");
}
void libcamera_finish(void)
{
}
