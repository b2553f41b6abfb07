/*
 * A feed: the source of a camera while it is open, with a stamp on each of its calls, since any of
 * them may never return. The supervisor's thread calls; any asks what is overdue.
 */
#ifndef CAMNODE_CAMERA_FEED_H
#define CAMNODE_CAMERA_FEED_H

#include "camera/call.h"
#include "capture/source.h"

struct feed {                  /* zeroed at first */
	struct source *source; /* NULL: not open */
	struct call call;
};

/* As source_open(). */
int feed_open(struct feed *feed, const struct config_camera *config,
              char ret_why[static SOURCE_TEXT_SIZE]);

/* 0, or -errno and `ret_why`. */
int feed_start(struct feed *feed, const struct source_sink *sink,
               char ret_why[static SOURCE_TEXT_SIZE]);
void feed_stop(struct feed *feed);
void feed_close(struct feed *feed);

#endif
