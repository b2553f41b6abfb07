/*
 * A backlog: the packets that a decoder has not been given because nobody wanted their pictures.
 * It makes up for them in a burst once a picture is wanted, instead of waiting for the next key
 * frame, which may be far. Bounded, so that the burst is short. One thread.
 */
#ifndef CAMNODE_CAPTURE_BACKLOG_H
#define CAMNODE_CAPTURE_BACKLOG_H

#include <libavcodec/packet.h>
#include <stdbool.h>
#include <stddef.h>

#define BACKLOG_MAX_PACKETS 128 /* 5 s at 25 fps; half a second to decode at 720p */
#define BACKLOG_MAX_BYTES (16 * 1024 * 1024)

struct backlog {
	AVPacket *packets[BACKLOG_MAX_PACKETS]; /* a ring; the oldest is at `first` */
	size_t first, count;
	size_t bytes;
};

/* True when it has no room for a packet of `size` bytes; an empty one has room for any. */
bool backlog_is_full(const struct backlog *backlog, size_t size);

/* Appends a reference to the packet: 0, -ENOBUFS (is full), -ENOMEM. */
int backlog_push(struct backlog *backlog, const AVPacket *packet);

/* The oldest packet, the caller's. NULL: there is none. */
AVPacket *backlog_take(struct backlog *backlog);

/* Frees what it holds. A zeroed backlog, and a cleared one, need nothing else. */
void backlog_clear(struct backlog *backlog);

#endif
