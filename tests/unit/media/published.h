/* A hub and numbered frames for its tests. */
#ifndef CAMNODE_TESTS_MEDIA_PUBLISHED_H
#define CAMNODE_TESTS_MEDIA_PUBLISHED_H

#include "media/hub.h"

#define FRAME_US 40000

static const struct hub_reader_options every = {.mode = HUB_EVERY, .from_us = INT64_MAX};
static const struct hub_reader_options latest = {.mode = HUB_LATEST, .viewer = true};

static inline struct hub *new_hub(size_t frames, size_t bytes)
{
	const struct ring_limits limits = {.frames = frames, .bytes = bytes};

	return hub_new(&limits);
}

static inline void publish_codec(struct hub *hub, enum frame_codec codec, uint64_t sequence,
                                 bool key, size_t size)
{
	static const uint8_t data[1000];
	const struct frame_info info = {
		.codec = codec,
		.sequence = sequence,
		.pts_us = (int64_t)sequence * FRAME_US,
		.key = key,
	};
	struct frame *frame = frame_new(&info, data, size);

	hub_publish(hub, frame);
	frame_unref(frame);
}

static inline void publish_sized(struct hub *hub, uint64_t sequence, bool key, size_t size)
{
	publish_codec(hub, FRAME_H264, sequence, key, size);
}

static inline void publish(struct hub *hub, uint64_t sequence, bool key)
{
	publish_sized(hub, sequence, key, 10);
}

#endif
