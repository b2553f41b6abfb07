/*
 * The preparer: what has to be done with an image before it can be encoded: a JPEG is decoded when
 * somebody needs planes, and the overlay is drawn. Once for all encoders of a camera, on a thread
 * of its own, and only while that is needed: else images go past it.
 *
 * Life: new → start → stop → free. Any thread.
 */
#ifndef CAMNODE_CAMERA_PREPARER_H
#define CAMNODE_CAMERA_PREPARER_H

#include <stdbool.h>

#include "config/config.h"
#include "media/image.h"

struct preparer;

/* `ready` gets the planes, of even size (borrowed), on the preparer's thread. `config` is borrowed
 * for life. NULL: no memory. */
struct preparer *preparer_new(const struct config_camera *config,
                              void (*ready)(void *user, struct image *planes), void *user);
void preparer_free(struct preparer *preparer); /* takes NULL */
int preparer_start(struct preparer *preparer);
void preparer_stop(struct preparer *preparer);

/* An image (borrowed), raw or JPEG, which nobody else holds if it is writable; `every` as for
 * stage_offer(). */
void preparer_offer(struct preparer *preparer, struct image *image, bool every);

/* Nobody needs planes for now. */
void preparer_idle(struct preparer *preparer);

/* A set of enum overlay_flag, from the next image on. */
void preparer_set_overlay(struct preparer *preparer, unsigned flags);
bool preparer_draws(const struct preparer *preparer);

/* Images that were replaced by newer ones, and that are broken. */
uint64_t preparer_dropped(const struct preparer *preparer);
uint64_t preparer_failed(const struct preparer *preparer);

#endif
