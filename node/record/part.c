#include "record/part.h"

#include "base/file.h"
#include "record/name.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int part_lock(int fd)
{
	struct stat st;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_nlink > 0 ? 0 : -EBUSY;
}

static int check_room(const char *folder, const char *part)
{
	uint64_t free_bytes, total_bytes;
	struct stat st;
	int r;

	if (stat(part, &st) < 0)
		return -errno;
	r = file_disk_space(folder, &free_bytes, &total_bytes);
	if (r < 0)
		return r;
	return free_bytes > (uint64_t)st.st_size ? 0 : -ENOSPC;
}

static bool is_readable(const char *whole, struct muxer_file *ret_file)
{
	struct muxer_file file;

	if (muxer_probe(whole, &file) < 0 || file.frames == 0)
		return false;
	*ret_file = file;
	return true;
}

int part_finish(const char *folder, const char *file, struct muxer_file *ret_file)
{
	char part_name[RECORDER_FILE_SIZE], part[PATH_MAX], whole[PATH_MAX];
	int r;

	name_to_part(part_name, file);
	r = name_join(part, folder, part_name);
	if (r == 0)
		r = name_join(whole, folder, file);
	if (r == 0)
		r = check_room(folder, part);
	if (r < 0)
		return r;
	/* A whole file beside its part: a crash came between the rename and the removal. */
	if (!is_readable(whole, ret_file))
		r = muxer_finish(part, whole, ret_file);
	if ((r == 0 || r == -ENODATA) && unlink(part) < 0)
		r = -errno;
	return r;
}
