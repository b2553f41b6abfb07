#include "http/probe.h"

#include <errno.h>
#include <unistd.h>

bool probe_is(const struct sockaddr *peer)
{
	return peer->sa_family == AF_UNIX;
}

int probe_send(struct MHD_Daemon *daemon)
{
	const struct sockaddr address = {.sa_family = AF_UNIX};
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return -errno;
	close(ends[1]);
	/* The library closes the socket, also when it refuses. */
	return MHD_add_connection(daemon, ends[0], &address, sizeof(address)) == MHD_YES ? 0 : -EIO;
}
