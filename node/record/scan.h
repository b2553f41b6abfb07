/*
 * Finding the recordings below a folder by the names of their files, with what their days' notes
 * say of them. Files of others are passed over. Blocks on the disk.
 */
#ifndef CAMNODE_RECORD_SCAN_H
#define CAMNODE_RECORD_SCAN_H

#include <jansson.h>
#include <stdatomic.h>

#include "record/catalogue.h"
#include "record/marks.h"

struct scan {
	const char *folder; /* without a slash at the end */
	const char *below;  /* what is looked through of it; "": all */
	bool only_settled;  /* files that somebody may still be writing are passed over */
	const atomic_bool *stopping;
	struct catalogue whole, parts; /* sorted */
	struct marks marks;            /* of the folders that were read */
	size_t unlisted;               /* the oldest, of too many */
	json_t *notes;                 /* of the folder that is being read, or NULL */
	bool unread;                   /* there are notes, but nobody knows what they say */
	char day[RECORDER_FILE_SIZE];  /* a file in that folder */
};

void scan_run(struct scan *scan);
void scan_finish(struct scan *scan);

#endif
