/*
 * A service manager's side of sd_notify(3): the socket that NOTIFY_SOCKET names.
 */
#ifndef CAMNODE_TESTS_MANAGER_H
#define CAMNODE_TESTS_MANAGER_H

#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MANAGER_MAX_BYTES 4096

/* Listens at a path, or at an abstract name that begins with "@": a descriptor, or -1. */
static inline int manager_listen(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	else
		unlink(path);
	if (bind(fd, (struct sockaddr *)&address,
	         (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* What was said next, at most so long from now; "" if nothing was. */
static inline const char *manager_hear(int fd, int timeout_ms)
{
	static char text[MANAGER_MAX_BYTES + 1];
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	ssize_t n = 0;

	if (poll(&pollfd, 1, timeout_ms) > 0)
		n = recv(fd, text, MANAGER_MAX_BYTES, MSG_DONTWAIT);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

#endif
