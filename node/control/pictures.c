#include "control/pictures.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

struct picture {
	char key[PICTURES_KEY_SIZE];
	struct frame *frame;
	int64_t added_us;
};

struct pictures {
	pthread_mutex_t mutex;
	struct picture items[PICTURES_MAX]; /* guarded by mutex; oldest first */
	size_t count;                       /* guarded by mutex */
	size_t bytes;                       /* guarded by mutex */
};

struct pictures *pictures_new(void)
{
	struct pictures *pictures = calloc(1, sizeof *pictures);

	if (pictures)
		pthread_mutex_init(&pictures->mutex, NULL);
	return pictures;
}

void pictures_free(struct pictures *pictures)
{
	if (!pictures)
		return;
	for (size_t i = 0; i < pictures->count; i++)
		frame_unref(pictures->items[i].frame);
	pthread_mutex_destroy(&pictures->mutex);
	free(pictures);
}

/* Takes the oldest out while a limit is reached; the mutex is held, the frames go to `ret_dropped`.
 */
static size_t make_room(struct pictures *pictures, size_t bytes, int64_t now_us,
                        struct frame *ret_dropped[static PICTURES_MAX])
{
	size_t n = 0;

	while (n < pictures->count &&
	       (pictures->count - n >= PICTURES_MAX ||
	        pictures->bytes + bytes > PICTURES_MAX_BYTES ||
	        now_us - pictures->items[n].added_us > PICTURES_MAX_AGE_US)) {
		ret_dropped[n] = pictures->items[n].frame;
		pictures->bytes -= frame_size(ret_dropped[n]);
		n++;
	}
	pictures->count -= n;
	memmove(pictures->items, pictures->items + n, pictures->count * sizeof *pictures->items);
	return n;
}

void pictures_add(struct pictures *pictures, const char *key, struct frame *frame)
{
	struct frame *dropped[PICTURES_MAX];
	int64_t now_us = clock_mono_us();

	pthread_mutex_lock(&pictures->mutex);
	size_t dropped_count = make_room(pictures, frame_size(frame), now_us, dropped);
	struct picture *item = &pictures->items[pictures->count];
	if (str_copy(item->key, sizeof item->key, key) == 0) {
		item->frame = frame_ref(frame);
		item->added_us = now_us;
		pictures->bytes += frame_size(frame);
		pictures->count++;
	}
	pthread_mutex_unlock(&pictures->mutex);
	for (size_t i = 0; i < dropped_count; i++)
		frame_unref(dropped[i]);
}

struct frame *pictures_get(struct pictures *pictures, const char *key)
{
	int64_t oldest_us = clock_mono_us() - PICTURES_MAX_AGE_US;
	struct frame *frame = NULL;

	pthread_mutex_lock(&pictures->mutex);
	for (size_t i = pictures->count; i-- > 0 && !frame;) {
		const struct picture *item = &pictures->items[i];
		if (item->added_us >= oldest_us && strcmp(item->key, key) == 0)
			frame = frame_ref(item->frame);
	}
	pthread_mutex_unlock(&pictures->mutex);
	return frame;
}
