/*
 * A call to a library that may never return: the thread that makes it stamps its beginning and its
 * end, any other asks how long it has lasted.
 */
#ifndef CAMNODE_CAMERA_CALL_H
#define CAMNODE_CAMERA_CALL_H

#include <stdatomic.h>
#include <stdint.h>

struct call { /* zeroed at first */
	const char *_Atomic name;
	atomic_int_fast64_t began_us; /* 0: none runs */
};

void call_begin(struct call *call, const char *name); /* a constant */
void call_end(struct call *call);

/* The name of the call that has lasted for `limit_us` or longer, or NULL. */
const char *call_overdue(struct call *call, int64_t limit_us);

#endif
