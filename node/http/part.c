#include "http/part.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

size_t part_header(char ret_text[static PART_HEADER_SIZE], size_t bytes, int64_t wall_us)
{
	return (size_t)snprintf(ret_text, PART_HEADER_SIZE,
	                        "Content-Type: image/jpeg\r\nContent-Length: %zu\r\n"
	                        "X-Timestamp: %" PRId64 ".%06" PRId64 "\r\n\r\n",
	                        bytes, wall_us / USEC_PER_SEC, wall_us % USEC_PER_SEC);
}

bool part_rate_takes(struct part_rate *rate, int64_t pts_us)
{
	/* A frame may come a little early, else a rate equal to the camera's would lose many. */
	int64_t slack_us = rate->interval_us / 4;

	if (pts_us < rate->next_us - slack_us)
		return false;
	rate->next_us += rate->interval_us;
	if (rate->next_us < pts_us) /* the first frame, or after a gap: no catching up */
		rate->next_us = pts_us + rate->interval_us;
	return true;
}
