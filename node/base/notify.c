#include "base/notify.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define PATIENCE_S 1 /* with a service manager whose queue is full */

static const char *socket_path(void)
{
	const char *path = secure_getenv("NOTIFY_SOCKET");

	return path && *path ? path : NULL;
}

bool notify_is_wanted(void)
{
	return socket_path() != NULL;
}

/* A path, or after "@" an abstract name: 0 or -errno. */
static int make_address(const char *path, struct sockaddr_un *ret_address, socklen_t *ret_length)
{
	size_t length = strlen(path);

	if (path[0] != '/' && path[0] != '@')
		return -EAFNOSUPPORT;
	if (length >= sizeof(ret_address->sun_path))
		return -ENAMETOOLONG;
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret_address->sun_path, path, length);
	if (path[0] == '@')
		ret_address->sun_path[0] = '\0';
	*ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return 0;
}

static int send_text(const char *path, const char *text, size_t length)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_un address;
	socklen_t address_length;
	int r = make_address(path, &address, &address_length);

	if (r < 0)
		return r;
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return -errno;
	if (sendto(fd, text, length, MSG_NOSIGNAL, (struct sockaddr *)&address, address_length) < 0)
		return -errno;
	return 0;
}

int notify_send(const char *fmt, ...)
{
	const char *path = socket_path();
	char text[NOTIFY_MAX_BYTES + 1];
	va_list args;
	int length;

	if (!path)
		return 0;
	va_start(args, fmt);
	length = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (length < 0 || (size_t)length >= sizeof(text))
		return -EMSGSIZE;
	return send_text(path, text, (size_t)length);
}
