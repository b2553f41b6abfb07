#include "http/session.h"

#include <errno.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct sessions *sessions;

static int set_up(void **state)
{
	sessions = sessions_new();
	return sessions ? 0 : -1;
}

static int tear_down(void **state)
{
	sessions_free(sessions);
	return 0;
}

static void a_session_stands_for_a_role_until_it_ends(void **state)
{
	char token[SESSION_TOKEN_SIZE];
	enum config_role role = CONFIG_VIEWER;

	assert_int_equal(sessions_open(sessions, CONFIG_OPERATOR, 1000, token), 0);
	assert_int_equal(strlen(token), SESSION_TOKEN_SIZE - 1);
	assert_int_equal(sessions_find(sessions, token, 999, &role), 0);
	assert_int_equal(role, CONFIG_OPERATOR);
	assert_int_equal(sessions_find(sessions, token, 1000, &role), -ENOENT);
}

static void a_closed_session_is_unknown(void **state)
{
	char token[SESSION_TOKEN_SIZE], other[SESSION_TOKEN_SIZE];
	enum config_role role;

	assert_int_equal(sessions_open(sessions, CONFIG_VIEWER, 1000, token), 0);
	assert_int_equal(sessions_open(sessions, CONFIG_VIEWER, 1000, other), 0);
	assert_string_not_equal(token, other);
	sessions_close(sessions, token);
	assert_int_equal(sessions_find(sessions, token, 1, &role), -ENOENT);
	assert_int_equal(sessions_find(sessions, other, 1, &role), 0);
}

static void other_tokens_are_unknown(void **state)
{
	char token[SESSION_TOKEN_SIZE];
	char wrong[SESSION_TOKEN_SIZE + 1];
	enum config_role role;

	assert_int_equal(sessions_open(sessions, CONFIG_VIEWER, 1000, token), 0);
	memcpy(wrong, token, sizeof(token));
	wrong[5] ^= 1;
	assert_int_equal(sessions_find(sessions, wrong, 1, &role), -ENOENT);
	assert_int_equal(sessions_find(sessions, "", 1, &role), -ENOENT);
	memset(wrong, '0', SESSION_TOKEN_SIZE);
	wrong[SESSION_TOKEN_SIZE] = '\0';
	assert_int_equal(sessions_find(sessions, wrong, 1, &role), -ENOENT);
	sessions_close(sessions, "");
}

static void the_one_that_ends_first_gives_way(void **state)
{
	char tokens[SESSION_MAX + 1][SESSION_TOKEN_SIZE];
	enum config_role role;

	for (int i = 0; i <= SESSION_MAX; i++)
		assert_int_equal(sessions_open(sessions, CONFIG_VIEWER, 1000 + i, tokens[i]), 0);
	for (int i = 0; i <= SESSION_MAX; i++)
		assert_int_equal(sessions_find(sessions, tokens[i], 1, &role),
		                 i == 0 ? -ENOENT : 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
		TEST(a_session_stands_for_a_role_until_it_ends),
		TEST(a_closed_session_is_unknown),
		TEST(other_tokens_are_unknown),
		TEST(the_one_that_ends_first_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
