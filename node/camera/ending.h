/*
 * Whether an open source has ended by itself, and why. Any thread tells, any thread asks.
 */
#ifndef CAMNODE_CAMERA_ENDING_H
#define CAMNODE_CAMERA_ENDING_H

#include <pthread.h>
#include <stdbool.h>

#include "capture/source.h"

struct ending {
	pthread_mutex_t mutex;
	bool came;                  /* guarded by mutex */
	char why[SOURCE_TEXT_SIZE]; /* guarded by mutex: of came */
};

void ending_init(struct ending *ending);
void ending_finish(struct ending *ending);
void ending_tell(struct ending *ending, const char *why);
void ending_forget(struct ending *ending);

/* 0: it has not ended; else -ENODEV and `ret_why`. */
int ending_check(struct ending *ending, char ret_why[static SOURCE_TEXT_SIZE]);

#endif
