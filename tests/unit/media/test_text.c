#include "media/text.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PAPER 100
#define INK 235
#define BOX 16

static struct image *new_image(int width, int height)
{
	const struct image_info info = {.format = IMAGE_YUV420, .width = width, .height = height};
	struct image *image = image_new_planes(&info);

	memset(image_plane(image, 0), PAPER, (size_t)height * image_info(image)->strides[0]);
	return image;
}

static int luma_at(const struct image *image, int x, int y)
{
	return image_info(image)->planes[0][y * image_info(image)->strides[0] + x];
}

static void assert_rows(const struct image *image, const char *const rows[], int count)
{
	for (int y = 0; y < count; y++)
		for (int x = 0; rows[y][x]; x++)
			assert_int_equal(luma_at(image, x, y), rows[y][x] == '#'   ? INK
			                                       : rows[y][x] == '.' ? BOX
			                                                           : PAPER);
}

static void letters_stand_on_their_box(void **state)
{
	static const char *const rows[] = {
		"            ", "............", "#####...#...", "..#.........",
		"..#....##...", "..#.....#...", "..#.....#...", "..#.....#...",
		"..#.....##..", "............", "            ",
	};
	struct image *image = new_image(12, 12);

	text_draw(image, 0, 1, 1, "Ti", INK, BOX);
	assert_rows(image, rows, 11);
	image_unref(image);
}

static void without_background_only_ink_is_drawn(void **state)
{
	struct image *image = new_image(32, 32);

	text_draw(image, 0, 0, 2, "-", INK, -1);
	for (int y = 0; y < 32; y++)
		for (int x = 0; x < 32; x++)
			assert_int_equal(luma_at(image, x, y),
			                 x < 10 && (y == 8 || y == 9) ? INK : PAPER);
	image_unref(image);
}

/* Around the picture, over each edge, and far away; the sanitizer watches the memory. */
static void what_is_outside_is_clipped(void **state)
{
	struct image *image = new_image(16, 16);

	for (int y = -40; y < 40; y += 3)
		for (int x = -120; x < 40; x += 3)
			text_draw(image, x, y, 3, "Wide text", INK, BOX);
	text_draw(image, 1 << 20, -(1 << 20), 1, "far", INK, BOX);
	image_unref(image);

	image = new_image(16, 16);
	text_draw(image, -200, 0, 1, "left", INK, BOX);
	text_draw(image, 16, 0, 1, "right", INK, BOX);
	text_draw(image, 0, 16, 1, "below", INK, BOX);
	text_draw(image, 0, -TEXT_CELL_HEIGHT, 1, "above", INK, BOX);
	for (int y = 0; y < 16; y++)
		for (int x = 0; x < 16; x++)
			assert_int_equal(luma_at(image, x, y), PAPER);
	image_unref(image);
}

static bool look_alike(const char *a, const char *b)
{
	struct image *first = new_image(TEXT_CELL_WIDTH, 10), *second = new_image(6, 10);
	bool equal = true;

	text_draw(first, 0, 0, 1, a, INK, BOX);
	text_draw(second, 0, 0, 1, b, INK, BOX);
	for (int y = 0; y < TEXT_CELL_HEIGHT; y++)
		for (int x = 0; x < TEXT_CELL_WIDTH; x++)
			equal &= luma_at(first, x, y) == luma_at(second, x, y);
	image_unref(first);
	image_unref(second);
	return equal;
}

static void every_character_has_a_glyph_of_its_own(void **state)
{
	for (char a = ' '; a <= '~'; a++)
		for (char b = (char)(a + 1); b <= '~'; b++)
			assert_false(look_alike((char[]){a, 0}, (char[]){b, 0}));
}

static void what_is_not_ascii_is_a_question_mark(void **state)
{
	assert_true(look_alike("\n", "?"));
	assert_true(look_alike("\x7f", "?"));
	assert_true(look_alike("\xe9", "?"));
}

static void a_character_is_one_mark_at_most(void **state)
{
	static const char *const texts[][2] = {
		{"현관 앞 카메라 1", "?? ? ??? 1"},
		{"Haustür Æ Œuvre ŁÓDŹ ſ", "Haustur A Ouvre LODZ s"},
		{"e\xcc\x81t\xcc\x84", "et"}, /* accents of their own, as of macOS */
		{"\xf0\x9f\x93\xb7!", "?!"},
		{"\xbf\xc3\xc0\xc6\x80\xe2\x82",
	         "?????\?"}, /* the first and last of no table, and rests */
		{"", ""},
	};
	char shown[64];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		text_shown(texts[i][0], shown, sizeof(shown));
		assert_string_equal(shown, texts[i][1]);
		assert_int_equal(text_width(texts[i][0], 1), text_width(shown, 1));
	}
	text_shown("äöü", shown, 3);
	assert_string_equal(shown, "ao");
	assert_true(look_alike("é", "e"));
	assert_true(look_alike("한", "?"));
}

static void a_letter_or_digit_makes_it_readable(void **state)
{
	assert_true(text_is_readable("현관 1"));
	assert_true(text_is_readable("ö"));
	assert_false(text_is_readable("현관 (앞)"));
	assert_false(text_is_readable(""));
}

static void width_counts_cells(void **state)
{
	assert_int_equal(text_width("", 3), 0);
	assert_int_equal(text_width("four", 3), 4 * TEXT_CELL_WIDTH * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_stand_on_their_box),
		cmocka_unit_test(without_background_only_ink_is_drawn),
		cmocka_unit_test(what_is_outside_is_clipped),
		cmocka_unit_test(every_character_has_a_glyph_of_its_own),
		cmocka_unit_test(what_is_not_ascii_is_a_question_mark),
		cmocka_unit_test(a_character_is_one_mark_at_most),
		cmocka_unit_test(a_letter_or_digit_makes_it_readable),
		cmocka_unit_test(width_counts_cells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
