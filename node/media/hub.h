/*
 * The hub: a ring of the last encoded frames, bounded in frames, bytes and time, and a cursor per
 * reader. One thread publishes, any threads read. Publishing never waits for readers and keeps no
 * queue per reader: one that is too slow finds that frames are gone, and is told how many.
 *
 * LATEST readers (viewers) skip to the newest frame; EVERY readers (recorders, relays) get each
 * one. With H.264 only EVERY makes sense: a reader starts at a key frame and, after a loss, resumes
 * at one (the hub asks the encoder for it).
 *
 * A reader is used by one thread at a time. hub_publish() calls listeners on the publishing thread
 * without holding the hub's lock.
 */
#ifndef CAMNODE_MEDIA_HUB_H
#define CAMNODE_MEDIA_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/ring.h"

struct hub;
struct hub_reader;

enum hub_mode { HUB_LATEST, HUB_EVERY };

struct hub_stats {
	uint64_t published;   /* frames */
	uint64_t bytes;       /* published in all */
	uint64_t reader_lost; /* frames that EVERY readers were too slow for */
	size_t ring_frames, ring_bytes;
	unsigned readers;
	unsigned viewers; /* readers made with `viewer` */
};

struct hub *hub_new(const struct ring_limits *limits);

/* Readers hold a reference: the hub lives until the last is freed. Takes NULL. */
void hub_unref(struct hub *hub);
struct hub *hub_ref(struct hub *hub);

/* Publishes a frame; the caller keeps its reference. Wakes waiting readers, then calls listeners.
 */
void hub_publish(struct hub *hub, struct frame *frame);

/* What the encoder says when it cannot make a frame of a picture: -errno, until the next publish.
 * Readers that wait in vain ask for it. */
void hub_set_error(struct hub *hub, int error);
int hub_error(const struct hub *hub);

/* No more frames will come for ever: waiting readers get -ESHUTDOWN. */
void hub_close(struct hub *hub);

/* True while somebody reads: the encoder asks before it encodes. Cheap (one atomic read). */
bool hub_wanted(const struct hub *hub);
/* True while an EVERY reader is there. As cheap. */
bool hub_wants_every(const struct hub *hub);

/* Called, on a reader's thread, when the first reader came or the last one left; not for readers
 * that are there already. Calls don't overlap. One owner; NULL unsets, and waits for a running
 * call. */
void hub_set_demand(struct hub *hub, void (*demand)(void *user, bool wanted), void *user);

/* H.264: true once after somebody asked for a key frame; the encoder calls it before each frame. */
bool hub_take_key_request(struct hub *hub);
void hub_request_key(struct hub *hub);

/* Called on the publishing thread after each publish and at close; must return quickly. Up to
 * HUB_MAX_LISTENERS: 0 or -ENOSPC. Removing waits for a running call (so never from a listener). */
#define HUB_MAX_LISTENERS 4
int hub_add_listener(struct hub *hub, void (*published)(void *user), void *user);
void hub_remove_listener(struct hub *hub, void (*published)(void *user), void *user);

/* The newest frame (a new reference), or NULL. */
struct frame *hub_last(struct hub *hub);

/* Forgets all frames held (the camera was switched off; nothing of before may be shown). */
void hub_clear(struct hub *hub);

/* Covered, the hub forgets all frames held, and takes placeholders only: what was still being
 * encoded comes to nobody. */
void hub_cover(struct hub *hub, bool covered);

void hub_stats(struct hub *hub, struct hub_stats *ret_stats);

struct hub_reader_options {
	enum hub_mode mode;
	bool viewer;     /* counted as a live viewer */
	int64_t from_us; /* EVERY: begin with the oldest frame held whose pts is at least this (with
	                  * H.264, with the last key frame before it); INT64_MAX: with the next one
	                  * published */
};

/* Registers a reader, which is demand: NULL when out of memory. LATEST begins with the next frame.
 */
struct hub_reader *hub_reader_new(struct hub *hub, const struct hub_reader_options *options);
void hub_reader_free(struct hub_reader *reader); /* takes NULL */
DEFINE_CLEANUP(struct hub_reader *, hub_reader_free);

/*
 * The next frame, a new reference: 0, -EAGAIN when there is none yet, -ESHUTDOWN after the close
 * when all has been read. `ret_lost` (may be NULL): frames missed since the last one, by the ring's
 * count.
 */
int hub_reader_next(struct hub_reader *reader, struct frame **ret_frame, uint64_t *ret_lost);

/* As above, waits until the monotonic deadline: -ETIMEDOUT. hub_reader_wake() ends a wait: -EINTR.
 */
int hub_reader_wait(struct hub_reader *reader, int64_t deadline_us, struct frame **ret_frame,
                    uint64_t *ret_lost);
void hub_reader_wake(struct hub_reader *reader);

#endif
