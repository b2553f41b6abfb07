#include "control/summary.h"

#include <stdio.h>

#define CAMERAS_SIZE 64

static const char *plural(unsigned count)
{
	return count == 1 ? "" : "s";
}

static void describe_cameras(const struct summary *summary, char ret_text[static CAMERAS_SIZE])
{
	unsigned on = summary->cameras - summary->off;

	if (summary->cameras == 0)
		snprintf(ret_text, CAMERAS_SIZE, "no cameras");
	else if (on == 0)
		snprintf(ret_text, CAMERAS_SIZE, "%u camera%s off", summary->off,
		         plural(summary->off));
	else if (summary->online == on)
		snprintf(ret_text, CAMERAS_SIZE, "%u camera%s online", on, plural(on));
	else
		snprintf(ret_text, CAMERAS_SIZE, "%u of %u camera%s online", summary->online, on,
		         plural(on));
}

void summary_text(const struct summary *summary, char ret_text[static SUMMARY_SIZE])
{
	char cameras[CAMERAS_SIZE], off[CAMERAS_SIZE] = "";
	const char *broker = "";

	describe_cameras(summary, cameras);
	if (summary->off > 0 && summary->off < summary->cameras)
		snprintf(off, sizeof off, " (%u off)", summary->off);
	if (summary->has_broker)
		broker = summary->connected ? ", broker connected" : ", broker away";
	snprintf(ret_text, SUMMARY_SIZE, "%s%s, %u recording, %u viewer%s%s", cameras, off,
	         summary->recording, summary->viewers, plural(summary->viewers), broker);
}
