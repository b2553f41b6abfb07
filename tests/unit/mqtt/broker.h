/*
 * A mosquitto of a test's own, and mosquitto_sub's and mosquitto_pub's eyes and hands. Every wait
 * has a deadline.
 */
#ifndef CAMNODE_TESTS_MQTT_BROKER_H
#define CAMNODE_TESTS_MQTT_BROKER_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

#define MOSQUITTO "/usr/sbin/mosquitto"
#define DEADLINE_US (20 * USEC_PER_SEC)
#define MAX_ARGUMENTS 24

struct broker {
	char config[64]; /* path */
	int port;
	pid_t pid;
};

/* A process whose standard output is read line by line. */
struct reader {
	pid_t pid;
	int fd;
	size_t length;
	char text[16384];
};

/* Asks again and again: for what gives no descriptor to wait for. */
#define assert_becomes(condition)                                 \
	do {                                                      \
		int64_t until_us = clock_mono_us() + DEADLINE_US; \
		while (!(condition)) {                            \
			assert_true(clock_mono_us() < until_us);  \
			poll(NULL, 0, 10);                        \
		}                                                 \
	} while (0)

static inline pid_t spawn(char *const arguments[], int output)
{
	sigset_t none;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (output >= 0)
		dup2(output, STDOUT_FILENO);
	execv(arguments[0], arguments);
	_exit(127);
}

static inline void end(pid_t *pid, int signal_number)
{
	if (*pid <= 0)
		return;
	kill(*pid, signal_number);
	waitpid(*pid, NULL, 0);
	*pid = 0;
}

/* A socket bound to a port of this machine (0: any), or -1: it is taken. */
static inline int bind_to(int port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
	                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	                                    .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)), 0);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Below those that the kernel hands out by itself, so that no connection takes it before its server
 * does; each process looks from a place of its own on. */
static inline int free_port(void)
{
	for (int port = 10000 + getpid() * 16 % 9000; port < 20000; port++) {
		int fd = bind_to(port);

		if (fd < 0)
			continue;
		close(fd);
		return port;
	}
	fail();
	return 0;
}

static inline int listen_on(int port, int *ret_port)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int fd = bind_to(port);

	assert_true(fd >= 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static inline bool answers(int port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
	                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	                                    .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool connected = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;

	close(fd);
	return connected;
}

static inline void broker_start(struct broker *broker)
{
	char *const arguments[] = {MOSQUITTO, "-c", broker->config, NULL};

	broker->pid = spawn(arguments, -1);
	assert_becomes(answers(broker->port));
}

/* `extra`: more lines of its configuration. */
static inline void broker_open(struct broker *broker, const char *extra)
{
	int fd;

	*broker = (struct broker){.config = "/tmp/camnode-test-XXXXXX"};
	broker->port = free_port();
	fd = mkstemp(broker->config);
	assert_true(fd >= 0);
	assert_true(dprintf(fd,
	                    "listener %d 127.0.0.1\nallow_anonymous true\nlog_type none\n"
	                    "user root\n%s",
	                    broker->port, extra) > 0);
	close(fd);
	broker_start(broker);
}

static inline void broker_close(struct broker *broker)
{
	end(&broker->pid, SIGKILL);
	unlink(broker->config);
}

/* Begins a client of mosquitto's with further arguments, NULL-terminated. */
static inline void reader_open(struct reader *reader, const struct broker *broker,
                               const char *program, const char *const further[])
{
	char port[8];
	char *arguments[MAX_ARGUMENTS] = {(char *)program, "-h", "127.0.0.1", "-p", port};
	size_t count = 5;
	int pipe_fds[2];

	for (size_t i = 0; further[i]; i++)
		arguments[count++] = (char *)further[i];
	assert_true(count < MAX_ARGUMENTS);
	snprintf(port, sizeof(port), "%d", broker->port);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	*reader = (struct reader){.pid = spawn(arguments, pipe_fds[1]), .fd = pipe_fds[0]};
	close(pipe_fds[1]);
}

static inline void reader_close(struct reader *reader)
{
	end(&reader->pid, SIGKILL);
	close(reader->fd);
}

/* "topic|retained|content type|correlation data|payload" of all that comes. */
static inline void subscribe(struct reader *reader, const struct broker *broker, const char *topic)
{
	const char *const further[] = {"-V", "5", "-t", topic, "-F", "%t|%r|%C|%D|%p", NULL};

	reader_open(reader, broker, "/usr/bin/mosquitto_sub", further);
}

static inline void publish(const struct broker *broker, const char *const further[])
{
	struct reader reader;
	int status = -1;

	reader_open(&reader, broker, "/usr/bin/mosquitto_pub", further);
	assert_int_equal(waitpid(reader.pid, &status, 0), reader.pid);
	assert_int_equal(status, 0);
	close(reader.fd);
}

static inline bool take_line(struct reader *reader, char *line, size_t size)
{
	char *newline = memchr(reader->text, '\n', reader->length);

	if (!newline)
		return false;
	size_t length = (size_t)(newline - reader->text);
	snprintf(line, size, "%.*s", (int)length, reader->text);
	reader->length -= length + 1;
	memmove(reader->text, newline + 1, reader->length);
	return true;
}

/* Waits for a line that contains `part`; others are passed over. */
static inline void expect_line(struct reader *reader, const char *part)
{
	int64_t until_us = clock_mono_us() + DEADLINE_US;
	struct pollfd pollfd = {.fd = reader->fd, .events = POLLIN};
	char line[4096] = "";

	for (;;) {
		while (take_line(reader, line, sizeof(line))) {
			if (strstr(line, part))
				return;
		}
		int64_t left_us = until_us - clock_mono_us();
		if (left_us <= 0 || poll(&pollfd, 1, (int)(left_us / 1000) + 1) <= 0)
			break;
		ssize_t n = read(reader->fd, reader->text + reader->length,
		                 sizeof(reader->text) - reader->length);
		if (n <= 0)
			break;
		reader->length += (size_t)n;
	}
	fail_msg("no line contains \"%s\"; the last one: %s", part, line);
}

#endif
