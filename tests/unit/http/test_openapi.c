#include "http/openapi.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "http/route.h"
#include "proto/topic.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SET "/api/v1/set/"

static const struct {
	const char *name;
	enum method method;
} methods[] = {{"get", METHOD_GET}, {"post", METHOD_POST}, {"delete", METHOD_DELETE}};

static json_t *document;

static int load(void **state)
{
	document = json_loads(openapi_text(), JSON_REJECT_DUPLICATES, NULL);
	return document ? 0 : -1;
}

static int unload(void **state)
{
	json_decref(document);
	return 0;
}

static const struct route *route_of(const char *path)
{
	return route_find(path, NULL).route;
}

static void every_path_is_a_route_with_those_methods(void **state)
{
	const char *path;
	json_t *item;

	json_object_foreach(json_object_get(document, "paths"), path, item)
	{
		const struct route *route = route_of(path);
		unsigned described = 0;

		if (!route)
			fail_msg("openapi.json: %s is not in route_table", path);
		for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
			if (json_object_get(item, methods[i].name))
				described |= methods[i].method;
		}
		/* HEAD goes with GET and is not described by itself. */
		assert_int_equal(described, route->methods & ~(unsigned)METHOD_HEAD);
	}
}

static void every_route_is_described(void **state)
{
	for (size_t i = 0; i < route_count; i++) {
		bool found = false;
		const char *path;
		json_t *item;

		json_object_foreach(json_object_get(document, "paths"), path, item)
		{
			found = found || route_of(path) == &route_table[i];
		}
		if (!found)
			fail_msg("openapi.json has no path for the route %s", route_table[i].path);
	}
}

/* Public routes say so, the others fall under the security of the whole. To delete is an operator's
 * right wherever looking is a viewer's. */
static void access_is_described(void **state)
{
	const char *path, *name;
	json_t *item, *operation;

	json_object_foreach(json_object_get(document, "paths"), path, item)
	{
		json_object_foreach(item, name, operation)
		{
			const json_t *responses = json_object_get(operation, "responses");
			enum access_level access = route_of(path)->access;

			if (!json_is_object(operation))
				continue;
			assert_int_equal(json_object_get(operation, "security") != NULL,
			                 access == ACCESS_PUBLIC);
			if (access != ACCESS_PUBLIC)
				assert_non_null(json_object_get(responses, "401"));
			assert_int_equal(json_object_get(responses, "403") != NULL,
			                 access == ACCESS_OPERATOR || strcmp(name, "delete") == 0);
		}
	}
}

static void every_command_is_described(void **state)
{
	const json_t *paths = json_object_get(document, "paths");
	size_t described = 0, commands = 0;
	const char *path;
	json_t *item;

	for (int kind = 0; kind < TOPIC_KIND_COUNT; kind++) {
		const struct topic_info *info = &topic_table[kind];
		char wanted[TOPIC_SIZE];

		if (!info->command)
			continue;
		commands++;
		snprintf(wanted, sizeof(wanted), SET "%s%s",
		         info->per_camera ? "cam/{camera}/" : "", info->name);
		if (!json_object_get(paths, wanted))
			fail_msg("openapi.json has no path %s", wanted);
	}
	json_object_foreach((json_t *)paths, path, item)
	{
		described += strncmp(path, SET, strlen(SET)) == 0;
	}
	assert_int_equal(described, commands);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_path_is_a_route_with_those_methods),
		cmocka_unit_test(every_route_is_described),
		cmocka_unit_test(access_is_described),
		cmocka_unit_test(every_command_is_described),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
