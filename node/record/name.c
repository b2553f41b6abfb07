#include "record/name.h"

#include "base/backoff.h"
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define WHOLE_ENDING ".mp4"
#define PART_ENDING ".part.mp4"
#define STAMP_FORMAT "%Y%m%d_%H%M%S"
#define STAMP_LENGTH 15
#define COPY_DIGITS 3
#define CAMERA_IN_ID 43 /* ID_SIZE less "-YYYYMMDDTHHMMSS-ffff" */

/* "<camera>/YYYY/MM/DD/<camera>_YYYYMMDD_HHMMSS": all but copy and ending. */
static void format_stem(char ret_stem[static RECORDER_FILE_SIZE], const char *camera,
                        const char *stamp)
{
	snprintf(ret_stem, RECORDER_FILE_SIZE, "%s/%.4s/%.2s/%.2s/%s_%.*s", camera, stamp,
	         stamp + 4, stamp + 6, camera, STAMP_LENGTH, stamp);
}

void name_format(char ret_file[static RECORDER_FILE_SIZE], const char *camera, int64_t wall_us,
                 unsigned copy)
{
	time_t seconds = wall_us / USEC_PER_SEC;
	char stamp[STAMP_LENGTH + 1];
	char ending[sizeof("_") + COPY_DIGITS + sizeof(WHOLE_ENDING)] = WHOLE_ENDING;
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(stamp, sizeof(stamp), STAMP_FORMAT, &tm);
	format_stem(ret_file, camera, stamp);
	if (copy > 1)
		snprintf(ending, sizeof(ending), "_%u" WHOLE_ENDING, copy % (NAME_MAX_COPIES + 1));
	snprintf(ret_file + strlen(ret_file), RECORDER_FILE_SIZE - strlen(ret_file), "%s", ending);
}

void name_make_id(char ret_id[static ID_SIZE], const char *camera, int64_t wall_us)
{
	time_t seconds = wall_us / USEC_PER_SEC;
	char stamp[sizeof("YYYYMMDDTHHMMSS")];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &tm);
	snprintf(ret_id, ID_SIZE, "%.*s-%s-%04x", CAMERA_IN_ID, camera, stamp,
	         (unsigned)backoff_random(0x10000));
}

bool name_is_same_day(int64_t wall_us, int64_t other_wall_us)
{
	time_t seconds = wall_us / USEC_PER_SEC, other_seconds = other_wall_us / USEC_PER_SEC;
	struct tm tm, other;

	localtime_r(&seconds, &tm);
	localtime_r(&other_seconds, &other);
	return tm.tm_yday == other.tm_yday && tm.tm_year == other.tm_year;
}

static int parse_camera(const char *file, char ret_camera[static ID_SIZE])
{
	char camera[ID_SIZE];
	size_t length = strcspn(file, "/");

	if (length >= sizeof(camera))
		return -EINVAL;
	memcpy(camera, file, length);
	camera[length] = '\0';
	if (!str_is_id(camera))
		return -EINVAL;
	memcpy(ret_camera, camera, sizeof(camera));
	return 0;
}

static int parse_stamp(const char *text, int64_t *ret_wall_us)
{
	char stamp[STAMP_LENGTH + 1];
	struct tm tm = {.tm_isdst = -1};
	const char *end;

	snprintf(stamp, sizeof(stamp), "%s", text);
	if (strspn(stamp, "0123456789_") != STAMP_LENGTH)
		return -EINVAL;
	end = strptime(stamp, STAMP_FORMAT, &tm);
	if (!end || *end != '\0')
		return -EINVAL;
	*ret_wall_us = (int64_t)mktime(&tm) * USEC_PER_SEC;
	return 0;
}

/* "", or "_2" to "_999". */
static size_t copy_length(const char *text)
{
	size_t digits = *text == '_' ? strspn(text + 1, "0123456789") : 0;

	return digits > 0 && digits <= COPY_DIGITS ? 1 + digits : 0;
}

int name_parse(const char *file, struct name_parts *ret_parts)
{
	struct name_parts parts = {0};
	char stem[RECORDER_FILE_SIZE];
	const char *ending;

	/* The second copy of camera and date must agree with the first: so make the name again. */
	if (strlen(file) >= RECORDER_FILE_SIZE || parse_camera(file, parts.camera) < 0 ||
	    strlen(file) <= strlen(parts.camera) * 2 + strlen("/YYYY/MM/DD/_") ||
	    parse_stamp(name_stamp(file, parts.camera), &parts.started_wall_us) < 0)
		return -EINVAL;
	format_stem(stem, parts.camera, name_stamp(file, parts.camera));
	if (strncmp(file, stem, strlen(stem)) != 0)
		return -EINVAL;

	ending = file + strlen(stem);
	ending += copy_length(ending);
	parts.part = strcmp(ending, PART_ENDING) == 0;
	if (!parts.part && strcmp(ending, WHOLE_ENDING) != 0)
		return -EINVAL;
	*ret_parts = parts;
	return 0;
}

bool name_is_of_day(const char *file, const char *camera, const char *day)
{
	const char *folders = file + strlen(camera) + strlen("/");

	/* YYYY/MM/DD against YYYY-MM-DD */
	return strlen(day) == strlen("YYYY-MM-DD") && strncmp(folders, day, 4) == 0 &&
	       strncmp(folders + 5, day + 5, 2) == 0 && strncmp(folders + 8, day + 8, 2) == 0;
}

static void replace_ending(char ret_file[static RECORDER_FILE_SIZE], const char *file,
                           const char *old_ending, const char *ending)
{
	int stem = (int)(strlen(file) - strlen(old_ending));

	snprintf(ret_file, RECORDER_FILE_SIZE, "%.*s%s", stem, file, ending);
}

void name_to_part(char ret_part[static RECORDER_FILE_SIZE], const char *file)
{
	replace_ending(ret_part, file, WHOLE_ENDING, PART_ENDING);
}

int name_find_part(char ret_part[static RECORDER_FILE_SIZE], const char *file)
{
	struct name_parts parts;
	int r = name_parse(file, &parts);

	if (r < 0)
		return r;
	if (parts.part)
		memcpy(ret_part, file, strlen(file) + 1);
	else
		name_to_part(ret_part, file);
	return 0;
}

void name_from_part(char ret_file[static RECORDER_FILE_SIZE], const char *part)
{
	replace_ending(ret_file, part, PART_ENDING, WHOLE_ENDING);
}

const char *name_stamp(const char *file, const char *camera)
{
	return file + 2 * strlen(camera) + strlen("/YYYY/MM/DD/_");
}

int name_join(char ret_path[static PATH_MAX], const char *folder, const char *file)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/%s", folder, file);

	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	memcpy(ret_path, path, sizeof(path));
	return 0;
}
