#include "config/state.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The working folder of each test; "s" in it is the state's. */
static char folder[] = "/tmp/test_state.XXXXXX";

static int set_up(void **state)
{
	snprintf(folder, sizeof(folder), "/tmp/test_state.XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	unlink("s/state.json");
	unlink("s/state.json.broken");
	rmdir("s");
	unlink("s");
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static struct state *open_state(void)
{
	struct state *state = NULL;

	assert_int_equal(state_open("s", &state), 0);
	return state;
}

static void expect(struct state *state, const char *key, const char *json)
{
	_cleanup_free_ char *text = state_get(state, key);

	if (json)
		assert_string_equal(text, json);
	else
		assert_null(text);
}

static void keeps_values_over_a_restart(void **unused)
{
	struct state *state = open_state();

	expect(state, "cam/a/enabled", NULL);
	assert_int_equal(state_set(state, "cam/a/enabled", "false"), 0);
	assert_int_equal(state_set(state, "cam/a/controls", "{\"Gain\": 2}"), 0);
	assert_int_equal(state_save(state), 0);
	state_close(state);

	state = open_state();
	expect(state, "cam/a/enabled", "false");
	expect(state, "cam/a/controls", "{\"Gain\":2}");
	state_close(state);
}

static void a_null_removes(void **unused)
{
	struct state *state = open_state();

	assert_int_equal(state_set(state, "a", "1"), 0);
	assert_int_equal(state_save(state), 0);
	assert_int_equal(state_set(state, "a", NULL), 0);
	assert_int_equal(state_set(state, "b", NULL), 0);
	assert_int_equal(state_save(state), 0);
	state_close(state);

	state = open_state();
	expect(state, "a", NULL);
	state_close(state);
}

static void saves_only_what_has_changed(void **unused)
{
	struct state *state = open_state();

	assert_int_equal(state_save(state), 0);
	assert_int_equal(access("s", F_OK), -1);
	assert_int_equal(state_set(state, "a", "[1]"), 0);
	assert_int_equal(state_save(state), 0);
	assert_int_equal(unlink("s/state.json"), 0);
	assert_int_equal(state_set(state, "a", " [ 1 ] "), 0);
	assert_int_equal(state_save(state), 0);
	assert_int_equal(access("s/state.json", F_OK), -1);
	state_close(state);
}

static void a_failed_save_is_tried_again(void **unused)
{
	struct state *state = open_state();

	assert_int_equal(file_write_atomic("s", "", 0, 0600), 0); /* in the folder's place */
	assert_int_equal(state_set(state, "a", "1"), 0);
	assert_int_equal(state_save(state), -ENOTDIR);
	unlink("s");
	assert_int_equal(state_save(state), 0);
	assert_int_equal(access("s/state.json", F_OK), 0);
	state_close(state);
}

static void a_broken_file_is_put_aside(void **unused)
{
	static const char *const broken[] = {"", "{", "[1]", "{\"a\":1,\"a\":2}"};

	assert_int_equal(mkdir("s", 0700), 0);
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		_cleanup_free_ char *kept = NULL;
		struct state *state;
		size_t length;

		assert_int_equal(
			file_write_atomic("s/state.json", broken[i], strlen(broken[i]), 0600), 0);
		state = open_state();
		expect(state, "a", NULL);
		assert_int_equal(state_set(state, "a", "1"), 0);
		assert_int_equal(state_save(state), 0);
		state_close(state);
		assert_int_equal(file_read("s/state.json.broken", 100, &kept, &length), 0);
		assert_string_equal(kept, broken[i]);
	}
}

static void refuses_what_is_no_json_or_too_much(void **unused)
{
	struct state *state = open_state();
	char key[STATE_MAX_KEY_BYTES + 2] = "";
	char json[STATE_MAX_VALUE_BYTES + 2] = "";

	assert_int_equal(state_set(state, "a", "{"), -EINVAL);
	assert_int_equal(state_set(state, "a", ""), -EINVAL);
	assert_int_equal(state_set(state, "", "1"), -EINVAL);
	assert_int_equal(state_set(state, "\xff", "1"), -EINVAL);

	memset(key, 'k', STATE_MAX_KEY_BYTES);
	assert_int_equal(state_set(state, key, "1"), 0);
	key[STATE_MAX_KEY_BYTES] = 'k';
	assert_int_equal(state_set(state, key, "1"), -E2BIG);

	memset(json, '1', STATE_MAX_VALUE_BYTES);
	json[0] = json[STATE_MAX_VALUE_BYTES - 1] = '"';
	assert_int_equal(state_set(state, "a", json), 0);
	json[STATE_MAX_VALUE_BYTES] = ' ';
	assert_int_equal(state_set(state, "a", json), -E2BIG);
	state_close(state);
}

static void holds_so_many_keys(void **unused)
{
	struct state *state = open_state();
	char key[16];

	for (int i = 0; i < STATE_MAX_KEYS; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal(state_set(state, key, "1"), 0);
	}
	assert_int_equal(state_set(state, "more", "1"), -ENOSPC);
	assert_int_equal(state_set(state, "k0", "2"), 0);
	assert_int_equal(state_set(state, "k1", NULL), 0);
	assert_int_equal(state_set(state, "more", "1"), 0);
	state_close(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
		TEST(keeps_values_over_a_restart), TEST(a_null_removes),
		TEST(saves_only_what_has_changed), TEST(a_failed_save_is_tried_again),
		TEST(a_broken_file_is_put_aside),  TEST(refuses_what_is_no_json_or_too_much),
		TEST(holds_so_many_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
