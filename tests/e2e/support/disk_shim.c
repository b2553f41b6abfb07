/*
 * A disk that fails on demand, preloaded into the node: files below $DISK_SHIM_DIR obey the first
 * byte of the file $DISK_SHIM_CONTROL: '.' works, 'w' writing fails, 's' syncing fails, 'l' both
 * take long. For tests only.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

static bool is_below(int fd)
{
	const char *folder = getenv("DISK_SHIM_DIR");
	char link[64], path[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (!folder || length < 0)
		return false;
	path[length] = '\0';
	return strncmp(path, folder, strlen(folder)) == 0 && strstr(path, ".mp4");
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
	if (control != kind)
		return false;
	errno = EIO;
	return true;
}

ssize_t write(int fd, const void *data, size_t size)
{
	static ssize_t (*next)(int, const void *, size_t);

	if (!next)
		next = dlsym(RTLD_NEXT, "write");
	return fails(fd, 'w') ? -1 : next(fd, data, size);
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
