#include "setup/draft.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct rig {
	char folder[32];
	char a[64], b[64], gone[64]; /* paths; `gone` is in a folder that is not there */
	struct draft draft;
};

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	snprintf(rig->folder, sizeof(rig->folder), "/tmp/test_draft.XXXXXX");
	assert_non_null(mkdtemp(rig->folder));
	snprintf(rig->a, sizeof(rig->a), "%s/a", rig->folder);
	snprintf(rig->b, sizeof(rig->b), "%s/b", rig->folder);
	snprintf(rig->gone, sizeof(rig->gone), "%s/gone/c", rig->folder);
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	draft_finish(&rig->draft);
	unlink(rig->a);
	unlink(rig->b);
	assert_int_equal(rmdir(rig->folder), 0); /* nothing else was left */
	free(rig);
	return 0;
}

static void put(const char *path, const char *text, mode_t mode)
{
	assert_int_equal(file_write_atomic(path, text, strlen(text), mode), 0);
}

static void assert_file(const char *path, const char *text, mode_t mode)
{
	struct stat st;
	char *data;
	size_t length;

	assert_int_equal(file_read(path, 1000, &data, &length), 0);
	assert_string_equal(data, text);
	free(data);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & ALLPERMS, mode);
}

static void all_files_are_written(void **state)
{
	struct rig *rig = *state;
	const char *path;

	put(rig->a, "before", 0604);
	assert_int_equal(draft_add(&rig->draft, rig->a, "after", false, NULL), 0);
	assert_int_equal(draft_add(&rig->draft, rig->b, "before", false, rig->a), 0);
	assert_int_equal(draft_write(&rig->draft, &path), 0);
	assert_file(rig->a, "after", 0604);
	assert_file(rig->b, "before", 0604);
}

static void a_secret_is_for_nobody_else(void **state)
{
	struct rig *rig = *state;
	const char *path;

	put(rig->a, "old", 0644);
	assert_int_equal(draft_add(&rig->draft, rig->a, "hush", true, NULL), 0);
	assert_int_equal(draft_add(&rig->draft, rig->b, "hush", true, NULL), 0);
	assert_int_equal(draft_write(&rig->draft, &path), 0);
	assert_file(rig->a, "hush", 0640);
	assert_file(rig->b, "hush", geteuid() == 0 ? 0640 : 0600);
}

static void a_failure_takes_back_what_was_written(void **state)
{
	struct rig *rig = *state;
	const char *path = NULL;

	put(rig->a, "before", 0640);
	assert_int_equal(draft_add(&rig->draft, rig->a, "after", false, NULL), 0);
	assert_int_equal(draft_add(&rig->draft, rig->b, "new", false, NULL), 0);
	assert_int_equal(draft_add(&rig->draft, rig->gone, "never", false, NULL), 0);
	assert_int_equal(draft_write(&rig->draft, &path), -ENOENT);
	assert_string_equal(path, rig->gone);
	assert_file(rig->a, "before", 0640);
	assert_int_equal(access(rig->b, F_OK), -1);
}

static void what_is_undone_is_as_before(void **state)
{
	struct rig *rig = *state;
	const char *path;

	put(rig->a, "before", 0640);
	assert_int_equal(draft_add(&rig->draft, rig->a, "after", false, NULL), 0);
	assert_int_equal(draft_add(&rig->draft, rig->b, "new", false, NULL), 0);
	assert_int_equal(draft_write(&rig->draft, &path), 0);
	draft_undo(&rig->draft);
	draft_undo(&rig->draft);
	assert_file(rig->a, "before", 0640);
	assert_int_equal(access(rig->b, F_OK), -1);
}

static void there_is_a_limit(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < DRAFT_MAX_FILES; i++)
		assert_int_equal(draft_add(&rig->draft, rig->a, "x", false, NULL), 0);
	assert_int_equal(draft_add(&rig->draft, rig->a, "x", false, NULL), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_files_are_written, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_secret_is_for_nobody_else, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_failure_takes_back_what_was_written, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(what_is_undone_is_as_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(there_is_a_limit, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
