#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "proto/topic.h"

#define ID_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PREFIX_63 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"

static void test_example(void **state)
{
	char topic[TOPIC_SIZE];
	char camera[ID_SIZE];
	enum topic_kind kind;

	assert_int_equal(topic_build(topic, "camnode", "garage", TOPIC_CAM_RECORD_SET, "door"), 0);
	assert_string_equal(topic, "camnode/garage/cam/door/record/set");

	assert_string_equal(topic_suffix(topic, "camnode", "garage"), "cam/door/record/set");
	assert_int_equal(topic_parse("cam/door/record/set", &kind, camera), 0);
	assert_int_equal(kind, TOPIC_CAM_RECORD_SET);
	assert_string_equal(camera, "door");
}

static void test_every_topic_is_parsed_back(void **state)
{
	for (int kind = 0; kind < TOPIC_KIND_COUNT; kind++) {
		const char *camera = topic_table[kind].per_camera ? "cam0" : NULL;
		char topic[TOPIC_SIZE];
		char parsed_camera[ID_SIZE] = "?";
		enum topic_kind parsed_kind;

		assert_int_equal(topic_build(topic, "a/b", "n", kind, camera), 0);
		assert_int_equal(
			topic_parse(topic_suffix(topic, "a/b", "n"), &parsed_kind, parsed_camera),
			0);
		assert_int_equal(parsed_kind, kind);
		assert_string_equal(parsed_camera, camera ? camera : "");
	}
}

static void test_commands_are_never_retained(void **state)
{
	for (int kind = 0; kind < TOPIC_KIND_COUNT; kind++) {
		const struct topic_info *info = &topic_table[kind];

		assert_non_null(info->help);
		assert_in_range(info->qos, 0, 1);
		if (info->command)
			assert_false(info->retain);
	}
}

static void test_the_longest_topic_fits(void **state)
{
	const char *prefix = PREFIX_63;
	char topic[TOPIC_SIZE];

	assert_int_equal(strlen(prefix), 63);
	for (int kind = 0; kind < TOPIC_KIND_COUNT; kind++) {
		const char *camera = topic_table[kind].per_camera ? ID_64 : NULL;

		assert_int_equal(topic_build(topic, prefix, ID_64, kind, camera), 0);
	}
}

static void test_too_long_leaves_the_output_alone(void **state)
{
	char prefix[TOPIC_SIZE + 1];
	char topic[TOPIC_SIZE] = "untouched";
	size_t rest = strlen("/n/status");

	memset(prefix, 'p', TOPIC_SIZE);
	prefix[TOPIC_SIZE - rest] = '\0';
	assert_int_equal(topic_build(topic, prefix, "n", TOPIC_STATUS, NULL), -ENAMETOOLONG);
	assert_string_equal(topic, "untouched");

	prefix[TOPIC_SIZE - rest - 1] = '\0';
	assert_int_equal(topic_build(topic, prefix, "n", TOPIC_STATUS, NULL), 0);
	assert_int_equal(strlen(topic), TOPIC_SIZE - 1);
}

static void test_suffix_of_others_topics(void **state)
{
	assert_null(topic_suffix("camnode/garage2/status", "camnode", "garage"));
	assert_null(topic_suffix("camnode/gar/status", "camnode", "garage"));
	assert_null(topic_suffix("camnode2/garage/status", "camnode", "garage"));
	assert_null(topic_suffix("camnode/garage", "camnode", "garage"));
	assert_null(topic_suffix("", "camnode", "garage"));
	assert_string_equal(topic_suffix("a/b/n/x", "a/b", "n"), "x");
}

static void test_unknown_suffixes(void **state)
{
	static const char *const suffixes[] = {
		"",
		"statuses",
		"stats", /* a camera's */
		"cam",
		"cam/",
		"cam/door",
		"cam/door/",
		"cam/door/info", /* a node's */
		"cam//status",
		"cam/Door/status",
		"cam/+/status",
		"cam/" ID_64 "0/status",
		"cam/door/record/set/",
	};
	char camera[ID_SIZE] = "untouched";
	enum topic_kind kind = TOPIC_KIND_COUNT;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		assert_int_equal(topic_parse(suffixes[i], &kind, camera), -ENOENT);
	assert_int_equal(kind, TOPIC_KIND_COUNT);
	assert_string_equal(camera, "untouched");
	assert_int_equal(topic_parse("cam/" ID_64 "/status", &kind, camera), 0);
	assert_string_equal(camera, ID_64);
}

static void test_prefixes(void **state)
{
	static const char *const good[] = {"camnode", "site/hall 2/camnode", "Käfig", PREFIX_63};
	static const char *const bad[] = {
		"",     "/",    "/a",   "a/",     "a//b",     "a/+",         "#",
		"a\nb", "\x7f", "\xff", "$SYS/a", "$share/g", "p" PREFIX_63,
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(topic_is_prefix(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(topic_is_prefix(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_every_topic_is_parsed_back),
		cmocka_unit_test(test_commands_are_never_retained),
		cmocka_unit_test(test_the_longest_topic_fits),
		cmocka_unit_test(test_too_long_leaves_the_output_alone),
		cmocka_unit_test(test_suffix_of_others_topics),
		cmocka_unit_test(test_unknown_suffixes),
		cmocka_unit_test(test_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
