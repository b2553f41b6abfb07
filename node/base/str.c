#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int str_copy(char *ret_text, size_t size, const char *text)
{
	size_t length = strlen(text);

	if (length >= size)
		return -ENAMETOOLONG;
	memcpy(ret_text, text, length + 1);
	return 0;
}

/* strtoll() and strtod() also take leading blanks, '+', hexadecimals, "inf" and "nan". */
static bool has_only(const char *text, const char *characters)
{
	return *text != '\0' && *text != '+' && text[strspn(text, characters)] == '\0';
}

int str_parse_i64(const char *text, int64_t *ret_value)
{
	long long value;
	char *end;

	if (!has_only(text, "0123456789-"))
		return -EINVAL;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (end == text || *end != '\0')
		return -EINVAL;
	if (errno == ERANGE)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int str_parse_double(const char *text, double *ret_value)
{
	double value;
	char *end;

	if (!has_only(text, "0123456789+-.eE"))
		return -EINVAL;
	errno = 0;
	value = strtod(text, &end);
	if (end == text || *end != '\0')
		return -EINVAL;
	if (errno == ERANGE)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

static bool is_id_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* Two digits; NULL when there are none. */
static const char *parse_two_digits(const char *text, int *ret_value)
{
	if (!isdigit((unsigned char)text[0]) || !isdigit((unsigned char)text[1]))
		return NULL;
	*ret_value = (text[0] - '0') * 10 + text[1] - '0';
	return text + 2;
}

int str_parse_time_of_day(const char *text, int *ret_seconds)
{
	int parts[3] = {0};
	int seconds;

	for (int i = 0; i < 3 && (i < 2 || *text); i++) {
		if (i > 0 && *text++ != ':')
			return -EINVAL;
		text = parse_two_digits(text, &parts[i]);
		if (!text)
			return -EINVAL;
	}
	seconds = (parts[0] * 60 + parts[1]) * 60 + parts[2];
	if (*text || parts[1] > 59 || parts[2] > 59 || seconds > 24 * 60 * 60)
		return -EINVAL;
	*ret_seconds = seconds;
	return 0;
}

bool str_is_id(const char *text)
{
	size_t length = 0;

	while (length < ID_SIZE && is_id_char(text[length]))
		length++;
	return length > 0 && length < ID_SIZE && text[length] == '\0';
}

static bool is_utf8_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

void str_make_id(const char *name, char ret_id[ID_SIZE])
{
	size_t length = 0;
	size_t end = 0; /* behind the last character that was not replaced */

	for (; *name && length < ID_SIZE - 1; name++) {
		char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;

		if (is_id_char(c)) {
			ret_id[length++] = c;
			end = length;
		} else if (length > 0 && !is_utf8_continuation((unsigned char)c)) {
			ret_id[length++] = '-';
		}
	}
	ret_id[end] = '\0';
	if (end == 0)
		str_copy(ret_id, ID_SIZE, "camnode");
}

size_t str_utf8_bytes(const char *text, size_t length)
{
	const unsigned char *s = (const unsigned char *)text;
	/* The second byte's range is narrower where the wider one would allow a longer form than
	 * needed, a surrogate, or more than U+10FFFF (Unicode 15, table 3-7). */
	static const struct {
		unsigned char first_min, first_max, second_min, second_max;
		size_t length;
	} forms[] = {
		{0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (s[0] < forms[i].first_min || s[0] > forms[i].first_max)
			continue;
		if (forms[i].length > length)
			return 0;
		if (forms[i].length > 1 &&
		    (s[1] < forms[i].second_min || s[1] > forms[i].second_max))
			return 0;
		for (size_t k = 2; k < forms[i].length; k++) {
			if (!is_utf8_continuation(s[k]))
				return 0;
		}
		return forms[i].length;
	}
	return 0;
}

bool str_is_utf8(const char *text, size_t length)
{
	while (length > 0) {
		size_t n = str_utf8_bytes(text, length);

		if (n == 0)
			return false;
		text += n;
		length -= n;
	}
	return true;
}

bool str_enumerate(char *text, size_t size, size_t number, const char *word)
{
	const char *separator = number > 0 ? ", " : " ";
	size_t length = strlen(text);
	bool fits = length + strlen(separator) + strlen(word) + sizeof ", …" <= size;

	snprintf(text + length, size - length, "%s%s", separator, fits ? word : "…");
	return fits;
}

bool str_equal_constant_time(const char *a, const char *b)
{
	size_t length = strlen(a);
	volatile unsigned char difference = 0; /* volatile: no early way out by the optimiser */

	if (length != strlen(b))
		return false;
	for (size_t i = 0; i < length; i++)
		difference |= (unsigned char)(a[i] ^ b[i]);
	return difference == 0;
}

#define MAX_WORD 64 /* longer words have no suggestions */

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Edit distance with insertion, deletion, substitution and transposition of neighbours ("optimal
 * string alignment"). Both words have MAX_WORD characters at most.
 */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][MAX_WORD + 1]; /* row i of the matrix is rows[i % 3] */

	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];
		const size_t *above2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = min_size(row[j], min_size(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = min_size(row[j], above2[j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

/* How many edits are still a slip of the fingers. */
static size_t tolerance(size_t length)
{
	size_t third = min_size(length / 3, 3);

	return third > 0 ? third : 1;
}

const char *str_nearest(const char *word, const char *const candidates[], size_t count)
{
	size_t length = strnlen(word, MAX_WORD + 1);
	size_t best = tolerance(length) + 1;
	const char *nearest = NULL;

	if (length > MAX_WORD)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t candidate_length = strnlen(candidates[i], MAX_WORD + 1);
		size_t distance;

		if (candidate_length > MAX_WORD)
			continue;
		distance = edit_distance(word, length, candidates[i], candidate_length);
		if (distance < best) {
			best = distance;
			nearest = candidates[i];
		}
	}
	return nearest;
}
