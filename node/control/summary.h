/*
 * The summary: the node's state in one line for people, what `systemctl status camnode` shows.
 */
#ifndef CAMNODE_CONTROL_SUMMARY_H
#define CAMNODE_CONTROL_SUMMARY_H

#include <stdbool.h>

#define SUMMARY_SIZE 192

struct summary {
	unsigned cameras, online, off; /* of the cameras: online, switched off */
	unsigned recording;            /* likewise */
	unsigned viewers;
	bool has_broker, connected;
};

/* "1 of 2 cameras online, 1 recording, 3 viewers, broker connected" */
void summary_text(const struct summary *summary, char ret_text[static SUMMARY_SIZE]);

#endif
