#include "control/control.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

#define DEADLINE_US (20 * USEC_PER_SEC)

/* A node without cameras in a folder of its own. */
struct scene {
	char folder[40];
	char state_file[64];
	struct config *config;
	struct control *control;
};

static void start(struct scene *scene)
{
	struct buf text, errors;

	buf_init(&text, 4096);
	buf_init(&errors, 4096);
	buf_printf(&text,
	           "node: {id: n, state_dir: %s}\nhttp: {enabled: false}\nmqtt: {enabled: false}\n"
	           "record: {dir: %s}\ncameras: []\n",
	           scene->folder, scene->folder);
	assert_int_equal(config_parse("test", text.data, text.length, &scene->config, &errors), 0);
	buf_finish(&text);
	buf_finish(&errors);
	assert_int_equal(control_new(scene->config, &scene->control), 0);
	assert_int_equal(control_start(scene->control), 0);
}

static void stop(struct scene *scene)
{
	control_stop(scene->control);
	control_free(scene->control);
	config_free(scene->config);
}

static int set_up(void **state)
{
	static struct scene scene;

	scene = (struct scene){.folder = "/tmp/camnode-test-XXXXXX"};
	if (!mkdtemp(scene.folder))
		return -1;
	snprintf(scene.state_file, sizeof scene.state_file, "%s/state.json", scene.folder);
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	unlink(scene->state_file);
	return rmdir(scene->folder);
}

static void the_state_is_saved_soon(void **state)
{
	struct scene *scene = *state;
	int64_t until_us = clock_mono_us() + DEADLINE_US;

	start(scene);
	assert_int_equal(state_set(control_state(scene->control), "key", "1"), 0);
	control_save_state(scene->control);
	while (access(scene->state_file, R_OK) < 0) {
		assert_true(clock_mono_us() < until_us);
		poll(NULL, 0, 10);
	}
	stop(scene);
}

static void the_end_saves_the_state(void **state)
{
	struct scene *scene = *state;

	start(scene);
	assert_int_equal(state_set(control_state(scene->control), "key", "2"), 0);
	stop(scene);
	start(scene);
	char *value = state_get(control_state(scene->control), "key");
	assert_string_equal(value, "2");
	free(value);
	stop(scene);
}

static void without_a_change_nothing_is_written(void **state)
{
	struct scene *scene = *state;

	start(scene);
	control_save_state(scene->control);
	stop(scene);
	assert_int_equal(access(scene->state_file, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_state_is_saved_soon, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_end_saves_the_state, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_change_nothing_is_written, set_up,
	                                        tear_down),
	};
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
