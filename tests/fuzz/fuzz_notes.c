/*
 * Any text as a day's notes: it is read, or put aside so that the day begins anew; what it says of
 * a recording fits into the list and can be written again.
 */
#include "tests/fuzz/fuzz.h"

#include "base/file.h"
#include "base/log.h"
#include "record/notes.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DAY "cam0/2026/11/23"
#define FILE_NAME DAY "/cam0_20261123_142450.mp4"

static char folder[] = "/tmp/camnode-fuzz-XXXXXX";

static void remove_folder(void)
{
	static const char *const names[] = {DAY "/" NOTES_FILE,
	                                    DAY "/" NOTES_FILE ".damaged",
	                                    DAY,
	                                    "cam0/2026/11",
	                                    "cam0/2026",
	                                    "cam0"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		remove(path);
	}
	rmdir(folder);
}

static void make_folder(void)
{
	char path[PATH_MAX];

	expect(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/" DAY, folder);
	expect(file_make_folders(path, 0755) == 0);
	log_set_level(LOG_LEVEL_ERROR);
	atexit(remove_folder);
}

static void write_notes(const uint8_t *data, size_t size)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/" DAY "/" NOTES_FILE, folder);
	file = fopen(path, "wb");
	expect(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_made;
	struct library_item item = {.camera = "cam0", .file = FILE_NAME, .bytes = 1000};
	struct catalogue day = {0};
	json_t *notes = NULL, *again = NULL;
	int r;

	if (!is_made)
		make_folder();
	is_made = true;
	write_notes(data, size);
	r = notes_load(folder, FILE_NAME, &notes);
	expect(r == 0 || r == -ENOENT);
	if (r < 0)
		return 0;
	notes_apply(notes, &item);
	json_decref(notes);
	expect(strlen(item.label) < sizeof(item.label));
	item.known = true;
	expect(catalogue_add(&day, &item) == 0);
	expect(notes_save(folder, FILE_NAME, &day) == 0);
	expect(notes_load(folder, FILE_NAME, &again) == 0);
	json_decref(again);
	catalogue_finish(&day);
	return 0;
}
