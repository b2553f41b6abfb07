#include "control/pictures.h"

#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct frame *make(size_t size)
{
	const struct frame_info info = {.codec = FRAME_JPEG, .key = true};
	_cleanup_free_ void *data = calloc(1, size);

	return frame_new(&info, data, size);
}

static void add(struct pictures *pictures, const char *key, size_t size)
{
	_cleanup_(frame_unref_p) struct frame *frame = make(size);

	pictures_add(pictures, key, frame);
}

static bool has(struct pictures *pictures, const char *key)
{
	_cleanup_(frame_unref_p) struct frame *frame = pictures_get(pictures, key);

	return frame != NULL;
}

static void gives_back_what_was_added(void **state)
{
	struct pictures *pictures = pictures_new();

	add(pictures, "cam0/1", 100);
	assert_true(has(pictures, "cam0/1"));
	assert_false(has(pictures, "cam0/2"));
	pictures_free(pictures);
}

static void the_oldest_goes_at_the_limit_of_number(void **state)
{
	struct pictures *pictures = pictures_new();
	char key[PICTURES_KEY_SIZE];

	for (int i = 0; i <= PICTURES_MAX; i++) {
		snprintf(key, sizeof key, "cam0/%d", i);
		add(pictures, key, 10);
	}
	assert_false(has(pictures, "cam0/0"));
	assert_true(has(pictures, "cam0/1"));
	pictures_free(pictures);
}

static void the_oldest_go_at_the_limit_of_bytes(void **state)
{
	struct pictures *pictures = pictures_new();

	add(pictures, "cam0/a", PICTURES_MAX_BYTES / 2);
	add(pictures, "cam0/b", PICTURES_MAX_BYTES / 2);
	assert_true(has(pictures, "cam0/a"));
	add(pictures, "cam0/c", 1);
	assert_false(has(pictures, "cam0/a"));
	assert_true(has(pictures, "cam0/b"));
	assert_true(has(pictures, "cam0/c"));
	pictures_free(pictures);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_was_added),
		cmocka_unit_test(the_oldest_goes_at_the_limit_of_number),
		cmocka_unit_test(the_oldest_go_at_the_limit_of_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
