#include "media/libav.h"

#include "base/log.h"
#include "base/url.h"

#include <errno.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* One message can come in pieces; only whole lines are passed on, and what has no end is cut off
 * here. Of a line that names a URL nothing follows its path: nobody knows where its secrets end. */
static void log_message(void *context, int level, const char *fmt, va_list args)
{
	char line[256];
	int print_prefix = 1;

	if (level > AV_LOG_WARNING)
		return;
	av_log_format_line(context, level, fmt, args, line, sizeof(line), &print_prefix);
	line[strcspn(line, "\n")] = '\0';
	url_hide_secrets(line);
	log_debug("libav: %s", line);
}

/* A damaged file may claim millions of frames in a few bytes, for each of which the library takes
 * memory before it looks for them. Enough for a picture of 8192x8192, and for two days of frames.
 */
#define MAX_BLOCK_BYTES (128U * 1024 * 1024)

static void set_up(void)
{
	av_log_set_callback(log_message);
	av_max_alloc(MAX_BLOCK_BYTES);
}

void libav_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, set_up);
}

int libav_errno(int averror)
{
	static const struct {
		int averror, error;
	} own_codes[] = {
		{AVERROR_INVALIDDATA, -EBADMSG},      {AVERROR_EOF, -ENODATA},
		{AVERROR_ENCODER_NOT_FOUND, -ENOSYS}, {AVERROR_MUXER_NOT_FOUND, -ENOSYS},
		{AVERROR_DEMUXER_NOT_FOUND, -ENOSYS},
	};

	for (size_t i = 0; i < sizeof(own_codes) / sizeof(own_codes[0]); i++)
		if (own_codes[i].averror == averror)
			return own_codes[i].error;
	/* The rest are tags of four letters, far from any errno. */
	return averror > -4096 ? averror : -EIO;
}

enum AVPixelFormat libav_pixel_format(enum image_format format)
{
	static const enum AVPixelFormat formats[] = {
		[IMAGE_YUV420] = AV_PIX_FMT_YUV420P, [IMAGE_YUV422] = AV_PIX_FMT_YUV422P,
		[IMAGE_NV12] = AV_PIX_FMT_NV12,      [IMAGE_YUYV] = AV_PIX_FMT_YUYV422,
		[IMAGE_JPEG] = AV_PIX_FMT_NONE,
	};

	return formats[format];
}
