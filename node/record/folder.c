#include "record/folder.h"

#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define BYTES_PER_MB UINT64_C(1000000)

/* Free beyond the reserve before recording goes on: else it would stop again at once. */
#define MIN_SPARE_BYTES (4 * BYTES_PER_MB)

/* Cuts `path` to the nearest folder that is there. */
static int find_existing(char *path, struct stat *ret_st)
{
	while (stat(path, ret_st) < 0) {
		if (errno != ENOENT)
			return -errno;
		/* A piece of `path`, which it cuts, or a constant "." or "/". */
		const char *parent = dirname(path);
		memmove(path, parent, strlen(parent) + 1);
	}
	return 0;
}

/* By the kernel's word, which knows bind mounts too. */
static bool is_mount_point(const char *path)
{
	struct statx st;

	return statx(AT_FDCWD, path, 0, STATX_TYPE, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* The folder itself or the one that it lies in; either may be missing below a missing mount. */
static bool is_mounted(const char *dir)
{
	char path[PATH_MAX];

	if (is_mount_point(dir))
		return true;
	if (str_copy(path, sizeof(path), dir) < 0)
		return false;
	dir = dirname(path);
	return strcmp(dir, "/") != 0 && strcmp(dir, ".") != 0 && is_mount_point(dir);
}

static int check(const struct config_record *config, uint64_t needed_bytes)
{
	uint64_t free_bytes, total_bytes;
	char path[PATH_MAX];
	struct stat st;
	int r = str_copy(path, sizeof(path), config->dir);

	if (r < 0)
		return r;
	if (config->require_mount && !is_mounted(config->dir))
		return -ENODEV;
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
	return free_bytes < needed_bytes ? -ENOSPC : 0;
}

int folder_check(const struct config_record *config)
{
	return check(config, (uint64_t)config->min_free_mb * BYTES_PER_MB);
}

int folder_check_again(const struct config_record *config)
{
	uint64_t reserve = (uint64_t)config->min_free_mb * BYTES_PER_MB;
	uint64_t spare = reserve / 8 > MIN_SPARE_BYTES ? reserve / 8 : MIN_SPARE_BYTES;

	return check(config, reserve + spare);
}

int folder_check_camera(const struct config_record *config, const char *camera)
{
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/%s", config->dir, camera) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode) ? -ELOOP : 0;
}

int folder_disk_bytes(const struct config_record *config, uint64_t *ret_bytes)
{
	uint64_t free_bytes;
	char path[PATH_MAX];
	struct stat st;
	int r = str_copy(path, sizeof(path), config->dir);

	if (r == 0)
		r = find_existing(path, &st);
	return r == 0 ? file_disk_space(path, &free_bytes, ret_bytes) : r;
}

void folder_explain(const struct config_record *config, int error,
                    char ret_text[static FOLDER_TEXT_SIZE])
{
	if (error == -ENOSPC && config->min_free_mb > 0)
		snprintf(ret_text, FOLDER_TEXT_SIZE, "less than %d MB free in %s",
		         config->min_free_mb, config->dir);
	else if (error == -ENODEV && config->require_mount)
		snprintf(ret_text, FOLDER_TEXT_SIZE, "nothing is mounted at %s", config->dir);
	else if (error == -ENOENT)
		snprintf(ret_text, FOLDER_TEXT_SIZE, "the file in %s is gone", config->dir);
	else
		snprintf(ret_text, FOLDER_TEXT_SIZE, "cannot write to %s: %s", config->dir,
		         strerrordesc_np(-error));
}
