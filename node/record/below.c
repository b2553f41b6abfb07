#include "record/below.h"

#include "base/cleanup.h"
#include "record/name.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Opens the folder that the file lies in: a descriptor or -errno; `ret_name` is the rest. */
static int open_folder(const char *folder, const char *file, const char **ret_name)
{
	int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char step[RECORDER_FILE_SIZE];
	const char *slash;
	int fd;

	if (at < 0)
		return -errno;
	for (; (slash = strchr(file, '/')); file = slash + 1) {
		if ((size_t)(slash - file) >= sizeof(step)) {
			close(at);
			return -ENAMETOOLONG;
		}
		memcpy(step, file, (size_t)(slash - file));
		step[slash - file] = '\0';
		fd = openat(at, step, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		if (fd < 0)
			return -errno;
		at = fd;
	}
	*ret_name = file;
	return at;
}

int below_open(const char *folder, const char *file)
{
	const char *name = file;
	_cleanup_close_ int at = open_folder(folder, file, &name);
	int fd;

	if (at < 0)
		return at;
	fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void below_remove_empty(const char *folder, const char *file)
{
	char path[RECORDER_FILE_SIZE];
	char *slash;

	if (str_copy(path, sizeof(path), file) < 0)
		return;
	while ((slash = strrchr(path, '/'))) {
		const char *name = path;

		*slash = '\0';
		if (!strchr(path, '/'))
			return; /* the camera's */
		_cleanup_close_ int at = open_folder(folder, path, &name);
		if (at < 0 || unlinkat(at, name, AT_REMOVEDIR) < 0)
			return;
	}
}

int below_unlink(const char *folder, const char *file)
{
	const char *name = file;
	_cleanup_close_ int at = open_folder(folder, file, &name);

	if (at < 0)
		return at;
	return unlinkat(at, name, 0) < 0 ? -errno : 0;
}
