#include "setup/draft.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_BYTES (1024 * 1024) /* of a file that is replaced */
#define PLAIN_MODE 0644
#define SECRET_MODE 0640 /* for root's files: the group is camnode's */
#define OWN_SECRET_MODE 0600
#define NOT_OTHERS 0770

struct owner {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

int draft_add(struct draft *draft, const char *path, const char *data, bool secret,
              const char *like)
{
	struct draft_file *file = &draft->files[draft->count];

	if (draft->count >= DRAFT_MAX_FILES)
		return -ENOSPC;
	draft->count++;
	*file = (struct draft_file){.secret = secret, .length = strlen(data)};
	file->path = strdup(path);
	file->data = strdup(data);
	file->like = like ? strdup(like) : NULL;
	return file->path && file->data && (file->like || !like) ? 0 : -ENOMEM;
}

/* Of a new file. */
static struct owner default_owner(const struct draft_file *file)
{
	bool is_root = geteuid() == 0;
	const struct group *group = is_root ? getgrnam(DRAFT_GROUP) : NULL;
	mode_t secret = is_root ? SECRET_MODE : OWN_SECRET_MODE;

	return (struct owner){geteuid(), group ? group->gr_gid : getegid(),
	                      file->secret ? secret : PLAIN_MODE};
}

static struct owner find_owner(const struct draft_file *file)
{
	struct stat st;

	if (stat(file->path, &st) < 0 && (!file->like || stat(file->like, &st) < 0))
		return default_owner(file);
	return (struct owner){st.st_uid, st.st_gid,
	                      st.st_mode & (file->secret ? NOT_OTHERS : ALLPERMS)};
}

static int read_before(struct draft_file *file)
{
	int r = file_read(file->path, MAX_BYTES, &file->before, &file->before_length);

	return r == -ENOENT ? 0 : r;
}

static int write_one(struct draft_file *file)
{
	struct owner owner = find_owner(file);
	int r = read_before(file);

	return r < 0 ? r
	             : file_write_atomic_as(file->path, file->data, file->length, owner.mode,
	                                    owner.uid, owner.gid);
}

int draft_write(struct draft *draft, const char **ret_path)
{
	while (draft->written < draft->count) {
		struct draft_file *file = &draft->files[draft->written];
		int r = write_one(file);

		if (r < 0) {
			*ret_path = file->path;
			draft_undo(draft);
			return r;
		}
		draft->written++;
	}
	return 0;
}

static void undo_one(const struct draft_file *file)
{
	struct owner owner = find_owner(file);

	if (file->before)
		file_write_atomic_as(file->path, file->before, file->before_length, owner.mode,
		                     owner.uid, owner.gid);
	else
		unlink(file->path);
}

void draft_undo(struct draft *draft)
{
	while (draft->written > 0)
		undo_one(&draft->files[--draft->written]);
}

static void free_wiped(char *data, size_t length)
{
	if (data)
		explicit_bzero(data, length);
	free(data);
}

void draft_finish(struct draft *draft)
{
	for (size_t i = 0; i < draft->count; i++) {
		struct draft_file *file = &draft->files[i];

		free_wiped(file->data, file->length);
		free_wiped(file->before, file->before_length);
		free(file->path);
		free(file->like);
	}
	*draft = (struct draft){0};
}
