/*
 * The last snapshot pictures, so that a snapshot's `url` serves that very picture for ten minutes.
 * Keys are `<camera>/<picture>`, e.g. "cam0/20261123T140450123". Bounded in number, bytes and age.
 * Any thread.
 */
#ifndef CAMNODE_CONTROL_PICTURES_H
#define CAMNODE_CONTROL_PICTURES_H

#include "media/frame.h"

#define PICTURES_KEY_SIZE 96
#define PICTURES_MAX 64
#define PICTURES_MAX_BYTES (16 * 1024 * 1024)
#define PICTURES_MAX_AGE_US (10 * 60 * INT64_C(1000000))

struct pictures;

struct pictures *pictures_new(void);
void pictures_free(struct pictures *pictures); /* takes NULL */

/* Keeps a reference; the oldest go when a limit is reached. */
void pictures_add(struct pictures *pictures, const char *key, struct frame *frame);

/* A new reference, or NULL when unknown or too old. */
struct frame *pictures_get(struct pictures *pictures, const char *key);

#endif
