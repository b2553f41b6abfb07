#include "camera/feed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int feed_open(struct feed *feed, const struct config_camera *config,
              char ret_why[static SOURCE_TEXT_SIZE])
{
	call_begin(&feed->call, "open");
	int error = source_open(config, &feed->source, ret_why);
	call_end(&feed->call);
	return error;
}

int feed_start(struct feed *feed, const struct source_sink *sink,
               char ret_why[static SOURCE_TEXT_SIZE])
{
	call_begin(&feed->call, "start");
	int error = feed->source->ops->start(feed->source, sink);
	call_end(&feed->call);
	if (error == -EBUSY)
		snprintf(ret_why, SOURCE_TEXT_SIZE, "cannot start: another program uses it");
	else if (error < 0)
		snprintf(ret_why, SOURCE_TEXT_SIZE, "cannot start: %s", strerror(-error));
	return error;
}

void feed_stop(struct feed *feed)
{
	call_begin(&feed->call, "stop");
	feed->source->ops->stop(feed->source);
	call_end(&feed->call);
}

void feed_close(struct feed *feed)
{
	call_begin(&feed->call, "close");
	feed->source->ops->close(feed->source);
	call_end(&feed->call);
	feed->source = NULL;
}
