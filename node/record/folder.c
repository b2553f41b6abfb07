#include "record/folder.h"

#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define BYTES_PER_MB UINT64_C(1000000)

/* Cuts `path` to the nearest folder that is there. */
static int find_existing(char *path, struct stat *ret_st)
{
	while (stat(path, ret_st) < 0) {
		if (errno != ENOENT)
			return -errno;
		/* Returns a piece of `path`, or a constant "." or "/". */
		memmove(path, dirname(path), strlen(dirname(path)) + 1);
	}
	return 0;
}

int folder_check(const struct config_record *config)
{
	uint64_t free_bytes, total_bytes;
	char path[PATH_MAX];
	struct stat st;
	int r = str_copy(path, sizeof(path), config->dir);

	if (r < 0)
		return r;
	r = find_existing(path, &st);
	if (r < 0)
		return r;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (access(path, W_OK | X_OK) < 0)
		return -errno;
	r = file_disk_space(path, &free_bytes, &total_bytes);
	if (r < 0)
		return r;
	return free_bytes < (uint64_t)config->min_free_mb * BYTES_PER_MB ? -ENOSPC : 0;
}
