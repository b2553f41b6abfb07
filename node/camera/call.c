#include "camera/call.h"

#include <stddef.h>

#include "base/clock.h"

void call_begin(struct call *call, const char *name)
{
	atomic_store(&call->name, name);
	atomic_store(&call->began_us, clock_mono_us());
}

void call_end(struct call *call)
{
	atomic_store(&call->began_us, 0);
}

const char *call_overdue(struct call *call, int64_t limit_us)
{
	int64_t began_us = atomic_load(&call->began_us);

	if (began_us == 0 || clock_mono_us() - began_us < limit_us)
		return NULL;
	return atomic_load(&call->name);
}
