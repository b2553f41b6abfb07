#include "record/folder.h"

#include "rig.h"

#include <errno.h>
#include <fcntl.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int check(const char *folder, const char *below, int min_free_mb)
{
	char path[PATH_MAX];
	const struct config_record config = {.dir = path, .min_free_mb = min_free_mb};

	name_join(path, folder, below);
	return folder_check(&config);
}

static int set_up(void **state)
{
	*state = rig_new_folder();
	return 0;
}

static int tear_down(void **state)
{
	rig_remove_folder(*state);
	return 0;
}

static void test_a_folder_with_room_is_taken(void **state)
{
	assert_int_equal(check(*state, "", 0), 0);
}

static void test_a_missing_folder_is_judged_by_its_parent(void **state)
{
	assert_int_equal(check(*state, "a/b/c", 0), 0);
	assert_int_equal(check(*state, "a/b/c", 100000000), -ENOSPC);
}

/* As root, who may write anywhere, only room tells which folder was looked at: /proc has none. */
static void test_it_is_the_nearest_parent_that_judges(void **state)
{
	char path[PATH_MAX];

	name_join(path, *state, "proc");
	assert_int_equal(symlink("/proc", path), 0);
	assert_int_not_equal(check(*state, "proc/missing", 1), 0);
}

static void test_without_room_it_is_refused(void **state)
{
	assert_int_equal(check(*state, "", 100000000), -ENOSPC);
}

static void test_a_relative_missing_folder_is_judged_by_the_current_one(void **state)
{
	char here[] = "no-such-folder-here";
	const struct config_record config = {.dir = here};

	assert_int_equal(chdir(*state), 0);
	assert_int_equal(folder_check(&config), 0);
	assert_int_equal(chdir("/"), 0);
}

static void test_a_file_in_the_way_is_refused(void **state)
{
	char path[PATH_MAX];

	name_join(path, *state, "file");
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
	assert_int_equal(check(*state, "file", 0), -ENOTDIR);
	assert_int_equal(check(*state, "file/below", 0), -ENOTDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_folder_with_room_is_taken, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(test_a_missing_folder_is_judged_by_its_parent,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_it_is_the_nearest_parent_that_judges, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(test_without_room_it_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_relative_missing_folder_is_judged_by_the_current_one, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_a_file_in_the_way_is_refused, set_up,
	                                        tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
