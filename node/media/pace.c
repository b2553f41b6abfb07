#include "media/pace.h"

#include "base/clock.h"

int64_t pace_interval_us(double fps)
{
	return fps > 0 ? (int64_t)(USEC_PER_SEC / fps) : 0;
}

bool pace_takes(struct pace *pace, int64_t pts_us)
{
	/* A picture may come a little early, else a rate equal to the camera's would lose many. */
	int64_t slack_us = pace->interval_us / 4;

	if (pts_us < pace->next_us - slack_us)
		return false;
	pace->next_us += pace->interval_us;
	if (pace->next_us < pts_us) /* the first picture, or after a gap: no catching up */
		pace->next_us = pts_us + pace->interval_us;
	return true;
}
