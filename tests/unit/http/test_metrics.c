#include "http/metrics.h"

#include <math.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char *write_metrics(const struct metrics_node *node, const struct metrics_camera *cameras,
                           size_t count)
{
	struct buf buf;
	char *text;

	buf_init(&buf, 256 * 1024);
	metrics_write(&buf, "1.2.3", node, cameras, count);
	text = buf_steal(&buf);
	assert_non_null(text);
	return text;
}

static void values_stand_under_their_names(void **state)
{
	struct metrics_node node = {.http_connections = 3, .temp_c = 51.25};
	struct metrics_camera cameras[] = {{.id = "porch", .sent_bytes = 12345678901234},
	                                   {.id = "yard", .online = 1}};
	char *text = write_metrics(&node, cameras, 2);

	assert_non_null(strstr(text, "\ncamnode_build_info{version=\"1.2.3\"} 1\n"));
	assert_non_null(strstr(text, "\n# TYPE camnode_http_connections gauge\n"
	                             "camnode_http_connections 3\n"));
	assert_non_null(strstr(text, "\ncamnode_temperature_celsius 51.25\n"));
	assert_non_null(strstr(text,
	                       "\n# TYPE camnode_camera_sent_bytes_total counter\n"
	                       "camnode_camera_sent_bytes_total{camera=\"porch\"} 12345678901234\n"
	                       "camnode_camera_sent_bytes_total{camera=\"yard\"} 0\n"));
	assert_non_null(strstr(text, "camnode_camera_online{camera=\"yard\"} 1\n"));
	free(text);
}

static void what_is_not_offered_is_left_out(void **state)
{
	struct metrics_node node = {.temp_c = NAN, .broker_connected = NAN};
	char *text = write_metrics(&node, NULL, 0);

	assert_null(strstr(text, "camnode_temperature_celsius"));
	assert_null(strstr(text, "camnode_mqtt_connected"));
	assert_null(strstr(text, "camnode_camera_"));
	assert_null(strstr(text, "nan"));
	free(text);
}

/* "# HELP name …" and "# TYPE name …" come before the samples of a name, once each; counters end in
 * _total, _sum or _count. */
static void the_format_is_the_exposition_format(void **state)
{
	struct metrics_node node = {0};
	struct metrics_camera camera = {.id = "a"};
	char *text = write_metrics(&node, &camera, 1);
	char name[128] = "", type[16];
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")) && rest) {
		char helped[128], typed[128];

		assert_int_equal(sscanf(line, "# HELP %127s", helped), 1);
		assert_string_not_equal(helped, name);
		snprintf(name, sizeof(name), "%s", helped);
		line = strsep(&rest, "\n");
		assert_int_equal(sscanf(line, "# TYPE %127s %15s", typed, type), 2);
		assert_string_equal(typed, name);
		if (strcmp(type, "counter") == 0)
			assert_true(strstr(name, "_total") || strstr(name, "_sum") ||
			            strstr(name, "_count"));
		else
			assert_string_equal(type, "gauge");
		line = strsep(&rest, "\n");
		assert_int_equal(strncmp(line, name, strlen(name)), 0);
		assert_true(line[strlen(name)] == ' ' || line[strlen(name)] == '{');
	}
	assert_string_equal(line, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_stand_under_their_names),
		cmocka_unit_test(what_is_not_offered_is_left_out),
		cmocka_unit_test(the_format_is_the_exposition_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
