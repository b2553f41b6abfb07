/* What the node logs, read line by line as a reader's lines are. */
#ifndef CAMNODE_TESTS_MQTT_LOGGED_H
#define CAMNODE_TESTS_MQTT_LOGGED_H

#include "broker.h"

struct logged {
	struct reader reader;
	int saved_stderr;
};

static inline void logged_open(struct logged *logged)
{
	int pipe_fds[2];

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	*logged = (struct logged){.reader.fd = pipe_fds[0], .saved_stderr = dup(STDERR_FILENO)};
	dup2(pipe_fds[1], STDERR_FILENO);
	close(pipe_fds[1]);
}

static inline void logged_close(struct logged *logged)
{
	dup2(logged->saved_stderr, STDERR_FILENO);
	close(logged->saved_stderr);
	close(logged->reader.fd);
}

#endif
