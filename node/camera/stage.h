/*
 * A stage: a thread behind a one-slot mailbox. The newest image wins, so a slow encoder skips
 * images instead of holding them: at most two are held (one in the slot, one being encoded).
 */
#ifndef CAMNODE_CAMERA_STAGE_H
#define CAMNODE_CAMERA_STAGE_H

#include <stdint.h>

#include "media/image.h"

struct stage;

struct stage_ops {
	/* Encodes an image (borrowed). On the stage's thread. */
	void (*encode)(void *user, struct image *image);
	/* Nobody wants the results now: free what costs memory. On the stage's thread. */
	void (*idle)(void *user);
};

/* Starts the thread. NULL on failure. */
struct stage *stage_new(const char *name, const struct stage_ops *ops, void *user);

/* Joins the thread; what is offered later is dropped. Once. */
void stage_stop(struct stage *stage);

/* After stage_stop(). Takes NULL. */
void stage_free(struct stage *stage);

/* Puts an image (a reference of its own is taken) into the slot; any thread, never waits for
 * encoding. */
void stage_offer(struct stage *stage, struct image *image);

/* Asks the thread to call ops->idle. */
void stage_idle(struct stage *stage);

/* Images that were replaced in the slot before they were taken. */
uint64_t stage_dropped(struct stage *stage);

#endif
