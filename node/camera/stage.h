/*
 * A stage: a thread behind a mailbox. Viewers want the newest image: one waits, and a newer one
 * takes its place. A recording wants every image: then up to STAGE_MAX_WAITING wait, so that a late
 * thread loses none. Only the first STAGE_MAX_HELD of them are the source's own, which has few
 * buffers (with the one being encoded, three of a UVC camera's four); those behind them are copies.
 */
#ifndef CAMNODE_CAMERA_STAGE_H
#define CAMNODE_CAMERA_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "media/image.h"

struct stage;

struct stage_ops {
	/* Encodes an image (borrowed). On the stage's thread. */
	void (*encode)(void *user, struct image *image);
	/* Nobody wants the results now: free what costs memory. On the stage's thread. */
	void (*idle)(void *user);
};

#define STAGE_MAX_HELD 2
#define STAGE_MAX_WAITING 16

/* Starts the thread. NULL on failure. */
struct stage *stage_new(const char *name, const struct stage_ops *ops, void *user);

/* Joins the thread; what is offered later is dropped. Once. */
void stage_stop(struct stage *stage);

/* After stage_stop(). Takes NULL. */
void stage_free(struct stage *stage);

/* Takes a reference to an image, or a copy of it; the oldest ones go if too many wait. `every`: all
 * are wanted, not only the newest. Any thread, never waits for encoding. */
void stage_offer(struct stage *stage, struct image *image, bool every);

/* Asks the thread to call ops->idle. */
void stage_idle(struct stage *stage);

/* Images that were replaced before they were taken. */
uint64_t stage_dropped(struct stage *stage);

#endif
