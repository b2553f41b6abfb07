/*
 * A rendition: a camera's pictures as JPEGs of one size and rate, encoded once for all who read
 * them, and only while somebody does. `main` has the camera's size; a camera's own JPEGs are passed
 * through in it (a copy, no wake-up). `preview` is small and slow, for dashboards.
 *
 * A hub behind a stage with its thread. Life: new → start → stop → free. Any thread.
 */
#ifndef CAMNODE_CAMERA_RENDITION_H
#define CAMNODE_CAMERA_RENDITION_H

#include "media/hub.h"
#include "media/image.h"

enum rendition_kind { RENDITION_MAIN, RENDITION_PREVIEW, RENDITION_COUNT };

struct rendition;

struct rendition_options {
	const char *camera_id; /* borrowed for life */
	const char *thread;    /* its name begins with this */
	int max_width;         /* px; wider pictures are scaled down; 0: as they come */
	double fps;            /* at most; 0: as they come */
	int quality;           /* of JPEGs, 1..100 */
	struct ring_limits ring;
	/* Called when the first reader comes or the last one leaves; any thread. */
	void (*demand)(void *user, bool wanted);
	void *user;
};

/* "main", "preview". */
const char *rendition_name(enum rendition_kind kind);

/* NULL: no memory. */
struct rendition *rendition_new(const struct rendition_options *options);
void rendition_free(struct rendition *rendition); /* takes NULL */
int rendition_start(struct rendition *rendition); /* the stage's thread */
void rendition_stop(struct rendition *rendition); /* joins it and closes the hub */

struct hub *rendition_hub(struct rendition *rendition);
bool rendition_is_wanted(const struct rendition *rendition);
bool rendition_wants_every(const struct rendition *rendition); /* not only the newest */

/* Whether an image of this time would be encoded: somebody reads, and it is not too soon. */
bool rendition_is_due(struct rendition *rendition, int64_t pts_us);

/* An image (borrowed), raw or JPEG; it goes on if it is due. */
void rendition_offer(struct rendition *rendition, struct image *image);

void rendition_set_quality(struct rendition *rendition, int quality);

/* The size that pictures of this size get. */
void rendition_size(const struct rendition *rendition, int *width, int *height);

struct rendition_stats {
	uint64_t encoded; /* or passed through */
	uint64_t dropped_mailbox, dropped_encoder;
	uint64_t latency_us_sum, latency_count;
	int quality;
};
void rendition_stats(const struct rendition *rendition, struct rendition_stats *ret_stats);

#endif
