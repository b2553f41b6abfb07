#include "config/cli.h"

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HERE "node.yaml"
#define INSTALLED "/etc/camnode/node.yaml"
#define MAX_NAME_BYTES 32
#define WIDTH 17 /* of names in the help */
#define SETUP_WIDTH 27
#define GIVEN "yes" /* of an option without an argument */

/* An option of `--setup`, which keeps its argument. */
#define SETUP(field) .offset = offsetof(struct cli, setup.field)

/* Parsed here, not by getopt_long(): that keeps its state in globals, wants a table of its own and
 * can't say which word was wrong. */
struct cli_option {
	const char *name;
	const char *letter;   /* "-h", or "" */
	const char *argument; /* its name in the help; NULL: none */
	int (*apply)(struct cli *cli, const char *argument);
	enum cli_action action; /* without `apply` and `offset` */
	const char *help;
	size_t offset; /* of a text in struct cli */
};

static int set_config(struct cli *cli, const char *argument)
{
	cli->config_path = argument;
	return *argument ? 0 : -EINVAL;
}

static int set_log_level(struct cli *cli, const char *argument)
{
	enum log_level level;

	cli->log_level = argument;
	return log_level_parse(argument, &level);
}

static const struct cli_option options[] = {
	{"config", "-c", "FILE", set_config, CLI_RUN,
         "the configuration; else ./" HERE ", else " INSTALLED},
	{"log-level", "-l", "LEVEL", set_log_level, CLI_RUN, "error, warn, info, debug"},
	{"check-config", "", NULL, NULL, CLI_CHECK_CONFIG, "name every mistake in it"},
	{"print-config", "", NULL, NULL, CLI_PRINT_CONFIG, "print what holds, with the defaults"},
	{"help-config", "", NULL, NULL, CLI_HELP_CONFIG, "explain every key of it"},
	{"list-cameras", "", NULL, NULL, CLI_LIST_CAMERAS,
         "list cameras with their sizes, formats and controls"},
	{"hash-password", "", NULL, NULL, CLI_HASH_PASSWORD,
         "read a password or token from standard input, print its hash"},
	{"setup", "", NULL, NULL, CLI_SETUP,
         "ask for broker and access, try them and the cameras, write the configuration"},
	{"version", "-V", NULL, NULL, CLI_VERSION, "print the version"},
	{"help", "-h", NULL, NULL, CLI_HELP, "print this help"},
	{"yes", "", NULL, NULL, CLI_RUN, "ask nothing: what no option says stays as it is",
         SETUP(yes)},
	{"node-id", "", "ID", NULL, CLI_RUN, "the node in topics", SETUP(node_id)},
	{"node-name", "", "NAME", NULL, CLI_RUN, "for people", SETUP(node_name)},
	{"broker", "", "URL", NULL, CLI_RUN, "mqtt://HOST, mqtts://HOST for TLS, or none",
         SETUP(broker)},
	{"broker-ca", "", "FILE", NULL, CLI_RUN, "who may vouch for it; system: the system's",
         SETUP(broker_ca)},
	{"broker-user", "", "NAME", NULL, CLI_RUN, "none: without", SETUP(broker_user)},
	{"broker-password-file", "", "FILE", NULL, CLI_RUN, "-: a line of standard input",
         SETUP(broker_password_file)},
	{"lan", "", "USER", NULL, CLI_RUN, "who may log in from other machines; no: nobody",
         SETUP(lan)},
	{"lan-password-file", "", "FILE", NULL, CLI_RUN,
         "likewise; without, a password is made and shown", SETUP(lan_password_file)},
	{"lan-tls", "", "yes|no", NULL, CLI_RUN, "HTTPS with a certificate of the node's own",
         SETUP(lan_tls)},
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

static int fail(struct buf *error, const char *word, const char *what)
{
	buf_printf(error, "camnode: %s: %s; see camnode --help\n", word, what);
	return -EINVAL;
}

static int fail_unknown(struct buf *error, const char *word)
{
	const char *names[OPTION_COUNT];
	char name[MAX_NAME_BYTES];
	const char *nearest = NULL;
	size_t length = strcspn(word, "=");

	for (size_t i = 0; i < OPTION_COUNT; i++)
		names[i] = options[i].name;
	if (strncmp(word, "--", 2) == 0 && length - 2 < sizeof(name)) {
		memcpy(name, word + 2, length - 2);
		name[length - 2] = '\0';
		nearest = str_nearest(name, names, OPTION_COUNT);
	}
	if (!nearest)
		return fail(error, word, word[0] == '-' ? "unknown option" : "unexpected argument");
	buf_printf(error, "camnode: %s: unknown option; did you mean --%s?\n", word, nearest);
	return -EINVAL;
}

static int fail_value(struct buf *error, const struct cli_option *option, const char *value)
{
	buf_printf(error, "camnode: --%s: \"%s\" is not valid; allowed: %s\n", option->name, value,
	           option->help);
	return -EINVAL;
}

/* The option that `word` names, as "--name", "--name=argument" or "-n"; NULL if there is none. */
static const struct cli_option *find_option(const char *word, const char **ret_argument)
{
	const char *equals = strchr(word, '=');
	size_t length = strcspn(word, "=");

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const char *name = options[i].name;
		bool is_long = length == strlen(name) + 2 && strncmp(word, "--", 2) == 0 &&
		               strncmp(word + 2, name, length - 2) == 0;

		if (!is_long && (!*options[i].letter || strcmp(word, options[i].letter) != 0))
			continue;
		*ret_argument = equals ? equals + 1 : NULL;
		return &options[i];
	}
	return NULL;
}

/* The first file that exists. One that can't be seen is not passed over in silence: reading it then
 * says why not. */
static const char *default_path(void)
{
	if (file_may_exist(HERE))
		return HERE;
	return file_may_exist(INSTALLED) ? INSTALLED : NULL;
}

static int take(struct cli *cli, const struct cli_option *option, const char *argument)
{
	if (option->offset)
		*(const char **)((char *)cli + option->offset) = argument ? argument : GIVEN;
	else if (!option->apply)
		cli->action = option->action;
	else if (option->apply(cli, argument) < 0)
		return -EINVAL;
	return 0;
}

int cli_parse(int argc, char **argv, struct cli *ret_cli, struct buf *error)
{
	struct cli cli = {.action = CLI_RUN};
	const char *of_setup = NULL;

	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		const char *argument = NULL;
		const struct cli_option *option = find_option(word, &argument);

		if (!option)
			return fail_unknown(error, word);
		if (option->argument && !argument && i + 1 < argc)
			argument = argv[++i];
		if (option->argument && !argument)
			return fail(error, word, "needs an argument");
		if (!option->argument && argument)
			return fail(error, word, "takes no argument");
		if (take(&cli, option, argument) < 0)
			return fail_value(error, option, argument);
		if (option->offset)
			of_setup = word;
	}
	if (of_setup && cli.action != CLI_SETUP)
		return fail(error, of_setup, "only with --setup");
	if (!cli.config_path && cli.action != CLI_SETUP)
		cli.config_path = default_path();
	*ret_cli = cli;
	return 0;
}

static void print_option(const struct cli_option *option, int width, struct buf *text)
{
	const char *argument = option->argument;
	char left[MAX_NAME_BYTES];

	snprintf(left, sizeof(left), "--%s%s%s", option->name, argument ? "=" : "",
	         argument ? argument : "");
	buf_printf(text, "  %2s%s %-*s %s\n", option->letter, *option->letter ? "," : " ", width,
	           left, option->help);
}

void cli_help(struct buf *text)
{
	buf_puts(text,
	         "Usage: camnode [OPTION...]\n"
	         "Runs the camera node in the foreground, or does one of these and ends:\n\n");
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (!options[i].offset)
			print_option(&options[i], WIDTH, text);
	}
	buf_puts(text, "\nWith --setup, in place of its questions:\n\n");
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (options[i].offset)
			print_option(&options[i], SETUP_WIDTH, text);
	}
}
