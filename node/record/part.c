#include "record/part.h"

#include "base/file.h"
#include "record/name.h"

#include <errno.h>
#include <string.h>
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

/* A crash came between the rename of the whole file and the removal of its part. */
static bool is_made_of(const struct muxer_file *whole, const char *part)
{
	struct muxer_file cut;

	return muxer_probe(part, &cut) == 0 && strcmp(cut.tags.id, whole->tags.id) == 0 &&
	       cut.frames <= whole->frames;
}

int part_take_free_name(const char *folder, char file[static RECORDER_FILE_SIZE],
                        char ret_whole[static PATH_MAX])
{
	struct name_parts parts;
	int r = name_parse(file, &parts);

	for (unsigned copy = 2; r == 0 && copy <= NAME_MAX_COPIES; copy++) {
		name_format(file, parts.camera, parts.started_wall_us, copy);
		r = name_join(ret_whole, folder, file);
		if (r == 0 && access(ret_whole, F_OK) < 0)
			return errno == ENOENT ? 0 : -errno;
	}
	return r < 0 ? r : -EEXIST;
}

/* Nothing that can be read is written over. */
static int make_whole(const char *folder, char file[static RECORDER_FILE_SIZE], const char *part,
                      struct muxer_file *ret_file)
{
	char whole[PATH_MAX];
	int r = name_join(whole, folder, file);

	if (r < 0)
		return r;
	r = muxer_probe(whole, ret_file);
	if (r < 0 && r != -EBADMSG && r != -ENOENT)
		return r;
	if (r == 0 && ret_file->frames > 0) {
		if (is_made_of(ret_file, part))
			return 0;
		r = part_take_free_name(folder, file, whole);
		if (r < 0)
			return r;
	}
	return muxer_finish(part, whole, ret_file);
}

int part_finish(const char *folder, char file[static RECORDER_FILE_SIZE],
                struct muxer_file *ret_file)
{
	char part_name[RECORDER_FILE_SIZE], part[PATH_MAX];
	int r;

	name_to_part(part_name, file);
	r = name_join(part, folder, part_name);
	if (r == 0)
		r = check_room(folder, part);
	if (r == 0)
		r = make_whole(folder, file, part, ret_file);
	if ((r == 0 || r == -ENODATA) && unlink(part) < 0)
		r = -errno;
	return r;
}
