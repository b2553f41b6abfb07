/*
 * The names of recordings, relative to the recording folder:
 * `<camera>/<YYYY>/<MM>/<DD>/<camera>_<YYYYMMDD>_<HHMMSS>[_<copy>].mp4`, local time, and
 * `.part.mp4` while a file is not finished. No function touches the disk.
 */
#ifndef CAMNODE_RECORD_NAME_H
#define CAMNODE_RECORD_NAME_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "record/recorder.h"

#define NAME_MAX_COPIES 999 /* recordings of one camera begun in the same second */

/* The name of a finished file; the first copy (1) has no number. */
void name_format(char ret_file[static RECORDER_FILE_SIZE], const char *camera, int64_t wall_us,
                 unsigned copy);

struct name_parts {
	char camera[ID_SIZE];
	int64_t started_wall_us;
	bool part;
};

/* 0, or -EINVAL when it is not a name as name_format() makes them (finished or not). */
int name_parse(const char *file, struct name_parts *ret_parts);

/* An id of a recording: the camera, the time and a bit of chance. */
void name_make_id(char ret_id[static ID_SIZE], const char *camera, int64_t wall_us);

/* True when both times are on one day, which has a folder of its own. */
bool name_is_same_day(int64_t wall_us, int64_t other_wall_us);

/* True when the name is of that day, "2026-11-23". */
bool name_is_of_day(const char *file, const char *camera, const char *day);

/* From the name of a finished file to that of its part, and back. */
void name_to_part(char ret_part[static RECORDER_FILE_SIZE], const char *file);
/* As name_to_part(), of a name that may be a part's already: 0 or -EINVAL. */
int name_find_part(char ret_part[static RECORDER_FILE_SIZE], const char *file);
void name_from_part(char ret_file[static RECORDER_FILE_SIZE], const char *part);

/* `YYYYMMDD_HHMMSS…` inside a name of this camera: sorts by time. */
const char *name_stamp(const char *file, const char *camera);

/* `folder`/`file`: 0 or -ENAMETOOLONG. */
int name_join(char ret_path[static PATH_MAX], const char *folder, const char *file);

#endif
