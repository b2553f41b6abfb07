#include "http/auth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* crypt(5) with MD5: quick, where how slow it is does not matter. */

static char hash_of_secret[] = "$1$ab$dslkcXxVH.x8LwW1W/oAB/";
static char hash_of_token[] = "$1$ab$o8QJD3XCwHqqhLQ5RIj9Y.";
static struct config_http config;
static struct auth *auth;

static int set_up(void **state)
{
	config = (struct config_http){
		.users = {{"op", hash_of_secret, CONFIG_OPERATOR},
	                  {"see", hash_of_secret, CONFIG_VIEWER},
	                  {"locked", "*", CONFIG_OPERATOR}},
		.user_count = 3,
		.tokens = {{"bot", hash_of_token, CONFIG_VIEWER}},
		.token_count = 1,
	};
	auth = auth_new(&config);
	return auth ? 0 : -1;
}

static int tear_down(void **state)
{
	auth_free(auth);
	return 0;
}

static struct credential basic(const char *user, const char *secret)
{
	struct credential credential = {0};

	snprintf(credential.user, sizeof(credential.user), "%s", user);
	snprintf(credential.secret, sizeof(credential.secret), "%s", secret);
	return credential;
}

static void a_right_password_gives_the_role(void **state)
{
	struct credential operator= basic("op", "secret"), viewer = basic("see", "secret");
	enum config_role role;

	assert_int_equal(auth_check(auth, &operator, 0, &role), 0);
	assert_int_equal(role, CONFIG_OPERATOR);
	assert_int_equal(auth_check(auth, &viewer, 0, &role), 0);
	assert_int_equal(role, CONFIG_VIEWER);
}

static void a_token_gives_its_role(void **state)
{
	struct credential token = {.bearer = true, .secret = "token"};
	struct credential as_password = basic("bot", "token");
	enum config_role role;

	assert_int_equal(auth_check(auth, &token, 0, &role), 0);
	assert_int_equal(role, CONFIG_VIEWER);
	assert_int_equal(auth_check(auth, &as_password, 0, &role), -EACCES);
}

static void whatever_is_wrong_is_refused(void **state)
{
	static const struct {
		const char *user, *secret;
	} wrong[] = {{"op", "Secret"},     {"op", ""},      {"nobody", "secret"}, {"", "secret"},
	             {"locked", "secret"}, {"locked", "*"}, {"locked", "*0"}};
	enum config_role role = CONFIG_VIEWER;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct credential credential = basic(wrong[i].user, wrong[i].secret);

		assert_int_equal(auth_check(auth, &credential, 0, &role), -EACCES);
		assert_int_equal(auth_recall(auth, &credential, 0, &role), -ENOENT);
	}
	assert_int_equal(role, CONFIG_VIEWER);
}

static void what_was_right_is_remembered_for_a_while(void **state)
{
	struct credential credential = basic("op", "secret");
	struct credential similar = {.bearer = true, .secret = "secret"};
	enum config_role role = CONFIG_VIEWER;

	assert_int_equal(auth_recall(auth, &credential, 1, &role), -ENOENT);
	assert_int_equal(auth_check(auth, &credential, 1, &role), 0);
	role = CONFIG_VIEWER;
	assert_int_equal(auth_recall(auth, &credential, AUTH_CACHE_AGE_US, &role), 0);
	assert_int_equal(role, CONFIG_OPERATOR);
	assert_int_equal(auth_recall(auth, &credential, AUTH_CACHE_AGE_US + 1, &role), -ENOENT);
	assert_int_equal(auth_recall(auth, &similar, 1, &role), -ENOENT);
}

static void a_full_memory_forgets_the_oldest(void **state)
{
	char names[AUTH_CACHE_SIZE + 1][16];
	enum config_role role;

	for (int i = 0; i <= AUTH_CACHE_SIZE; i++) {
		struct credential credential;

		/* One user under ever new names. */
		snprintf(names[i], sizeof(names[i]), "u%d", i);
		config.users[0].name = names[i];
		credential = basic(names[i], "secret");
		assert_int_equal(auth_check(auth, &credential, i, &role), 0);
	}
	for (int i = 0; i <= AUTH_CACHE_SIZE; i++) {
		struct credential credential = basic(names[i], "secret");

		assert_int_equal(auth_recall(auth, &credential, AUTH_CACHE_SIZE, &role),
		                 i == 0 ? -ENOENT : 0);
	}
}

static void nobody_configured_or_anonymous_means_everybody(void **state)
{
	assert_true(auth_is_required(auth));
	config.anonymous = true;
	assert_false(auth_is_required(auth));
	config.anonymous = false;
	config.user_count = 0;
	assert_true(auth_is_required(auth));
	config.token_count = 0;
	assert_false(auth_is_required(auth));
}

static void a_made_hash_is_yescrypt_and_fits(void **state)
{
	struct credential credential = basic("op", "correct horse");
	char *hash = http_hash_password("correct horse");
	char *again = http_hash_password("correct horse");
	enum config_role role;

	assert_non_null(hash);
	assert_int_equal(strncmp(hash, "$y$", 3), 0);
	assert_string_not_equal(hash, again);
	config.users[0].hash = hash;
	assert_int_equal(auth_check(auth, &credential, 0, &role), 0);
	free(hash);
	free(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
		TEST(a_right_password_gives_the_role),
		TEST(a_token_gives_its_role),
		TEST(whatever_is_wrong_is_refused),
		TEST(what_was_right_is_remembered_for_a_while),
		TEST(a_full_memory_forgets_the_oldest),
		TEST(nobody_configured_or_anonymous_means_everybody),
		TEST(a_made_hash_is_yescrypt_and_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
