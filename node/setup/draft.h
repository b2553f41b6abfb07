/*
 * The files that the setup writes: in the end, all of them or none, each as a whole. A file that is
 * replaced keeps its owner and mode; a new one is readable for the user that the package runs
 * camnode as. One thread; blocks on the disk.
 */
#ifndef CAMNODE_SETUP_DRAFT_H
#define CAMNODE_SETUP_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#define DRAFT_MAX_FILES 8
#define DRAFT_GROUP "camnode" /* of the package's user */

struct draft_file {
	char *path;
	char *data;
	size_t length;
	char *like;   /* a new file takes owner and mode from this one; NULL: see above */
	bool secret;  /* never for everybody */
	char *before; /* once it is written: what it held; NULL: it was not there */
	size_t before_length;
};

struct draft { /* zeroed at first */
	struct draft_file files[DRAFT_MAX_FILES];
	size_t count;
	size_t written; /* the first so many */
};

/* One more file; copies all. `like` may be NULL. 0, -ENOSPC or -ENOMEM. */
int draft_add(struct draft *draft, const char *path, const char *data, bool secret,
              const char *like);

/* 0; or -errno of *ret_path, after undoing what was written. */
int draft_write(struct draft *draft, const char **ret_path);

/* Gives each written file back what it held. */
void draft_undo(struct draft *draft);

void draft_finish(struct draft *draft); /* wipes */

#endif
