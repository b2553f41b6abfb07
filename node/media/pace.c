#include "media/pace.h"

#include "base/clock.h"

int64_t pace_interval_us(double fps)
{
	return fps > 0 ? (int64_t)(USEC_PER_SEC / fps) : 0;
}

/* A picture may come a little early, else a rate equal to the camera's would lose many. */
int64_t pace_next_us(const struct pace *pace)
{
	return pace->next_us - pace->interval_us / 4;
}

bool pace_takes(struct pace *pace, int64_t pts_us)
{
	if (pts_us < pace_next_us(pace))
		return false;
	pace->next_us += pace->interval_us;
	if (pace->next_us < pts_us) /* the first picture, or after a gap: no catching up */
		pace->next_us = pts_us + pace->interval_us;
	return true;
}
