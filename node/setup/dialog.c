#include "setup/dialog.h"

#include "base/cleanup.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

#define MAX_ANSWER_BYTES 1024

void dialog_say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	fflush(stdout);
}

void dialog_warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
}

/* What a terminal and Ctrl-C do otherwise, while a line is read. */
struct guard {
	bool is_terminal;
	struct termios shown;
	sigset_t mask;
	struct sigaction interrupt;
};

/* Only so that waiting ends with EINTR. */
static void on_interrupt(int signal)
{
}

/* Ctrl-C waits from here on, so that none leaves a terminal that shows nothing. */
static void guard_begin(struct guard *guard, bool hide)
{
	const struct sigaction interrupt = {.sa_handler = on_interrupt};
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	pthread_sigmask(SIG_BLOCK, &blocked, &guard->mask);
	sigaction(SIGINT, &interrupt, &guard->interrupt);
	guard->is_terminal = tcgetattr(STDIN_FILENO, &guard->shown) == 0;
	if (guard->is_terminal && hide) {
		struct termios hidden = guard->shown;

		hidden.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
}

static void guard_end(const struct guard *guard, bool hide)
{
	if (guard->is_terminal && hide)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &guard->shown);
	sigaction(SIGINT, &guard->interrupt, NULL);
	pthread_sigmask(SIG_SETMASK, &guard->mask, NULL);
}

/* A terminal gives whole lines, so that only here is waited. */
static int wait_line(const struct guard *guard)
{
	struct pollfd pollfd = {.fd = STDIN_FILENO, .events = POLLIN};

	if (guard->is_terminal && ppoll(&pollfd, 1, NULL, &guard->mask) < 0)
		return -ECANCELED;
	return 0;
}

/* What is hidden is prompted for on a terminal only. */
static int read_line(const char *prompt, bool hide, char **ret_line)
{
	_cleanup_free_ char *line = NULL;
	struct guard guard;
	size_t size = 0;
	ssize_t length = -1;

	guard_begin(&guard, hide);
	if (hide && guard.is_terminal)
		dialog_warn("%s", prompt);
	else if (!hide)
		dialog_say("%s", prompt);
	if (wait_line(&guard) == 0)
		length = getline(&line, &size, stdin);
	guard_end(&guard, hide);
	if (hide && guard.is_terminal)
		dialog_warn("\n");
	if (length < 0)
		return -ECANCELED;
	if (length > 0 && line[length - 1] == '\n')
		line[length - 1] = '\0';
	*ret_line = move_ptr(line);
	return 0;
}

int dialog_read_secret(const char *prompt, char **ret_line)
{
	return read_line(prompt, true, ret_line);
}

static bool is_answer(const char *answer)
{
	for (const char *c = answer; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	}
	return strlen(answer) <= MAX_ANSWER_BYTES;
}

/* True, or says what is wrong with it. */
static bool is_right(const struct question *question, const char *answer)
{
	if (!is_answer(answer))
		dialog_warn("   Too long, or with control characters.\n");
	else if (question->rule && !question->rule->holds(answer))
		dialog_warn("   \"%s\" is not valid; allowed: %s\n", answer,
		            question->rule->allowed);
	else
		return true;
	return false;
}

static int take(const struct question *question, const char *answer, char **ret_answer)
{
	*ret_answer = strdup(answer);
	return *ret_answer ? 0 : -ENOMEM;
}

static int take_given(const struct question *question, char **ret_answer)
{
	const struct option_rule *rule = question->rule;

	if (is_answer(question->given) && (!rule || rule->holds(question->given)))
		return take(question, question->given, ret_answer);
	dialog_warn("camnode: --%s: \"%s\" is not valid; allowed: %s\n", question->option,
	            question->given, rule ? rule->allowed : "one line");
	return -EINVAL;
}

int dialog_ask(const struct dialog *dialog, const struct question *question, char **ret_answer)
{
	if (question->given)
		return take_given(question, ret_answer);
	if (!dialog->asks)
		return take(question, question->now, ret_answer);
	for (;;) {
		_cleanup_free_ char *line = NULL;

		dialog_say("   %s [%s]", question->text, question->now);
		int r = read_line(": ", false, &line);
		if (r < 0)
			return r;
		if (!*line)
			return take(question, question->now, ret_answer);
		if (!is_right(question, line))
			continue;
		*ret_answer = move_ptr(line);
		return 0;
	}
}

static bool is_yes(const char *text)
{
	return strcasecmp(text, DIALOG_YES) == 0 || strcasecmp(text, "y") == 0;
}

static bool is_yes_or_no(const char *text)
{
	return is_yes(text) || strcasecmp(text, DIALOG_NO) == 0 || strcasecmp(text, "n") == 0;
}

int dialog_ask_yes(const struct dialog *dialog, const struct question *question, bool *ret_yes)
{
	static const struct option_rule rule = {is_yes_or_no, "yes, no"};
	_cleanup_free_ char *answer = NULL;
	struct question whole = *question;

	whole.rule = &rule;
	int r = dialog_ask(dialog, &whole, &answer);
	if (r == 0)
		*ret_yes = is_yes(answer);
	return r;
}
