/*
 * A disk that fails on demand, preloaded into the node: recordings and states below
 * $DISK_SHIM_DIR obey the first byte of the file $DISK_SHIM_CONTROL: '.' works, 'w' writing fails,
 * 's' syncing fails, 'l' both take long, 'h' writing hangs, 'r' all is read-only. For tests only.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLOW_US 300000

static char read_control(void)
{
	const char *path = getenv("DISK_SHIM_CONTROL");
	char control = '.';
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return '.';
	if (read(fd, &control, 1) != 1)
		control = '.';
	close(fd);
	return control;
}

static bool is_path_below(const char *path)
{
	const char *folder = getenv("DISK_SHIM_DIR");

	return folder && strncmp(path, folder, strlen(folder)) == 0 &&
	       (strstr(path, ".mp4") || strstr(path, "/state.json"));
}

static bool is_below(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		return false;
	path[length] = '\0';
	return is_path_below(path);
}

/* True when the call has to fail; takes its time when it has to. */
static bool fails(int fd, char kind)
{
	char control;

	if (!is_below(fd))
		return false;
	control = read_control();
	if (control == 'l')
		usleep(SLOW_US);
	while (control == 'h' && kind == 'w') {
		usleep(SLOW_US);
		control = read_control();
	}
	if (control != kind && !(control == 'r' && kind == 'w'))
		return false;
	errno = control == 'r' ? EROFS : EIO;
	return true;
}

ssize_t write(int fd, const void *data, size_t size)
{
	static ssize_t (*next)(int, const void *, size_t);

	if (!next)
		next = dlsym(RTLD_NEXT, "write");
	return fails(fd, 'w') ? -1 : next(fd, data, size);
}

static int open_as(const char *name, const char *path, int flags, mode_t mode)
{
	int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, name);

	if ((flags & O_ACCMODE) != O_RDONLY && is_path_below(path) && read_control() == 'r') {
		errno = EROFS;
		return -1;
	}
	return next(path, flags, mode);
}

static mode_t take_mode(int flags, va_list arguments)
{
	return flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	mode_t mode = take_mode(flags, arguments);
	va_end(arguments);
	return open_as("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;

	va_start(arguments, flags);
	mode_t mode = take_mode(flags, arguments);
	va_end(arguments);
	return open_as("open64", path, flags, mode);
}

static int sync_as(const char *name, int fd)
{
	int (*next)(int) = dlsym(RTLD_NEXT, name);

	return fails(fd, 's') ? -1 : next(fd);
}

int fsync(int fd)
{
	return sync_as("fsync", fd);
}

int fdatasync(int fd)
{
	return sync_as("fdatasync", fd);
}
