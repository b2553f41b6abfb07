#include "mqtt/discovery.h"

#include <errno.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CAMERA(id) "{\"id\": \"" id "\", \"name\": \"Door\"}"

struct scene {
	struct config config;
	json_t *info;
};

static int set_up(void **state)
{
	static struct scene scene;

	scene.config.node = (struct config_node){.id = "n", .name = "Node"};
	scene.config.mqtt = (struct config_mqtt){.prefix = "camnode", .discovery_prefix = "ha"};
	scene.info = NULL;
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	json_decref(scene->info);
	return 0;
}

static void set_cameras(struct scene *scene, const char *cameras)
{
	char text[512];

	snprintf(text, sizeof(text), "{\"model\": \"Pi\", \"cameras\": [%s]}", cameras);
	json_decref(scene->info);
	scene->info = json_loads(text, 0, NULL);
	assert_non_null(scene->info);
}

static char *payload(struct scene *scene, size_t max_bytes, const json_t *gone)
{
	const struct discovery_options options = {
		.config = &scene->config,
		.info = scene->info,
		.gone = gone,
		.interval_s = 10,
		.max_bytes = max_bytes,
	};
	char *text = NULL;

	assert_int_equal(discovery_payload(&options, &text), 0);
	assert_true(max_bytes == 0 || strlen(text) <= max_bytes);
	return text;
}

static json_t *entities(struct scene *scene, size_t max_bytes, const json_t *gone)
{
	char *text = payload(scene, max_bytes, gone);
	json_t *root = json_loads(text, 0, NULL);
	json_t *result = json_incref(json_object_get(root, "cmps"));

	json_decref(root);
	free(text);
	assert_non_null(result);
	return result;
}

static void example(void **state)
{
	struct scene *scene = *state;
	char topic[TOPIC_SIZE];

	assert_int_equal(discovery_topic(&scene->config, topic), 0);
	assert_string_equal(topic, "ha/device/n/config");
	assert_int_equal(discovery_birth_topic(&scene->config, topic), 0);
	assert_string_equal(topic, "ha/status");
	set_cameras(scene, CAMERA("c"));
	json_t *all = entities(scene, 0, NULL);
	const json_t *recording = json_object_get(all, "c_recording");
	assert_string_equal(json_string_value(json_object_get(recording, "uniq_id")),
	                    "camnode.n.c.recording");
	assert_string_equal(json_string_value(json_object_get(recording, "name")),
	                    "Door recording");
	json_decref(all);
}

/* What a shorter message leaves out, to the byte. */
static void at_the_limit(void **state)
{
	struct scene *scene = *state;

	set_cameras(scene, CAMERA("c") "," CAMERA("d"));
	char *full = payload(scene, 0, NULL);
	json_t *all = entities(scene, strlen(full), NULL);
	json_t *essential = entities(scene, strlen(full) - 1, NULL);
	char *shorter = payload(scene, strlen(full) - 1, NULL);
	const struct discovery_options too_small = {
		.config = &scene->config,
		.info = scene->info,
		.max_bytes = strlen(shorter) / 2,
	};
	char *none = NULL;

	assert_non_null(json_object_get(all, "c_fps"));
	assert_null(json_object_get(essential, "c_fps"));
	assert_non_null(json_object_get(essential, "d_recording"));
	assert_int_equal(discovery_payload(&too_small, &none), -EMSGSIZE);
	assert_null(none);
	json_decref(all);
	json_decref(essential);
	free(full);
	free(shorter);
}

static void a_camera_that_has_left(void **state)
{
	struct scene *scene = *state;
	json_auto_t *gone = json_pack("[s]", "old");

	set_cameras(scene, CAMERA("c"));
	json_auto_t *all = entities(scene, 0, gone);
	const json_t *farewell = json_object_get(all, "old_recording");
	assert_int_equal(json_object_size(farewell), 1);
	assert_string_equal(json_string_value(json_object_get(farewell, "p")), "switch");
	assert_true(json_object_size(json_object_get(all, "c_recording")) > 1);
}

static void only_a_camera_with_profiles_has_a_choice(void **state)
{
	struct scene *scene = *state;

	set_cameras(scene, "{\"id\": \"a\", \"profiles\": [\"high\", \"low\"]},"
	                   "{\"id\": \"b\", \"profiles\": []}, {\"id\": \"c\"}");
	json_auto_t *all = entities(scene, 0, NULL);
	const json_t *options = json_object_get(json_object_get(all, "a_profile"), "ops");
	assert_int_equal(json_array_size(options), 3);
	assert_string_equal(json_string_value(json_array_get(options, 1)), "low");
	assert_string_equal(json_string_value(json_array_get(options, 2)), "auto");
	assert_null(json_object_get(all, "b_profile"));
	assert_null(json_object_get(all, "c_profile"));
}

/* "a" with "b_c" is not "a_b" with "c". */
static void no_two_entities_share_an_id(void **state)
{
	struct scene *scene = *state;
	const char *name;
	json_t *entity;

	set_cameras(scene, CAMERA("take") "," CAMERA("take_snapshot") "," CAMERA("n"));
	json_auto_t *all = entities(scene, 0, NULL);
	json_auto_t *seen = json_object();
	json_object_foreach(all, name, entity)
	{
		const char *id = json_string_value(json_object_get(entity, "uniq_id"));
		assert_null(json_object_get(seen, id));
		json_object_set_new(seen, id, json_true());
	}
	assert_true(json_object_size(seen) > 20);
}

static const char *suggested(const json_t *all, const char *entity)
{
	return json_string_value(json_object_get(json_object_get(all, entity), "def_ent_id"));
}

/* Entity ids have no '-'. */
static void suggested_ids_are_different_too(void **state)
{
	struct scene *scene = *state;

	set_cameras(scene, CAMERA("a-b") "," CAMERA("a_b") "," CAMERA("a_b_2") "," CAMERA("a-b-2"));
	json_auto_t *all = entities(scene, 0, NULL);
	assert_string_equal(suggested(all, "a-b_image"), "image.n_a_b_image");
	assert_string_equal(suggested(all, "a_b_image"), "image.n_a_b_3_image");
	assert_string_equal(suggested(all, "a_b_2_image"), "image.n_a_b_2_image");
	assert_string_equal(suggested(all, "a-b-2_image"), "image.n_a_b_2_2_image");
}

#define DISCOVERY_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DISCOVERY_TEST(example),
		DISCOVERY_TEST(at_the_limit),
		DISCOVERY_TEST(a_camera_that_has_left),
		DISCOVERY_TEST(only_a_camera_with_profiles_has_a_choice),
		DISCOVERY_TEST(no_two_entities_share_an_id),
		DISCOVERY_TEST(suggested_ids_are_different_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
