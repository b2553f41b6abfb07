#include "capture/pool.h"

#include <pthread.h>
#include <stdlib.h>

#define ALIGNMENT 64 /* bytes, of planes and rows: what vector code likes best */

struct buffer {
	struct pool *pool;
	uint8_t *data;
	bool taken; /* guarded by pool->mutex */
};

struct pool {
	pthread_mutex_t mutex;
	size_t refs; /* the maker's and one for each image; guarded by mutex */
	struct image_info info;
	size_t offsets[3]; /* of the planes in a buffer */
	size_t count;
	struct buffer buffers[POOL_MAX_BUFFERS];
};

static size_t align(size_t size)
{
	return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Lays out the planes; returns the bytes of a buffer. */
static size_t set_layout(struct pool *pool, int width, int height)
{
	/* JPEG encoders read whole chroma samples' luma: an odd height has a row more. */
	const size_t chroma_rows = ((size_t)height + 1) / 2;
	const size_t luma_stride = align((size_t)width);
	const size_t chroma_stride = align(((size_t)width + 1) / 2);

	pool->info.format = IMAGE_YUV420;
	pool->info.writable = true;
	pool->info.width = width;
	pool->info.height = height;
	pool->info.strides[0] = (int)luma_stride;
	pool->info.strides[1] = pool->info.strides[2] = (int)chroma_stride;
	pool->offsets[1] = luma_stride * 2 * chroma_rows;
	pool->offsets[2] = pool->offsets[1] + chroma_stride * chroma_rows;
	return pool->offsets[2] + chroma_stride * chroma_rows;
}

struct pool *pool_new(size_t count, int width, int height)
{
	struct pool *pool;
	size_t size;

	if (count > POOL_MAX_BUFFERS)
		return NULL;
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return NULL;
	pthread_mutex_init(&pool->mutex, NULL);
	pool->refs = 1;
	size = set_layout(pool, width, height);
	for (size_t i = 0; i < count; i++) {
		pool->buffers[i].pool = pool;
		pool->buffers[i].data = aligned_alloc(ALIGNMENT, size);
		pool->count++;
		if (!pool->buffers[i].data) {
			pool_unref(pool);
			return NULL;
		}
	}
	return pool;
}

static void pool_free(struct pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		free(pool->buffers[i].data);
	pthread_mutex_destroy(&pool->mutex);
	free(pool);
}

static void give_back(struct pool *pool, struct buffer *buffer)
{
	bool last;

	pthread_mutex_lock(&pool->mutex);
	if (buffer)
		buffer->taken = false;
	last = --pool->refs == 0;
	pthread_mutex_unlock(&pool->mutex);
	if (last)
		pool_free(pool);
}

void pool_unref(struct pool *pool)
{
	if (pool)
		give_back(pool, NULL);
}

static void release_buffer(void *owner)
{
	struct buffer *buffer = owner;

	give_back(buffer->pool, buffer);
}

static struct buffer *take_buffer(struct pool *pool)
{
	struct buffer *found = NULL;

	pthread_mutex_lock(&pool->mutex);
	for (size_t i = 0; i < pool->count && !found; i++) {
		if (!pool->buffers[i].taken)
			found = &pool->buffers[i];
	}
	if (found) {
		found->taken = true;
		pool->refs++;
	}
	pthread_mutex_unlock(&pool->mutex);
	return found;
}

struct image *pool_take(struct pool *pool, const struct image_info *info)
{
	struct buffer *buffer = take_buffer(pool);
	struct image_info full = pool->info;
	struct image *image;

	if (!buffer)
		return NULL;
	full.full_range = info->full_range;
	full.sequence = info->sequence;
	full.pts_us = info->pts_us;
	for (int i = 0; i < 3; i++)
		full.planes[i] = buffer->data + pool->offsets[i];
	image = image_new(&full, release_buffer, buffer);
	if (!image)
		give_back(pool, buffer);
	return image;
}
