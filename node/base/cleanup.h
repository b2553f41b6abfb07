/*
 * Locals that clean themselves. `_cleanup_(fn)` calls fn(&variable) when the variable leaves scope;
 * `move_ptr(p)` hands a pointer on and leaves NULL behind.
 */
#ifndef CAMNODE_BASE_CLEANUP_H
#define CAMNODE_BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(fn) __attribute__((cleanup(fn)))

/* DEFINE_CLEANUP(struct x *, x_free) defines x_free_p() for _cleanup_(); x_free must take NULL. */
#define DEFINE_CLEANUP(type, fn)           \
	static inline void fn##_p(type *p) \
	{                                  \
		fn(*p);                    \
	}                                  \
	struct fn##_cleanup_needs_semicolon

#define move_ptr(p)                       \
	({                                \
		__auto_type moved_ = (p); \
		(p) = NULL;               \
		moved_;                   \
	})

static inline void free_p(void *p)
{
	free(*(void **)p);
}

static inline void close_p(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _cleanup_free_ _cleanup_(free_p)
#define _cleanup_close_ _cleanup_(close_p)

#endif
