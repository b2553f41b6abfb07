/*
 * To be preloaded: /dev/udmabuf without the kernel's. libcamera's virtual camera takes its buffers
 * from there; what it gets is the memory file that it made the buffer of, which can be mapped,
 * written and passed on as well.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

static const char *instead_of(const char *path)
{
	return strcmp(path, "/dev/udmabuf") == 0 ? "/dev/null" : path;
}

#define WRAP_OPEN(name)                                                            \
	int name(const char *path, int flags, ...)                                 \
	{                                                                          \
		int (*next)(const char *, int, ...) =                              \
			(int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name);  \
		va_list arguments;                                                 \
		int mode;                                                          \
                                                                                   \
		va_start(arguments, flags);                                        \
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, int) : 0; \
		va_end(arguments);                                                 \
		return next(instead_of(path), flags, mode);                        \
	}

WRAP_OPEN(open)
WRAP_OPEN(open64)

/* The kernel does not synchronise what is no DMA buffer, and need not. */
int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, ...) =
		(int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	va_list arguments;
	void *argument;
	int r;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (request == UDMABUF_CREATE)
		return fcntl((int)((struct udmabuf_create *)argument)->memfd, F_DUPFD_CLOEXEC, 3);
	r = next(fd, request, argument);
	return r < 0 && request == DMA_BUF_IOCTL_SYNC ? 0 : r;
}
