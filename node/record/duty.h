/*
 * A duty of the library's worker: to scan, to recover, and so on. However often it is asked for, it
 * waits for its turn once, so that there always is room for it beside the changes that wait.
 * Inside of the library.
 */
#ifndef CAMNODE_RECORD_DUTY_H
#define CAMNODE_RECORD_DUTY_H

#include <stdatomic.h>

struct library;

struct duty {
	struct library *library;
	void (*run)(struct library *library); /* on the worker */
	atomic_bool waits;
};

#define DUTY_COUNT 4 /* of a library; one that runs may wait again */

void duty_init(struct duty *duty, struct library *library, void (*run)(struct library *library));

/* Any thread: it is done soon, unless the library has not started or stops. */
void duty_ask(struct duty *duty);

#endif
