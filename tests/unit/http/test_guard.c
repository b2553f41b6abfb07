#include "http/guard.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct config config = {
	.node = {.id = (char[]){"porch"}},
	.http =
		{
			.bind = (char[]){"camera.lan"},
			.public_url = (char[]){"https://cam.example.org:8443/porch/"},
			.allowed_hosts = {(char[]){"proxy.example.org"}},
			.allowed_host_count = 1,
			.allowed_origins = {(char[]){"https://fleet.example.org"}},
			.allowed_origin_count = 1,
		},
};
static struct guard *guard;

static int set_up(void **state)
{
	guard = guard_new(&config, "raspberrypi");
	return guard ? 0 : -1;
}

static int tear_down(void **state)
{
	guard_free(guard);
	return 0;
}

static void own_names_and_addresses_are_ours(void **state)
{
	static const char *const hosts[] = {
		"localhost",         "localhost:8080",  "LOCALHOST",
		"localhost.",        "127.0.0.1",       "127.0.0.1:8080",
		"192.168.1.5:80",    "[::1]",           "[::1]:8080",
		"[fe80::1]",         "porch",           "porch.local",
		"Porch.Local:8080",  "raspberrypi",     "raspberrypi.local",
		"camera.lan:8080",   "cam.example.org", "cam.example.org:8443",
		"proxy.example.org",
	};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		assert_true(guard_host_is_ours(guard, hosts[i]));
}

static void other_names_are_not(void **state)
{
	static const char *const hosts[] = {
		"evil.example",
		"",
		":80",
		"localhost.evil.example",
		"127.0.0.1.nip.io",
		"porch.evil",
		"porchx",
		"porch.local.evil",
		"evil.example:8080",
		"localhost:80x",
		"localhost:123456",
		"[::1",
		"[::1]x",
		"[evil.example]",
		"a@localhost",
		"127.1",
	};
	char longest[400];

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		assert_false(guard_host_is_ours(guard, hosts[i]));
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_false(guard_host_is_ours(guard, longest));
}

static void programs_and_the_own_page_may_change_things(void **state)
{
	assert_true(guard_allows_change(guard, "porch:8080", NULL, NULL));
	assert_true(guard_allows_change(guard, "porch:8080", "http://porch:8080", "same-origin"));
	assert_true(guard_allows_change(guard, "porch:8080", "http://PORCH:8080", NULL));
	assert_true(guard_allows_change(guard, "porch", "https://porch", NULL));
	assert_true(guard_allows_change(guard, "porch", NULL, "none"));
}

static void other_sites_may_not(void **state)
{
	assert_false(guard_allows_change(guard, "porch:8080", "http://evil.example", NULL));
	assert_false(guard_allows_change(guard, "porch:8080", "http://porch:9090", NULL));
	assert_false(guard_allows_change(guard, "porch:8080", "http://porch:8080.evil", NULL));
	assert_false(guard_allows_change(guard, "porch:8080", "null", NULL));
	assert_false(guard_allows_change(guard, "porch:8080", "", NULL));
	assert_false(guard_allows_change(guard, NULL, "http://porch:8080", NULL));
	assert_false(guard_allows_change(guard, "porch:8080", NULL, "cross-site"));
	assert_false(guard_allows_change(guard, "porch", "http://porch", "cross-site"));
}

static void listed_origins_may(void **state)
{
	assert_true(guard_origin_is_listed(guard, "https://fleet.example.org"));
	assert_false(guard_origin_is_listed(guard, "http://fleet.example.org"));
	assert_true(guard_allows_change(guard, "porch:8080", "https://fleet.example.org",
	                                "cross-site"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_names_and_addresses_are_ours),
		cmocka_unit_test(other_names_are_not),
		cmocka_unit_test(programs_and_the_own_page_may_change_things),
		cmocka_unit_test(other_sites_may_not),
		cmocka_unit_test(listed_origins_may),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
