#include "camera/pulse.h"

#include "base/clock.h"

void pulse_begin(struct pulse *pulse)
{
	pulse->sequence_known = false;
	pulse->alive = false;
	settle_begin(&pulse->settle);
	pulse_forgive(pulse);
}

/* A picture came, or could have come: the first one since the start says that the camera lives. */
static void count_picture(struct pulse *pulse, const struct image_info *info)
{
	int64_t now_us = clock_mono_us();

	settle_feed(&pulse->settle, info, now_us);
	atomic_store_explicit(&pulse->last_us, now_us, memory_order_relaxed);
	atomic_fetch_add_explicit(&pulse->captured, 1, memory_order_relaxed);
	if (!pulse->alive)
		pulse->first(pulse->owner);
	pulse->alive = true;
}

void pulse_image(struct pulse *pulse, struct image *image)
{
	uint64_t sequence = image_info(image)->sequence;

	count_picture(pulse, image_info(image));
	if (pulse->sequence_known && sequence > pulse->next_sequence)
		atomic_fetch_add_explicit(&pulse->dropped_sensor, sequence - pulse->next_sequence,
		                          memory_order_relaxed);
	pulse->next_sequence = sequence + 1;
	pulse->sequence_known = true;
	pulse->image(pulse->user, image);
	image_unref(image);
}

bool pulse_wanted(struct pulse *pulse)
{
	if (pulse->wanted(pulse->user))
		return true;
	/* A picture that need not be made counts as captured, and its gap is no loss. */
	count_picture(pulse, NULL);
	pulse->sequence_known = false;
	return false;
}

int64_t pulse_silence_us(struct pulse *pulse)
{
	return clock_mono_us() - atomic_load_explicit(&pulse->last_us, memory_order_relaxed);
}

void pulse_forgive(struct pulse *pulse)
{
	atomic_store_explicit(&pulse->last_us, clock_mono_us(), memory_order_relaxed);
}
