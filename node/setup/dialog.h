/*
 * Questions to a person at a terminal, with an answer already given by an option, or the one that
 * holds today. Where nobody can be asked, the last two serve. Passwords are not shown when they are
 * typed. One thread; waits for the person.
 */
#ifndef CAMNODE_SETUP_DIALOG_H
#define CAMNODE_SETUP_DIALOG_H

#include <stdbool.h>

#include "config/option.h"

#define DIALOG_YES "yes"
#define DIALOG_NO "no"

struct dialog {
	bool asks; /* else nobody is there */
};

struct question {
	const char *text;
	const char *option; /* its name, for messages: "broker" */
	const char *given;  /* by the option; NULL: ask */
	const char *now;    /* what holds, and is kept by Enter */
	const struct option_rule *rule;
};

/* To standard output. */
void dialog_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* To standard error. */
void dialog_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The answer, the caller's to free(). 0, -ECANCELED (end of input, or Ctrl-C), -EINVAL (said why)
 * or -ENOMEM. */
int dialog_ask(const struct dialog *dialog, const struct question *question, char **ret_answer);

/* The same for yes or no; `now` is DIALOG_YES or DIALOG_NO, and the rule does not matter. */
int dialog_ask_yes(const struct dialog *dialog, const struct question *question, bool *ret_yes);

/* A line of standard input without its newline, the caller's to wipe and free(); it may be "". On a
 * terminal it is prompted for and not shown. 0, -ECANCELED or -ENOMEM. */
int dialog_read_secret(const char *prompt, char **ret_line);

#endif
