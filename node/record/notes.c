#include "record/notes.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "proto/object.h"
#include "record/name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_BYTES (32 * 1024 * 1024)
#define DAMAGED_SUFFIX ".damaged"

/* The length of "cam0/2026/11/23/" in front of a file's own name. */
static size_t day_length(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? (size_t)(slash - file) + 1 : 0;
}

static const char *own_name(const char *file)
{
	return file + day_length(file);
}

static int notes_path(char ret_path[static PATH_MAX], const char *folder, const char *file)
{
	char name[RECORDER_FILE_SIZE + sizeof(NOTES_FILE)];

	snprintf(name, sizeof(name), "%.*s" NOTES_FILE, (int)day_length(file), file);
	return name_join(ret_path, folder, name);
}

/* For people to look at: -ENOENT, so that the day begins anew, or -errno. */
static int put_aside(const char *path)
{
	char aside[PATH_MAX + sizeof(DAMAGED_SUFFIX)];

	snprintf(aside, sizeof(aside), "%s" DAMAGED_SUFFIX, path);
	if (rename(path, aside) < 0)
		return -errno;
	log_warn("%s is damaged and kept as %s: its labels and protection are lost", path, aside);
	return -ENOENT;
}

int notes_load(const char *folder, const char *file, json_t **ret_notes)
{
	_cleanup_free_ char *text = NULL;
	json_error_t error;
	char path[PATH_MAX];
	size_t length = 0;
	json_t *notes;
	int r = notes_path(path, folder, file);

	if (r == 0)
		r = file_read(path, MAX_BYTES, &text, &length);
	if (r < 0)
		return r == -EFBIG ? put_aside(path) : r;
	notes = json_loadb(text, length, 0, &error);
	if (!notes && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	if (!json_is_object(notes)) {
		json_decref(notes);
		return put_aside(path);
	}
	*ret_notes = notes;
	return 0;
}

static void copy_text(const json_t *note, const char *key, char *ret_text, size_t size)
{
	const char *text = json_string_value(json_object_get(note, key));

	if (text)
		str_copy(ret_text, size, text);
}

static int64_t get_number(const json_t *note, const char *key)
{
	return json_integer_value(json_object_get(note, key));
}

/* Notes of before tell nothing: then it is as the name says. */
static int64_t started_wall_us(const json_t *note, const struct library_item *item)
{
	const char *text = json_string_value(json_object_get(note, "started_at"));
	int64_t wall_us;

	return text && clock_parse_iso(text, &wall_us) == 0 ? wall_us : item->started_wall_us;
}

bool notes_apply(const json_t *notes, struct library_item *item)
{
	const json_t *note = json_object_get(notes, own_name(item->file));
	const char *format = json_string_value(json_object_get(note, "format"));

	copy_text(note, "label", item->label, sizeof(item->label));
	item->protected = json_is_true(json_object_get(note, "protected"));
	item->recovered |= json_is_true(json_object_get(note, "recovered"));
	/* Another file may have taken the place of the one that was read. */
	if (!format || (uint64_t)get_number(note, "bytes") != item->bytes)
		return false;
	item->damaged = json_is_true(json_object_get(note, "damaged"));
	item->format = config_record_format_of(format);
	item->frames = (uint64_t)get_number(note, "frames");
	item->duration_s = json_number_value(json_object_get(note, "duration_s"));
	item->width = (int)get_number(note, "width");
	item->height = (int)get_number(note, "height");
	item->started_wall_us = started_wall_us(note, item);
	return item->frames > 0 || item->damaged;
}

static json_t *note_of(const struct library_item *item)
{
	char started_at[CLOCK_ISO_SIZE];

	clock_format_iso(item->started_wall_us, started_at);
	return json_pack("{s:s, s:s, s:b, s:b, s:b, s:s, s:I, s:I, s:f, s:i, s:i}", "label",
	                 item->label, "started_at", started_at, "protected", item->protected,
	                 "recovered", item->recovered, "damaged", item->damaged, "format",
	                 config_record_format_name(item->format), "bytes", (json_int_t)item->bytes,
	                 "frames", (json_int_t)item->frames, "duration_s", item->duration_s,
	                 "width", item->width, "height", item->height);
}

int notes_save(const char *folder, const char *file, const struct catalogue *catalogue)
{
	json_auto_t *notes = json_object();
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX];
	int r = notes_path(path, folder, file);

	if (r < 0)
		return r;
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct library_item *item = &catalogue->items[i];

		if (strncmp(item->file, file, day_length(file)) == 0)
			json_object_set_new(notes, own_name(item->file), note_of(item));
	}
	if (json_object_size(notes) == 0)
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	text = json_dumps(notes, JSON_INDENT(1) | JSON_SORT_KEYS | OBJECT_SHORT_NUMBERS);
	return text ? file_write_atomic(path, text, strlen(text), 0644) : -ENOMEM;
}
