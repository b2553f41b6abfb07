#include "camera/intake.h"

#include <stdlib.h>

#include "base/clock.h"

#define AVERAGED 8            /* images */
#define PAUSE_US USEC_PER_SEC /* longer is no interval, but the source was away */
#define FASTER_NUMERATOR 9    /* a source within a tenth of the rate is not thinned: */
#define FASTER_DENOMINATOR 10 /* its clock and ours differ a little */

void intake_init(struct intake *intake, double fps)
{
	*intake = (struct intake){0};
	atomic_init(&intake->interval_us, pace_interval_us(fps));
}

void intake_set_fps(struct intake *intake, double fps)
{
	atomic_store_explicit(&intake->interval_us, pace_interval_us(fps), memory_order_relaxed);
}

static void measure(struct intake *intake, int64_t pts_us)
{
	int64_t interval_us = pts_us - intake->last_us;

	intake->last_us = pts_us;
	if (interval_us <= 0 || interval_us > PAUSE_US)
		return;
	if (intake->source_us == 0)
		intake->source_us = interval_us;
	else
		intake->source_us += (interval_us - intake->source_us) / AVERAGED;
}

static bool is_taken(struct intake *intake, int64_t pts_us)
{
	int64_t wish_us = atomic_load_explicit(&intake->interval_us, memory_order_relaxed);

	measure(intake, pts_us);
	if (intake->source_us * FASTER_DENOMINATOR >= wish_us * FASTER_NUMERATOR)
		return true;
	intake->pace.interval_us = wish_us;
	return pace_takes(&intake->pace, pts_us);
}

static void release_image(void *image)
{
	image_unref(image);
}

/* The image under another number: a view of the same planes. */
static struct image *renumbered(struct image *image, uint64_t sequence)
{
	struct image_info info = *image_info(image);
	struct image *view;

	info.sequence = sequence;
	view = image_new(&info, release_image, image);
	if (view)
		image_ref(image);
	return view;
}

struct image *intake_take(struct intake *intake, struct image *image)
{
	const struct image_info *info = image_info(image);

	if (info->sequence < intake->next) /* it counts from the beginning again */
		intake->offset += intake->next - info->sequence;
	intake->next = info->sequence + 1;
	if (!is_taken(intake, info->pts_us)) {
		intake->offset--;
		return NULL;
	}
	if (intake->offset == 0)
		return image_ref(image);
	return renumbered(image, info->sequence + intake->offset);
}
