#include "config/cli.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LIMIT 4096
#define MAX_WORDS 8

/* Parses a command line of words that are separated by blanks. */
static int parse(const char *line, struct cli *ret_cli, struct buf *error)
{
	static char copy[256];
	char *argv[MAX_WORDS] = {"camnode"};
	char *rest = copy;
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word; (word = strsep(&rest, " ")) && argc < MAX_WORDS;)
		argv[argc++] = word;
	buf_clear(error);
	return cli_parse(*line ? argc : 1, argv, ret_cli, error);
}

static int set_up(void **state)
{
	static struct buf error;

	buf_init(&error, LIMIT);
	*state = &error;
	return 0;
}

static int tear_down(void **state)
{
	buf_finish(*state);
	return 0;
}

static void reads_the_configuration_it_is_given(void **state)
{
	struct cli cli;

	assert_int_equal(parse("--config /etc/x.yaml --check-config", &cli, *state), 0);
	assert_string_equal(cli.config_path, "/etc/x.yaml");
	assert_int_equal(cli.action, CLI_CHECK_CONFIG);
	assert_null(cli.log_level);

	assert_int_equal(parse("-c a.yaml --log-level=debug", &cli, *state), 0);
	assert_string_equal(cli.config_path, "a.yaml");
	assert_string_equal(cli.log_level, "debug");
	assert_int_equal(cli.action, CLI_RUN);
}

static void takes_the_file_of_the_working_folder_else_the_installed_one(void **state)
{
	char folder[] = "/tmp/test_cli.XXXXXX";
	struct cli cli;

	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(parse("", &cli, *state), 0);
	if (access("/etc/camnode/node.yaml", F_OK) == 0)
		assert_string_equal(cli.config_path, "/etc/camnode/node.yaml");
	else
		assert_null(cli.config_path);

	FILE *file = fopen("node.yaml", "w");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(parse("", &cli, *state), 0);
	assert_string_equal(cli.config_path, "node.yaml");

	unlink("node.yaml");
	assert_int_equal(symlink("node.yaml", "node.yaml"), 0); /* can't be looked at */
	assert_int_equal(parse("", &cli, *state), 0);
	assert_string_equal(cli.config_path, "node.yaml");

	unlink("node.yaml");
	rmdir(folder);
}

static void knows_every_action(void **state)
{
	static const struct {
		const char *line;
		enum cli_action action;
	} cases[] = {
		{"--check-config", CLI_CHECK_CONFIG},
		{"--print-config", CLI_PRINT_CONFIG},
		{"--list-cameras", CLI_LIST_CAMERAS},
		{"--hash-password", CLI_HASH_PASSWORD},
		{"--setup", CLI_SETUP},
		{"--help-config", CLI_HELP_CONFIG},
		{"--help", CLI_HELP},
		{"-h", CLI_HELP},
		{"--version", CLI_VERSION},
		{"-V", CLI_VERSION},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cli cli;

		assert_int_equal(parse(cases[i].line, &cli, *state), 0);
		assert_int_equal(cli.action, cases[i].action);
	}
}

static void takes_the_answers_of_the_setup(void **state)
{
	struct cli cli;

	assert_int_equal(parse("--setup --yes --broker=mqtt://x --lan no", &cli, *state), 0);
	assert_int_equal(cli.action, CLI_SETUP);
	assert_non_null(cli.setup.yes);
	assert_string_equal(cli.setup.broker, "mqtt://x");
	assert_string_equal(cli.setup.lan, "no");
	assert_null(cli.setup.node_id);
	assert_null(cli.config_path);
}

static void says_what_is_wrong_in_one_line(void **state)
{
	static const struct {
		const char *line;
		const char *error;
	} cases[] = {
		{"--chekc-config",
	         "camnode: --chekc-config: unknown option; did you mean --check-config?\n"},
		{"--frob", "camnode: --frob: unknown option; see camnode --help\n"},
		{"-x", "camnode: -x: unknown option; see camnode --help\n"},
		{"-", "camnode: -: unknown option; see camnode --help\n"},
		{"node.yaml", "camnode: node.yaml: unexpected argument; see camnode --help\n"},
		{"--config", "camnode: --config: needs an argument; see camnode --help\n"},
		{"--help=x", "camnode: --help=x: takes no argument; see camnode --help\n"},
		{"--broker", "camnode: --broker: needs an argument; see camnode --help\n"},
		{"--lan no", "camnode: --lan: only with --setup; see camnode --help\n"},
		{"-l loud",
	         "camnode: --log-level: \"loud\" is not valid; allowed: error, warn, info, "
	         "debug\n"},
	};
	struct buf *error = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cli cli = {.log_level = "untouched"};

		assert_int_equal(parse(cases[i].line, &cli, error), -EINVAL);
		assert_string_equal(error->data, cases[i].error);
		assert_string_equal(cli.log_level, "untouched");
	}
}

static void an_overlong_option_is_an_unknown_one(void **state)
{
	struct buf *error = *state;
	char word[200] = "--";
	char *argv[] = {"camnode", word};
	struct cli cli;

	memset(word + 2, 'x', sizeof(word) - 3);
	buf_clear(error);
	assert_int_equal(cli_parse(2, argv, &cli, error), -EINVAL);
	assert_non_null(strstr(error->data, "unknown option"));
}

static void the_help_names_every_option(void **state)
{
	struct buf *text = *state;

	buf_clear(text);
	cli_help(text);
	assert_int_equal(text->error, 0);
	assert_non_null(strstr(text->data, "  -c, --config=FILE     the configuration; else "));
	assert_non_null(strstr(text->data, "      --hash-password   read a password"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_configuration_it_is_given),
		cmocka_unit_test(takes_the_file_of_the_working_folder_else_the_installed_one),
		cmocka_unit_test(knows_every_action),
		cmocka_unit_test(takes_the_answers_of_the_setup),
		cmocka_unit_test(says_what_is_wrong_in_one_line),
		cmocka_unit_test(an_overlong_option_is_an_unknown_one),
		cmocka_unit_test(the_help_names_every_option),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
