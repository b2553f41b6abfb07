#include "record/marks.h"

#include "base/clock.h"
#include "record/name.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

void marks_finish(struct marks *marks)
{
	free(marks->items);
	*marks = (struct marks){0};
}

bool marks_is_fresh(const struct timespec *changed)
{
	int64_t age_s = clock_wall_us() / USEC_PER_SEC - changed->tv_sec;

	return age_s >= 0 && age_s < MARKS_SETTLE_S;
}

bool marks_is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	if (length == 0)
		return true;
	return strncmp(path, folder, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static int make_room(struct marks *marks, size_t count)
{
	size_t capacity = marks->capacity ? marks->capacity : FIRST_CAPACITY;
	struct mark *items;

	while (capacity < count)
		capacity *= 2;
	if (capacity == marks->capacity)
		return 0;
	items = reallocarray(marks->items, capacity, sizeof(*items));
	if (!items)
		return -1;
	marks->items = items;
	marks->capacity = capacity;
	return 0;
}

void marks_add(struct marks *marks, const char *folder, const struct stat *st)
{
	struct mark mark = {.changed = st->st_mtim};

	if (marks->count >= MARKS_MAX || str_copy(mark.folder, sizeof(mark.folder), folder) < 0 ||
	    make_room(marks, marks->count + 1) < 0)
		return;
	if (marks_is_fresh(&mark.changed))
		mark.changed = (struct timespec){0};
	marks->items[marks->count++] = mark;
}

void marks_unsettle(struct marks *marks, const char *folder)
{
	for (size_t i = 0; i < marks->count; i++) {
		if (strcmp(marks->items[i].folder, folder) == 0)
			marks->items[i].changed = (struct timespec){0};
	}
}

static void remove_below(struct marks *marks, const char *below)
{
	size_t kept = 0;

	for (size_t i = 0; i < marks->count; i++) {
		if (!marks_is_below(marks->items[i].folder, below))
			marks->items[kept++] = marks->items[i];
	}
	marks->count = kept;
}

void marks_replace(struct marks *marks, const char *below, struct marks *newer)
{
	remove_below(marks, below);
	if (marks->count + newer->count <= MARKS_MAX &&
	    make_room(marks, marks->count + newer->count) == 0 && newer->count > 0) {
		memcpy(marks->items + marks->count, newer->items,
		       newer->count * sizeof(*newer->items));
		marks->count += newer->count;
	}
	marks_finish(newer);
}

static bool has_changed(const struct mark *mark, const char *root)
{
	char path[PATH_MAX];
	struct stat st;

	if (name_join(path, root, mark->folder) < 0)
		return false;
	if (stat(path, &st) < 0)
		return true;
	return st.st_mtim.tv_sec != mark->changed.tv_sec ||
	       st.st_mtim.tv_nsec != mark->changed.tv_nsec;
}

bool marks_next_changed(const struct marks *marks, const char *root, size_t *cursor, size_t *looks,
                        char ret_folder[static MARKS_PATH_SIZE])
{
	for (; *looks > 0 && marks->count > 0; (*looks)--) {
		const struct mark *mark = &marks->items[(*cursor)++ % marks->count];

		if (!has_changed(mark, root))
			continue;
		(*looks)--;
		memcpy(ret_folder, mark->folder, sizeof(mark->folder));
		return true;
	}
	return false;
}
