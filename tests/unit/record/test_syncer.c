#include "record/syncer.h"

#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct rig {
	char *folder;
	char path[PATH_MAX];
	int fd;
};

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	rig->folder = rig_new_folder();
	name_join(rig->path, rig->folder, "file");
	rig->fd = open(rig->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	*state = rig;
	return rig->fd < 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	close(rig->fd);
	rig_remove_folder(rig->folder);
	free(rig);
	return 0;
}

/* The syncer tells nobody when it is done, so it is asked, now and then, until the deadline. */
static struct syncer_stats wait_for_sync(struct syncer *syncer)
{
	int64_t deadline_us = clock_mono_us() + RIG_DEADLINE_US;
	struct syncer_stats stats = {0};

	while (stats.syncs == 0 && clock_mono_us() < deadline_us) {
		poll(NULL, 0, 1);
		syncer_stats(syncer, &stats);
	}
	return stats;
}

static void test_what_was_asked_for_is_synced_before_the_end(void **state)
{
	struct rig *rig = *state;
	struct syncer *syncer = syncer_new();
	struct syncer_file *file = syncer_open(syncer, rig->fd, rig->folder);
	struct syncer_stats stats;

	assert_int_equal(write(rig->fd, "data", 4), 4);
	assert_int_equal(syncer_request(file), 0);
	stats = wait_for_sync(syncer);
	assert_int_equal(stats.syncs, 1);
	assert_int_equal(stats.failures, 0);
	assert_true(stats.last_ms > 0 && stats.last_ms <= stats.longest_ms);
	syncer_close(file);
	syncer_free(syncer);
}

static void test_closing_leaves_the_request(void **state)
{
	struct rig *rig = *state;
	struct syncer *syncer = syncer_new();
	struct syncer_file *file = syncer_open(syncer, rig->fd, rig->folder);

	syncer_request(file);
	syncer_request(file);
	syncer_close(file);  /* the leak checker sees that it is freed */
	syncer_free(syncer); /* joins after the last request */
}

static void test_a_failed_sync_is_told_by_the_next_request(void **state)
{
	struct rig *rig = *state;
	struct syncer *syncer = syncer_new();
	struct syncer_file *file;
	int pipe_fds[2];

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	file = syncer_open(syncer, pipe_fds[1], rig->folder); /* cannot be synced: EINVAL */
	assert_int_equal(syncer_request(file), 0);
	assert_int_equal(wait_for_sync(syncer).failures, 1);
	assert_int_equal(syncer_request(file), -EINVAL);
	syncer_close(file);
	syncer_free(syncer);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void test_a_missing_folder_is_refused(void **state)
{
	struct rig *rig = *state;
	struct syncer *syncer = syncer_new();

	assert_null(syncer_open(syncer, rig->fd, "/nowhere/at/all"));
	syncer_free(syncer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_was_asked_for_is_synced_before_the_end,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_closing_leaves_the_request, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_failed_sync_is_told_by_the_next_request,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_missing_folder_is_refused, set_up,
	                                        tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
