#include "base/file.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define CHUNK_SIZE 16384

/* Behind the name of a file, that of the one which is to replace it. */
#define TEMPORARY_RANDOM "XXXXXX"
#define TEMPORARY_END ".tmp"

struct file_owner {
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool keep; /* those that the file is made with */
};

int file_read(const char *path, size_t limit, char **ret_data, size_t *ret_length)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_(buf_finish) struct buf buf;
	char chunk[CHUNK_SIZE];
	ssize_t n;
	size_t length;
	char *data;

	buf_init(&buf, limit);
	if (fd < 0)
		return -errno;
	/* Not by the size that stat() tells: files in /proc and /sys have none. */
	while ((n = read(fd, chunk, sizeof(chunk))) != 0 && buf.error == 0) {
		if (n > 0)
			buf_append(&buf, chunk, (size_t)n);
		else if (errno != EINTR)
			return -errno;
	}
	length = buf.length;
	data = buf_steal(&buf);
	if (!data)
		return buf.error == -ENOSPC ? -EFBIG : buf.error;
	*ret_data = data;
	*ret_length = length;
	return 0;
}

bool file_may_exist(const char *path)
{
	return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static int write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, data, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		length -= (size_t)n;
	}
	return 0;
}

static int change_owner(int fd, uid_t uid, gid_t gid)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid == uid && st.st_gid == gid)
		return 0;
	return fchown(fd, uid, gid) < 0 ? -errno : 0;
}

/* Writes, syncs and closes the new file; the data come once nobody else can read them. */
static int fill_file(int fd, const void *data, size_t length, const struct file_owner *owner)
{
	int r = owner->keep ? 0 : change_owner(fd, owner->uid, owner->gid);

	if (r == 0)
		r = write_all(fd, data, length);
	if (r == 0 && (fchmod(fd, owner->mode) < 0 || fsync(fd) < 0))
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

static int sync_parent(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);

	return copy ? file_sync_folder(dirname(copy)) : -ENOMEM;
}

static int write_atomic(const char *path, const void *data, size_t length,
                        const struct file_owner *owner)
{
	_cleanup_free_ char *temporary = NULL;
	int fd, r;

	if (asprintf(&temporary, "%s." TEMPORARY_RANDOM TEMPORARY_END, path) < 0) {
		temporary = NULL; /* undefined after a failure */
		return -ENOMEM;
	}
	fd = mkostemps(temporary, (int)strlen(TEMPORARY_END), O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fill_file(fd, data, length, owner);
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0) {
		unlink(temporary);
		return r;
	}
	return sync_parent(path);
}

int file_write_atomic(const char *path, const void *data, size_t length, mode_t mode)
{
	return write_atomic(path, data, length, &(struct file_owner){.mode = mode, .keep = true});
}

int file_write_atomic_as(const char *path, const void *data, size_t length, mode_t mode, uid_t uid,
                         gid_t gid)
{
	return write_atomic(path, data, length, &(struct file_owner){mode, uid, gid, false});
}

/* "<base>.XXXXXX.tmp" */
static bool is_temporary(const char *name, const char *base)
{
	size_t length = strlen(base);

	if (strncmp(name, base, length) != 0 || name[length] != '.')
		return false;
	name += length + 1;
	for (size_t i = 0; i < strlen(TEMPORARY_RANDOM); i++) {
		if (!isalnum((unsigned char)*name++))
			return false;
	}
	return strcmp(name, TEMPORARY_END) == 0;
}

static void remove_file(int folder, const char *name)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
		unlinkat(folder, name, 0);
}

void file_sweep(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	const char *slash = strrchr(path, '/');
	DIR *folder = copy ? opendir(dirname(copy)) : NULL;
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		if (is_temporary(entry->d_name, slash ? slash + 1 : path))
			remove_file(dirfd(folder), entry->d_name);
	}
	if (folder)
		closedir(folder);
}

static int make_folder(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (stat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int file_make_folders(const char *path, mode_t mode)
{
	_cleanup_free_ char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		int r = 0;

		if (slash == copy)
			continue; /* the root */
		*slash = '\0';
		r = make_folder(copy, mode);
		*slash = '/';
		if (r < 0)
			return r;
	}
	return make_folder(copy, mode);
}

int file_sync_folder(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

int file_disk_space(const char *path, uint64_t *ret_free, uint64_t *ret_total)
{
	struct statvfs fs;

	if (statvfs(path, &fs) < 0)
		return -errno;
	*ret_free = (uint64_t)fs.f_bavail * fs.f_frsize;
	*ret_total = (uint64_t)fs.f_blocks * fs.f_frsize;
	return 0;
}
