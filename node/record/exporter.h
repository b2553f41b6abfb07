/*
 * The exporter: makes H.264 of MJPEG recordings, which browsers do not play. A new recording comes
 * to lie beside the first, with the same time in its name. A thread of its own, at the lowest
 * priority, makes one at a time; what is cut short by the end of the node leaves
 * nothing, and is told as -ESHUTDOWN.
 *
 * new → submit → stop → free. Any thread submits, and nothing blocks but stop and free.
 */
#ifndef CAMNODE_RECORD_EXPORTER_H
#define CAMNODE_RECORD_EXPORTER_H

#include "config/config.h"
#include "record/library.h"

#define EXPORTER_MAX_WAITING 16

struct exporter;

struct exporter_options {
	const struct config *config; /* borrowed for life: how each camera encodes */
	struct library *library;     /* borrowed for life: where they are, and get listed */
	/* On the exporter's thread: `item` is the new recording when `error` is 0, else what it was
	 * to be made of, and there is no other. */
	void (*done)(void *user, const char *source, int error, const struct library_item *item);
	void *user;
};

/* NULL: no memory. The thread begins with it. */
struct exporter *exporter_new(const struct exporter_options *options);

/* Gives up what is being made: 0, or -ETIMEDOUT while it hangs on the disk. */
int exporter_stop(struct exporter *exporter, int64_t timeout_us);
void exporter_free(struct exporter *exporter); /* takes NULL */

/* 0 with the recording; -EINPROGRESS: that one waits, or is being made; -EEXIST with its export,
 * which is listed. -ENOENT: not listed; -EINVAL: no MJPEG that can be read; -ENOSPC: too many wait
 * already; -ENOMEM, -ESHUTDOWN. After an error `done` is not called. */
int exporter_submit(struct exporter *exporter, const char *file, struct library_item *ret_item);

#endif
