/*
 * The command line: one table of options parses it and prints the help. Only main uses it, before
 * any thread.
 */
#ifndef CAMNODE_CONFIG_CLI_H
#define CAMNODE_CONFIG_CLI_H

#include "base/buf.h"

enum cli_action {
	CLI_RUN,
	CLI_CHECK_CONFIG,
	CLI_PRINT_CONFIG,
	CLI_LIST_CAMERAS,
	CLI_HASH_PASSWORD, /* read a line from standard input, print its hash */
	CLI_SETUP,
	CLI_HELP,
	CLI_HELP_CONFIG,
	CLI_VERSION,
};

/* The answers of `--setup`, as given; NULL: ask. */
struct cli_setup {
	const char *yes; /* ask nothing */
	const char *node_id, *node_name;
	const char *broker, *broker_ca, *broker_user, *broker_password_file;
	const char *lan, *lan_password_file, *lan_tls;
};

struct cli {
	enum cli_action action;
	const char *config_path; /* as given, or the first default that exists; NULL: none does, or
	                            it is the setup's to choose */
	const char *log_level;   /* as given; NULL: the configuration's */
	struct cli_setup setup;
};

/* 0, or -EINVAL after appending one line to `error`: what is wrong and where help is. Strings point
 * into `argv`. */
int cli_parse(int argc, char **argv, struct cli *ret_cli, struct buf *error);

/* Appends the usage. */
void cli_help(struct buf *text);

#endif
