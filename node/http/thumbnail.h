/*
 * A small picture of each recording, `/recordings/<file>/thumbnail.jpg`: made by the worker when
 * it is first asked for, and kept for a while in memory.
 */
#ifndef CAMNODE_HTTP_THUMBNAIL_H
#define CAMNODE_HTTP_THUMBNAIL_H

#include "http/request.h"

#define THUMBNAIL_SUFFIX "/thumbnail.jpg"
#define THUMBNAIL_WIDTH 320 /* px at most */
#define THUMBNAIL_KEPT 128  /* in memory, some 10 kB each */

struct thumbnails; /* those that are kept; the worker's own */

struct thumbnails *thumbnails_new(void);
void thumbnails_free(struct thumbnails *thumbnails); /* after the worker; takes NULL */

/* True when the path is a thumbnail's. */
bool thumbnail_is_asked(const struct request *request);

void thumbnail_handle(struct request *request);

#endif
