#include "http/listener.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128

/* What the kernel takes of a frame before the last ones are out: more of it would be a queue, in
 * which a slow viewer falls behind, where it should skip. */
#define UNSENT_LOW_WATER (128 * 1024)

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int set_options(int fd, int family)
{
	int r = set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (r == 0)
		r = set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (r == 0)
		r = set_int(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_LOW_WATER);
	if (r == 0)
		r = set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (r == 0 && family == AF_INET6) /* "::" takes IPv4, too */
		r = set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	return r;
}

static int open_one(const struct addrinfo *info)
{
	int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0)
		return -errno;
	r = set_options(fd, info->ai_family);
	if (r == 0 && (bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0))
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

int listener_open(const char *address, int port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	                         .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *infos;
	char service[8];
	int fd = -EADDRNOTAVAIL;

	snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(address, service, &hints, &infos) != 0)
		return -EADDRNOTAVAIL;
	for (const struct addrinfo *info = infos; info && fd < 0; info = info->ai_next)
		fd = open_one(info);
	freeaddrinfo(infos);
	return fd;
}
