#include "base/journal.h"

#include "base/str.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define STREAM_SIZE 64
#define PIECES 4 /* of a field: name, "=", value, newline */

bool journal_has_stderr(void)
{
	const char *stream = secure_getenv("JOURNAL_STREAM");
	char own[STREAM_SIZE];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(stream, own) == 0;
}

int journal_open(const char *socket_path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int r = str_copy(address.sun_path, sizeof(address.sun_path), socket_path);

	if (r < 0)
		return r;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

static struct iovec piece(const char *text)
{
	return (struct iovec){.iov_base = (char *)text, .iov_len = strlen(text)};
}

int journal_write(int fd, const struct journal_field fields[], size_t count)
{
	struct iovec pieces[JOURNAL_MAX_FIELDS * PIECES];
	size_t used = 0;

	for (size_t i = 0; i < count && i < JOURNAL_MAX_FIELDS; i++) {
		if (!fields[i].value)
			continue;
		pieces[used++] = piece(fields[i].name);
		pieces[used++] = piece("=");
		pieces[used++] = piece(fields[i].value);
		pieces[used++] = piece("\n");
	}
	const struct msghdr message = {.msg_iov = pieces, .msg_iovlen = used};
	return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}
