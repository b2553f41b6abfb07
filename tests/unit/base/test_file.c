#include "base/file.h"

#include "base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Every test runs inside an empty folder, so that paths are short. */
static int enter_folder(void **state)
{
	static char folder[] = "/tmp/camnode-test-XXXXXX";

	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	*state = folder;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), "rm -r '%s'", (char *)*state);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void assert_file(const char *path, const char *text)
{
	_cleanup_free_ char *data = NULL;
	size_t length;

	assert_int_equal(file_read(path, 100000, &data, &length), 0);
	assert_int_equal(length, strlen(text));
	assert_string_equal(data, text);
}

static int count_files(void)
{
	DIR *folder = opendir(".");
	int count = 0;

	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(folder);
	return count;
}

static void sweeps_what_writes_left(void **state)
{
	static const char *const others[] = {"a",           "a.0b9Zxy",      "a.broken",
	                                     "a.0b9Zx.tmp", "a.0b9Zxyz.tmp", "a.0b9Z_y.tmp",
	                                     "b.0b9Zxy.tmp"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		write_file(others[i], "");
	assert_int_equal(mkdir("a.folder.tmp", 0700), 0);
	assert_int_equal(symlink("a", "a.linked.tmp"), 0);
	write_file("a.0b9Zxy.tmp", "left");
	write_file("a.abcdef.tmp", "left");
	file_sweep("a");
	assert_int_equal(count_files(), sizeof(others) / sizeof(others[0]) + 2);
	write_file("a.0b9Zxy.tmp", "left");
	file_sweep("./a");
	assert_int_equal(access("a.0b9Zxy.tmp", F_OK), -1);
	file_sweep("missing/a");
}

static void reads_up_to_the_limit(void **state)
{
	char *data = NULL;
	size_t length = 0;

	write_file("five", "12345");
	assert_int_equal(file_read("five", 5, &data, &length), 0);
	assert_int_equal(length, 5);
	assert_string_equal(data, "12345");
	free(data);

	data = NULL;
	length = 99;
	assert_int_equal(file_read("five", 4, &data, &length), -EFBIG);
	assert_null(data);
	assert_int_equal(length, 99);
}

static void reads_empty_and_special_files(void **state)
{
	_cleanup_free_ char *empty = NULL;
	_cleanup_free_ char *special = NULL;
	size_t length;

	write_file("empty", "");
	assert_int_equal(file_read("empty", 0, &empty, &length), 0);
	assert_int_equal(length, 0);
	assert_string_equal(empty, "");
	/* stat() says that this one has 0 bytes. */
	assert_int_equal(file_read("/proc/self/stat", 4096, &special, &length), 0);
	assert_true(length > 0);
}

static void reads_files_larger_than_a_chunk(void **state)
{
	_cleanup_free_ char *data = NULL;
	FILE *file = fopen("large", "we");
	size_t length;

	for (int i = 0; i < 20000; i++)
		fprintf(file, "%05d\n", i);
	fclose(file);
	assert_int_equal(file_read("large", 120000, &data, &length), 0);
	assert_int_equal(length, 120000);
	for (int i = 0; i < 20000; i++)
		assert_int_equal(strtol(data + (size_t)i * 6, NULL, 10), i);
}

static void says_why_it_cannot_read(void **state)
{
	char *data = NULL;
	size_t length;

	assert_int_equal(file_read("missing", 10, &data, &length), -ENOENT);
	assert_int_equal(file_read(".", 10, &data, &length), -EISDIR);
	assert_null(data);
}

static void what_cannot_be_seen_may_exist(void **state)
{
	write_file("there", "");
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_true(file_may_exist("there"));
	assert_true(file_may_exist("loop"));
	assert_false(file_may_exist("missing"));
	assert_false(file_may_exist("there/below"));
}

static void replaces_a_file_as_a_whole(void **state)
{
	struct stat st;

	write_file("state", "old and longer");
	assert_int_equal(file_write_atomic("state", "new", 3, 0600), 0);
	assert_file("state", "new");
	assert_int_equal(stat("state", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(count_files(), 1);
}

static void the_mode_is_as_asked_for(void **state)
{
	mode_t before = umask(077);
	struct stat st;

	assert_int_equal(file_write_atomic("state", "", 0, 0644), 0);
	umask(before);
	assert_int_equal(stat("state", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_file("state", "");
}

static void a_failed_write_leaves_nothing_behind(void **state)
{
	struct stat st;

	assert_int_equal(mkdir("state", 0755), 0);
	assert_int_equal(file_write_atomic("state", "new", 3, 0644), -EISDIR);
	assert_int_equal(count_files(), 1);
	assert_int_equal(stat("state", &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(file_write_atomic("missing/state", "new", 3, 0644), -ENOENT);
}

static void makes_all_folders_of_a_path(void **state)
{
	char path[PATH_MAX];
	struct stat st;

	assert_int_equal(file_make_folders("a/b/c", 0755), 0);
	assert_int_equal(stat("a/b/c", &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(file_make_folders("a/b/c", 0755), 0);
	assert_int_equal(file_make_folders("a//d/", 0755), 0);
	assert_int_equal(stat("a/d", &st), 0);

	snprintf(path, sizeof(path), "%s/e/f", (char *)*state);
	assert_int_equal(file_make_folders(path, 0755), 0);
	assert_int_equal(stat("e/f", &st), 0);
	assert_int_equal(file_make_folders("/", 0755), 0);
}

static void a_file_is_no_folder(void **state)
{
	write_file("file", "");
	assert_int_equal(file_make_folders("file", 0755), -ENOTDIR);
	assert_int_equal(file_make_folders("file/below", 0755), -ENOTDIR);
	assert_int_equal(file_sync_folder("file"), -ENOTDIR);
	assert_int_equal(file_sync_folder("missing"), -ENOENT);
	assert_int_equal(file_sync_folder("."), 0);
}

static void tells_the_disk_space(void **state)
{
	uint64_t free_bytes = 0, total_bytes = 0;

	assert_int_equal(file_disk_space(".", &free_bytes, &total_bytes), 0);
	assert_true(total_bytes > 0);
	assert_true(free_bytes <= total_bytes);
	total_bytes = 99;
	assert_int_equal(file_disk_space("missing", &free_bytes, &total_bytes), -ENOENT);
	assert_int_equal(total_bytes, 99);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(reads_up_to_the_limit),
		FILE_TEST(reads_empty_and_special_files),
		FILE_TEST(reads_files_larger_than_a_chunk),
		FILE_TEST(says_why_it_cannot_read),
		FILE_TEST(what_cannot_be_seen_may_exist),
		FILE_TEST(replaces_a_file_as_a_whole),
		FILE_TEST(the_mode_is_as_asked_for),
		FILE_TEST(a_failed_write_leaves_nothing_behind),
		FILE_TEST(sweeps_what_writes_left),
		FILE_TEST(makes_all_folders_of_a_path),
		FILE_TEST(a_file_is_no_folder),
		FILE_TEST(tells_the_disk_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
