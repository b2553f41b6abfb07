#include "http/route.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_cameras_stream(void **state)
{
	struct route_match match = route_find("/cam/porch/stream", NULL);

	assert_non_null(match.route);
	assert_string_equal(match.route->path, "/cam/{camera}/stream");
	assert_string_equal(match.camera, "porch");
	assert_int_equal(match.camera_index, -1);
}

static void every_route_is_found_by_its_own_path(void **state)
{
	for (size_t i = 0; i < route_count; i++) {
		struct route_match match = route_find(route_table[i].path, NULL);

		assert_ptr_equal(match.route, &route_table[i]);
		assert_non_null(route_table[i].handle);
		assert_true(route_table[i].methods != 0);
	}
}

static void the_rest_may_have_slashes_but_is_not_empty(void **state)
{
	struct route_match match = route_find("/recordings/cam0/2026/11/23/a.mp4", NULL);

	assert_string_equal(match.route->path, "/recordings/{rest}");
	assert_string_equal(match.rest, "cam0/2026/11/23/a.mp4");
	assert_string_equal(route_find("/recordings/", NULL).route->path, "/recordings/");
	assert_null(route_find("/api/v1/set/", NULL).route);
}

static void addresses_of_other_programs_mean_a_camera_by_number(void **state)
{
	static const struct {
		const char *path, *action, *route;
		int index;
	} cases[] = {
		{"/stream", NULL, "/cam/{camera}/stream", 0},
		{"/snapshot", NULL, "/cam/{camera}/snapshot.jpg", 0},
		{"/", "stream", "/cam/{camera}/stream", 0},
		{"/", "stream_0", "/cam/{camera}/stream", 0},
		{"/", "stream_7", "/cam/{camera}/stream", 7},
		{"/", "snapshot_2", "/cam/{camera}/snapshot.jpg", 2},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct route_match match = route_find(cases[i].path, cases[i].action);

		assert_string_equal(match.route->path, cases[i].route);
		assert_int_equal(match.camera_index, cases[i].index);
	}
}

static void other_actions_are_not_found(void **state)
{
	static const char *const actions[] = {
		"", "streams", "stream_", "stream_-1", "stream_x", "stream_99999999999", "command"};

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		assert_null(route_find("/", actions[i]).route);
	assert_string_equal(route_find("/", NULL).route->path, "/");
}

static void other_paths_are_not_found(void **state)
{
	static const char *const paths[] = {"",
	                                    "x",
	                                    "//",
	                                    "/cam",
	                                    "/cam/a",
	                                    "/cam//stream",
	                                    "/cam/a/stream/",
	                                    "/cam/a/b/stream",
	                                    "/streams",
	                                    "/api/v1/states"};
	char long_camera[200] = "/cam/";

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_null(route_find(paths[i], NULL).route);
	memset(long_camera + 5, 'a', ID_SIZE);
	memcpy(long_camera + 5 + ID_SIZE, "/stream", 8);
	assert_null(route_find(long_camera, NULL).route);
}

static void who_changes_something_is_an_operator(void **state)
{
	for (size_t i = 0; i < route_count; i++) {
		if (strncmp(route_table[i].path, "/api/v1/set/", 12) == 0) {
			assert_int_equal(route_table[i].access, ACCESS_OPERATOR);
			assert_int_equal(route_table[i].methods, METHOD_POST);
		}
	}
}

static void methods_are_listed(void **state)
{
	char list[METHOD_LIST_SIZE];

	method_list(METHOD_GET | METHOD_HEAD, list);
	assert_string_equal(list, "GET, HEAD");
	method_list(METHOD_GET | METHOD_HEAD | METHOD_POST | METHOD_OPTIONS, list);
	assert_string_equal(list, "GET, HEAD, POST, OPTIONS");
	assert_int_equal(method_parse("POST"), METHOD_POST);
	assert_int_equal(method_parse("post"), METHOD_NONE);
	assert_int_equal(method_parse("DELETE"), METHOD_DELETE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cameras_stream),
		cmocka_unit_test(every_route_is_found_by_its_own_path),
		cmocka_unit_test(the_rest_may_have_slashes_but_is_not_empty),
		cmocka_unit_test(addresses_of_other_programs_mean_a_camera_by_number),
		cmocka_unit_test(other_actions_are_not_found),
		cmocka_unit_test(other_paths_are_not_found),
		cmocka_unit_test(who_changes_something_is_an_operator),
		cmocka_unit_test(methods_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
