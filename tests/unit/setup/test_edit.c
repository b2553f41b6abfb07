#include "setup/edit.h"

#include <errno.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MARK "\xef\xbb\xbf"
#define YES "yes" /* as a value: adds the item {name: a, role: b} */

struct edit_case {
	const char *before;
	const char *path;
	const char *value; /* NULL: unset; YES: add */
	const char *after; /* NULL: refused */
};

static void check(const struct edit_case *c)
{
	static const struct edit_field fields[] = {{"name", "a"}, {"role", "b"}};
	struct edit edit;
	int r;

	assert_int_equal(edit_init(&edit, c->before, strlen(c->before)), 0);
	if (!c->value)
		r = edit_unset(&edit, c->path);
	else if (strcmp(c->value, YES) == 0)
		r = edit_add(&edit, c->path, fields, 2);
	else
		r = edit_set(&edit, c->path, c->value);
	assert_int_equal(r, c->after ? 0 : -EINVAL);
	assert_string_equal(edit.text.data ? edit.text.data : "", c->after ? c->after : c->before);
	edit_finish(&edit);
}

#define CHECK_ALL(cases)                                              \
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) \
	check(&cases[i])

static void a_value_is_replaced_and_its_comment_stays(void **state)
{
	static const struct edit_case cases[] = {
		{"m:\n  host: a   # here\n", "m.host", "b", "m:\n  host: b   # here\n"},
		{"m:\n  host: 'a b'\n  x: 1\n", "m.host", "b", "m:\n  host: b\n  x: 1\n"},
		{"m: {host: a, x: 1}\n", "m.host", "b", "m: {host: b, x: 1}\n"},
		{"m:\n  host:   # none\n", "m.host", "b", "m:\n  host: b   # none\n"},
		{"m:\n  host: ~\n", "m.host", "b", "m:\n  host: b\n"},
		{"m:\n  host: |\n    a\n    b\n  x: 1\n", "m.host", "c", "m:\n  host: c\n  x: 1\n"},
		{"l:\n  - a: 1\n    b: 2\n  - a: 3\n", "l[1].a", "4",
	         "l:\n  - a: 1\n    b: 2\n  - a: 4\n"},
		{"# für 한국\nm:\n  host: ä # ö\n", "m.host", "b",
	         "# für 한국\nm:\n  host: b # ö\n"},
		{"a: 1\r\nb: 2\r\n", "a", "3", "a: 3\r\nb: 2\r\n"},
	};

	CHECK_ALL(cases);
}

static void a_byte_order_mark_stays_first(void **state)
{
	static const struct edit_case cases[] = {
		{MARK "a: 1\nb: 2\n", "a", "3", MARK "a: 3\nb: 2\n"},
		{MARK "# ä\nm:\n  host: ö # x\n", "m.host", NULL,
	         MARK "# ä\nm:\n  host: null # x\n"},
		{MARK "m: {}\n", "m.port", "2", MARK "m: {port: 2}\n"},
		{MARK "m:\n", "m.port", "2", MARK "m:\n  port: 2\n"},
		{MARK "l: [1]\n", "l", YES, MARK "l: [1, {name: a, role: b}]\n"},
		{MARK, "m.port", "2", MARK "\n\nm:\n  port: 2\n"},
	};

	CHECK_ALL(cases);
}

static void a_missing_key_is_put_below_those_that_are_there(void **state)
{
	static const struct edit_case cases[] = {
		{"m:\n  host: a # x\n  # port: 1\nh:\n  y: 1\n", "m.port", "2",
	         "m:\n  host: a # x\n  port: 2\n  # port: 1\nh:\n  y: 1\n"},
		{"m:\n    host: a\n", "m.port", "2", "m:\n    host: a\n    port: 2\n"},
		{"m: {host: a}\n", "m.port", "2", "m: {port: 2, host: a}\n"},
		{"m: {}\n", "m.port", "2", "m: {port: 2}\n"},
		{"m: # all default\n  # host: a\nh:\n", "m.port", "2",
	         "m: # all default\n  port: 2\n  # host: a\nh:\n"},
		{"m:\n  l:\n    - 1\n", "m.port", "2", "m:\n  port: 2\n  l:\n    - 1\n"},
		{"l:\n  - a: 1\n", "l[0].b", "2", "l:\n  - a: 1\n    b: 2\n"},
		{"l:\n- a: 1\n- a: 3\n", "l[0].b", "2", "l:\n- a: 1\n  b: 2\n- a: 3\n"},
		{"m:\n  x: 1", "m.y", "2", "m:\n  x: 1\n  y: 2"},
	};

	CHECK_ALL(cases);
}

static void a_missing_section_is_put_at_the_end(void **state)
{
	static const struct edit_case cases[] = {
		{"", "m.port", "2", "m:\n  port: 2\n"},
		{"# nothing\n", "m.port", "2", "# nothing\n\nm:\n  port: 2\n"},
		{"a: 1", "m.d.port", "2", "a: 1\n\nm:\n  d:\n    port: 2\n"},
		{"{a: 1}\n", "m.d.port", "2", "{m: {d: {port: 2}}, a: 1}\n"},
		{"a: 1\n", "b", "2", "a: 1\n\nb: 2\n"},
	};

	CHECK_ALL(cases);
}

static void an_item_is_added_at_the_end_of_its_list(void **state)
{
	static const struct edit_case cases[] = {
		{"", "h.users", YES, "h:\n  users:\n    - name: a\n      role: b\n"},
		{"h:\n  x: 1 # y\n", "h.users", YES,
	         "h:\n  x: 1 # y\n  users:\n    - name: a\n      role: b\n"},
		{"h:\n  users:\n    - name: x\n      role: y # z\n  # more\nz: 1\n", "h.users", YES,
	         "h:\n  users:\n    - name: x\n      role: y # z\n    - name: a\n      role: b\n"
	         "  # more\nz: 1\n"},
		{"h:\n  users:\n  - {name: x}\n", "h.users", YES,
	         "h:\n  users:\n  - {name: x}\n  - name: a\n    role: b\n"},
		{"h:\n  users:   # none yet\n  # - name: x\n", "h.users", YES,
	         "h:\n  users:   # none yet\n    - name: a\n      role: b\n  # - name: x\n"},
		{"h:\n  users: []\n", "h.users", YES, "h:\n  users: [{name: a, role: b}]\n"},
		{"h: {users: [{name: x}]}\n", "h.users", YES,
	         "h: {users: [{name: x}, {name: a, role: b}]}\n"},
		{"h: {}\n", "h.users", YES, "h: {users: [{name: a, role: b}]}\n"},
		{"c:\n  - id: x\n    l:\n      - 1\n      - t: |\n          deep\n\ne: 1\n", "c",
	         YES,
	         "c:\n  - id: x\n    l:\n      - 1\n      - t: |\n          deep\n  - name: a\n"
	         "    role: b\n\ne: 1\n"},
	};

	CHECK_ALL(cases);
}

static void a_value_is_taken_away_and_its_key_stays(void **state)
{
	static const struct edit_case cases[] = {
		{"m:\n  password: hush # mine\n", "m.password", NULL,
	         "m:\n  password: null # mine\n"},
		{"m: {password: 'hu sh', x: 1}\n", "m.password", NULL,
	         "m: {password: null, x: 1}\n"},
		{"m:\n  x: 1\n", "m.password", NULL, "m:\n  x: 1\n"},
		{"m:\n  password:\n", "m.password", NULL, "m:\n  password:\n"},
		{"m:\n  x: 1\n", "m", NULL, NULL},
	};

	CHECK_ALL(cases);
}

static void odd_texts_are_quoted(void **state)
{
	static const struct edit_case cases[] = {
		{"a: 1\n", "a", "", "a: ''\n"},
		{"a: 1\n", "a", "null", "a: 'null'\n"},
		{"a: 1\n", "a", "~", "a: '~'\n"},
		{"a: 1\n", "a", "it's # no comment: [x]", "a: 'it''s # no comment: [x]'\n"},
		{"a: 1\n", "a", "libcamera:\\_SB_.PCI0", "a: 'libcamera:\\_SB_.PCI0'\n"},
		{"a: 1\n", "a", "-x", "a: '-x'\n"},
		{"a: 1\n", "a", "현관", "a: '현관'\n"},
		{"a: 1\n", "a", "/etc/x.pem", "a: /etc/x.pem\n"},
	};

	CHECK_ALL(cases);
}

static void what_has_no_place_is_refused_and_nothing_changes(void **state)
{
	static const struct edit_case cases[] = {
		{"m: 5\n", "m.host", "b", NULL},
		{"m: [1]\n", "m.host", "b", NULL},
		{"m: ~\n", "m.host", "b", NULL},
		{"m:\n  host: {a: 1}\n", "m.host", "b", NULL},
		{"l:\n  - a: 1\n", "l[1].a", "b", NULL},
		{"h:\n  users: x\n", "h.users", YES, NULL},
	};

	CHECK_ALL(cases);
}

static void what_is_no_yaml_is_refused(void **state)
{
	struct edit edit;

	assert_int_equal(edit_init(&edit, "a: [", 4), -EINVAL);
	edit_finish(&edit);
}

static void knows_whether_a_key_has_a_value(void **state)
{
	static const char text[] = "m:\n  a: 1\n  b:\n";
	struct edit edit;

	assert_int_equal(edit_init(&edit, text, strlen(text)), 0);
	assert_true(edit_has(&edit, "m.a"));
	assert_false(edit_has(&edit, "m.b"));
	assert_false(edit_has(&edit, "m.c"));
	edit_finish(&edit);
}

static void changes_add_up(void **state)
{
	struct edit edit;

	assert_int_equal(edit_init(&edit, "", 0), 0);
	assert_int_equal(edit_set(&edit, "m.host", "a"), 0);
	assert_int_equal(edit_set(&edit, "m.port", "1"), 0);
	assert_int_equal(edit_unset(&edit, "m.port"), 0);
	assert_int_equal(edit_set(&edit, "m.port", "2"), 0);
	assert_string_equal(edit.text.data, "m:\n  host: a\n  port: 2\n");
	edit_finish(&edit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_replaced_and_its_comment_stays),
		cmocka_unit_test(a_missing_key_is_put_below_those_that_are_there),
		cmocka_unit_test(a_byte_order_mark_stays_first),
		cmocka_unit_test(a_missing_section_is_put_at_the_end),
		cmocka_unit_test(an_item_is_added_at_the_end_of_its_list),
		cmocka_unit_test(a_value_is_taken_away_and_its_key_stays),
		cmocka_unit_test(odd_texts_are_quoted),
		cmocka_unit_test(what_has_no_place_is_refused_and_nothing_changes),
		cmocka_unit_test(what_is_no_yaml_is_refused),
		cmocka_unit_test(knows_whether_a_key_has_a_value),
		cmocka_unit_test(changes_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
