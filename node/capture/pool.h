/*
 * A fixed set of YUV420 buffers for a source that makes its pictures itself: memory that is used
 * again, and a limit to how many images may be out. Counted: an image keeps its pool, so the
 * maker may go before the last image comes back. Any thread.
 */
#ifndef CAMNODE_CAPTURE_POOL_H
#define CAMNODE_CAPTURE_POOL_H

#include "media/image.h"

#define POOL_MAX_BUFFERS 8

struct pool;

/* NULL: no memory. `count` up to POOL_MAX_BUFFERS. */
struct pool *pool_new(size_t count, int width, int height);
void pool_unref(struct pool *pool); /* takes NULL */

/* An image on a free buffer, its planes not cleared; format, size, planes and strides of `info`
 * are the pool's. NULL: all buffers are out. */
struct image *pool_take(struct pool *pool, const struct image_info *info);

#endif
