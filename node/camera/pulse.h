/*
 * The pulse of a source: what comes from it while it runs is counted here and passed on, and so
 * known is whether it has become silent. The source's thread brings pictures, any thread asks.
 */
#ifndef CAMNODE_CAMERA_PULSE_H
#define CAMNODE_CAMERA_PULSE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "camera/settle.h"
#include "media/image.h"

struct pulse {
	void *user;
	void (*image)(void *user, struct image *image); /* borrowed */
	bool (*wanted)(void *user);

	void *owner;
	void (*first)(void *owner); /* the first picture since the start came, or could have */

	/* written by the source's thread */
	atomic_int_fast64_t last_us;
	atomic_uint_fast64_t captured, dropped_sensor;

	struct settle settle; /* fed by the source's thread */

	/* the source's thread only, while it runs */
	uint64_t next_sequence;
	bool sequence_known;
	bool alive; /* it has given something since its start */
};

/* Before each start of the source. Counts go on. */
void pulse_begin(struct pulse *pulse);

/* On the source's thread: as source_sink.image (takes over the image) and source_sink.wanted. */
void pulse_image(struct pulse *pulse, struct image *image);
bool pulse_wanted(struct pulse *pulse);

/* How long nothing has come, in µs. */
int64_t pulse_silence_us(struct pulse *pulse);

/* Silence counts from now on. */
void pulse_forgive(struct pulse *pulse);

#endif
