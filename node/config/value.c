#include "config/value.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "config/path.h"
#include "config/secret.h"
#include "proto/control_value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define REPLAY "replay:"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* What set() gets besides the option and its field. */
struct input {
	const char *text;
	const char *folder;
	struct buf *why;
};

struct value_type {
	const char *name;
	bool is_text;   /* the field is a `char *` */
	bool is_secret; /* never shown */
	int (*set)(const struct option *option, void *field, const struct input *input);
	void (*text)(const struct option *option, const void *field, struct buf *text);
	void (*allowed)(const struct option *option, struct buf *text);
};

static int refuse(const struct input *input, const char *what)
{
	buf_puts(input->why, what);
	return -EINVAL;
}

static void free_wiped(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* All texts are wiped: telling the secret ones apart saves nothing. */
static int replace_text(void *field, char *text)
{
	char **slot = field;

	if (!text)
		return -ENOMEM;
	free_wiped(*slot);
	*slot = text;
	return 0;
}

static void allow_nothing_more(const struct option *option, struct buf *text)
{
}

static void allow_range(const struct option *option, struct buf *text)
{
	buf_printf(text, "%.15g..%.15g", option->min, option->max);
}

static int check_range(const struct option *option, double value, const struct input *input)
{
	if (value < option->min || value > option->max)
		return refuse(input, "is out of range");
	return 0;
}

static const struct option_word booleans[] = {{"true", 1}, {"false", 0}, {"yes", 1}, {"no", 0},
                                              {"on", 1},   {"off", 0},   {NULL, 0}};

static const struct option_word *find_word(const struct option_word *words, const char *text)
{
	for (; words->word; words++) {
		if (strcasecmp(words->word, text) == 0)
			return words;
	}
	return NULL;
}

static int set_bool(const struct option *option, void *field, const struct input *input)
{
	const struct option_word *word = find_word(booleans, input->text);

	if (!word)
		return refuse(input, "is neither true nor false");
	*(bool *)field = word->value;
	return 0;
}

static void bool_text(const struct option *option, const void *field, struct buf *text)
{
	buf_puts(text, *(const bool *)field ? "true" : "false");
}

static void allow_bool(const struct option *option, struct buf *text)
{
	buf_puts(text, "true, false");
}

static int set_int(const struct option *option, void *field, const struct input *input)
{
	int64_t value;
	int r = str_parse_i64(input->text, &value);

	if (r == -ERANGE)
		return refuse(input, "is out of range");
	if (r < 0)
		return refuse(input, "is not a whole number");
	r = check_range(option, (double)value, input);
	if (r == 0)
		*(int *)field = (int)value;
	return r;
}

static void int_text(const struct option *option, const void *field, struct buf *text)
{
	buf_printf(text, "%d", *(const int *)field);
}

static int set_double(const struct option *option, void *field, const struct input *input)
{
	double value;
	int r = str_parse_double(input->text, &value);

	if (r == -ERANGE)
		return refuse(input, "is out of range");
	if (r < 0)
		return refuse(input, "is not a number");
	r = check_range(option, value, input);
	if (r == 0)
		*(double *)field = value;
	return r;
}

static void double_text(const struct option *option, const void *field, struct buf *text)
{
	buf_printf(text, "%.15g", *(const double *)field);
}

static int set_word(const struct option *option, void *field, const struct input *input)
{
	const struct option_word *word = find_word(option->words, input->text);

	if (!word)
		return refuse(input, "is not one of the words");
	*(int *)field = word->value;
	return 0;
}

static void word_text(const struct option *option, const void *field, struct buf *text)
{
	for (const struct option_word *word = option->words; word->word; word++) {
		if (word->value == *(const int *)field) {
			buf_puts(text, word->word);
			return;
		}
	}
}

static void allow_words(const struct option *option, struct buf *text)
{
	for (const struct option_word *word = option->words; word->word; word++)
		buf_printf(text, "%s%s", word == option->words ? "" : ", ", word->word);
}

static void text_text(const struct option *option, const void *field, struct buf *text)
{
	char *const *slot = field;

	if (*slot)
		buf_puts(text, *slot);
}

static void allow_rule(const struct option *option, struct buf *text)
{
	if (option->words)
		allow_words(option, text);
	else if (option->rule)
		buf_puts(text, option->rule->allowed);
}

/* Without a default, the empty text means "not set". */
static bool may_be_empty(const struct option *option)
{
	return !option->def && !option->required;
}

static int check_rule(const struct option *option, const struct input *input)
{
	if (*input->text == '\0' && may_be_empty(option))
		return 0;
	if (*input->text == '\0')
		return refuse(input, "is empty");
	if (option->rule && !option->rule->holds(input->text))
		return refuse(input, "is not valid");
	return 0;
}

static int set_string(const struct option *option, void *field, const struct input *input)
{
	const struct option_word *word;
	int r;

	if (option->words) {
		word = find_word(option->words, input->text);
		return word ? replace_text(field, strdup(word->word))
		            : refuse(input, "is not one of the words");
	}
	r = check_rule(option, input);
	return r < 0 ? r : replace_text(field, strdup(input->text));
}

static int set_path(const struct option *option, void *field, const struct input *input)
{
	int r = check_rule(option, input);

	if (r < 0)
		return r;
	return replace_text(field,
	                    *input->text ? path_resolve(input->folder, input->text) : strdup(""));
}

static int set_source(const struct option *option, void *field, const struct input *input)
{
	_cleanup_free_ char *path = NULL;
	char *source;
	int r = check_rule(option, input);

	if (r < 0)
		return r;
	if (strncmp(input->text, REPLAY, strlen(REPLAY)) != 0 || strstr(input->text, "://"))
		return replace_text(field, strdup(input->text));
	path = path_resolve(input->folder, input->text + strlen(REPLAY));
	if (!path || asprintf(&source, "%s%s", REPLAY, path) < 0)
		return -ENOMEM;
	return replace_text(field, source);
}

static int set_size(const struct option *option, void *field, const struct input *input)
{
	char width_text[16] = "";
	const char *x = strchr(input->text, 'x');
	int64_t sides[2];
	int *size = field;

	if (x)
		snprintf(width_text, sizeof(width_text), "%.*s", (int)(x - input->text),
		         input->text);
	if (!x || str_parse_i64(width_text, &sides[0]) < 0 || str_parse_i64(x + 1, &sides[1]) < 0)
		return refuse(input, "is not a size such as 1280x720");
	for (int i = 0; i < 2; i++) {
		if (check_range(option, (double)sides[i], input) < 0)
			return -EINVAL;
		if (sides[i] % 2 != 0)
			return refuse(input, "is odd");
	}
	size[0] = (int)sides[0];
	size[1] = (int)sides[1];
	return 0;
}

static void size_text(const struct option *option, const void *field, struct buf *text)
{
	const int *size = field;

	buf_printf(text, "%dx%d", size[0], size[1]);
}

static void allow_size(const struct option *option, struct buf *text)
{
	buf_puts(text, "WIDTHxHEIGHT, each even and ");
	allow_range(option, text);
}

static bool is_plain_word(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length < CONTROL_TEXT_SIZE && strspn(text, LETTERS) == length;
}

static int set_setting(const struct option *option, void *field, const struct input *input)
{
	const struct option_word *word = find_word(booleans, input->text);
	double value;

	if (word)
		return replace_text(field, strdup(word->value ? "1" : "0"));
	if (str_parse_double(input->text, &value) < 0 && !is_plain_word(input->text))
		return refuse(input, "is not a number or a word");
	return replace_text(field, strdup(input->text));
}

static void allow_setting(const struct option *option, struct buf *text)
{
	buf_puts(text, "a number, true, false, a word such as Auto");
}

static bool has_control_character(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	}
	return false;
}

static int refuse_content(const struct option *option, const struct input *input)
{
	buf_printf(input->why, "holds something else than %s", option->rule->allowed);
	return -EINVAL;
}

static int set_secret_file(const struct option *option, void *field, const struct input *input)
{
	_cleanup_free_ char *path = path_resolve(input->folder, input->text);
	char *secret;
	int r;

	if (!path)
		return -ENOMEM;
	if (path_lacks_credentials(input->text))
		return refuse(input, "cannot be read here: only the service has credentials");
	r = secret_read(path, &secret, input->why);
	if (r < 0)
		return r;
	if (has_control_character(secret))
		r = refuse(input, "holds more than one line, or control characters");
	else if (option->rule && !option->rule->holds(secret))
		r = refuse_content(option, input);
	if (r == 0)
		return replace_text(field, secret);
	free_wiped(secret);
	return r;
}

static void no_text(const struct option *option, const void *field, struct buf *text)
{
}

static const struct value_type types[OPTION_TYPE_COUNT] = {
	[OPTION_BOOL] = {"boolean", false, false, set_bool, bool_text, allow_bool},
	[OPTION_INT] = {"integer", false, false, set_int, int_text, allow_range},
	[OPTION_DOUBLE] = {"number", false, false, set_double, double_text, allow_range},
	[OPTION_WORD] = {"word", false, false, set_word, word_text, allow_words},
	[OPTION_STRING] = {"text", true, false, set_string, text_text, allow_rule},
	[OPTION_PATH] = {"path", true, false, set_path, text_text, allow_nothing_more},
	[OPTION_SOURCE] = {"text", true, false, set_source, text_text, allow_rule},
	[OPTION_SIZE] = {"size", false, false, set_size, size_text, allow_size},
	[OPTION_SETTING] = {"value", true, false, set_setting, text_text, allow_setting},
	[OPTION_SECRET] = {"secret", true, true, set_string, text_text, allow_rule},
	[OPTION_SECRET_FILE] = {"path", false, false, set_secret_file, no_text, allow_nothing_more},
	[OPTION_LIST] = {"list", false, false, NULL, NULL, allow_nothing_more},
};

static void *field_of(const struct option *option, const void *base)
{
	return (char *)base + option->offset;
}

int value_set(const struct option *option, void *base, const char *text, const char *folder,
              struct buf *why)
{
	const struct input input = {text, folder, why};

	if (strlen(text) > VALUE_MAX_BYTES)
		return refuse(&input, "is longer than 1024 bytes");
	if (has_control_character(text))
		return refuse(&input, "holds a control character");
	return types[option->type].set(option, field_of(option, base), &input);
}

int value_set_default(const struct option *option, void *base, const char *folder)
{
	_cleanup_(buf_finish) struct buf why = {.limit = VALUE_MAX_BYTES};

	if (option->def)
		return value_set(option, base, option->def, folder, &why);
	if (types[option->type].is_text)
		return replace_text(field_of(option, base), strdup(""));
	return 0;
}

void value_clear(const struct option *option, void *base)
{
	if (types[option->type].is_text) {
		char **slot = field_of(option, base);

		free_wiped(move_ptr(*slot));
	}
}

void value_text(const struct option *option, const void *base, struct buf *text)
{
	types[option->type].text(option, field_of(option, base), text);
}

bool value_equal(const struct option *option, const void *a, const void *b)
{
	_cleanup_(buf_finish) struct buf a_text = {.limit = VALUE_MAX_BYTES};
	_cleanup_(buf_finish) struct buf b_text = {.limit = VALUE_MAX_BYTES};

	if (types[option->type].is_text)
		return strcmp(*(char *const *)field_of(option, a),
		              *(char *const *)field_of(option, b)) == 0;
	value_text(option, a, &a_text);
	value_text(option, b, &b_text);
	return a_text.length == b_text.length &&
	       memcmp(a_text.data, b_text.data, a_text.length) == 0;
}

const char *value_type_name(const struct option *option)
{
	return option->words ? "word" : types[option->type].name;
}

void value_allowed(const struct option *option, struct buf *text)
{
	types[option->type].allowed(option, text);
}

bool value_is_text(const struct option *option)
{
	return types[option->type].is_text && option->type != OPTION_SETTING;
}

bool value_is_secret(const struct option *option)
{
	return types[option->type].is_secret;
}
