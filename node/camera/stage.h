/*
 * A stage: a thread behind a mailbox of one or two slots. The newest images win, so a slow encoder
 * skips images instead of holding them: at most three are held (two waiting, one being encoded).
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

#define STAGE_MAX_SLOTS 2

/* Starts the thread, behind 1..STAGE_MAX_SLOTS slots. NULL on failure. */
struct stage *stage_new(const char *name, unsigned slots, const struct stage_ops *ops, void *user);

/* Joins the thread; what is offered later is dropped. Once. */
void stage_stop(struct stage *stage);

/* After stage_stop(). Takes NULL. */
void stage_free(struct stage *stage);

/* Puts an image (a reference of its own is taken) into a slot, the oldest one's when all are full;
 * any thread, never waits for encoding. */
void stage_offer(struct stage *stage, struct image *image);

/* Asks the thread to call ops->idle. */
void stage_idle(struct stage *stage);

/* Images that were replaced before they were taken. */
uint64_t stage_dropped(struct stage *stage);

#endif
