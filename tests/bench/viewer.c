#include "viewer.h"

#include "base/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#define READ_AHEAD 512 /* bytes of a picture that may come with its header */
#define DISCARD_SIZE (256 * 1024)

int viewer_open(struct viewer *viewer, const struct sockaddr *address, socklen_t length)
{
	*viewer = (struct viewer){.fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0)};
	if (viewer->fd < 0)
		return -errno;
	if (connect(viewer->fd, address, length) < 0 && errno != EINPROGRESS)
		return -errno;
	return 0;
}

void viewer_close(struct viewer *viewer)
{
	if (viewer->fd >= 0)
		close(viewer->fd);
	viewer->fd = -1;
	jpeg_code_free(viewer->reader);
	viewer->reader = NULL;
	free(viewer->head);
	viewer->head = NULL;
}

int viewer_probe(struct viewer *viewer, viewer_code on_code, void *user)
{
	viewer->reader = jpeg_code_new();
	viewer->head = malloc(JPEG_CODE_BYTES);
	viewer->on_code = on_code;
	viewer->user = user;
	return viewer->reader && viewer->head ? 0 : -ENOMEM;
}

int viewer_ask(struct viewer *viewer, const char *host, const char *path)
{
	char request[VIEWER_HEADER_SIZE];
	int length = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path,
	                      host);

	if (length >= (int)sizeof(request))
		return -ENAMETOOLONG;
	return send(viewer->fd, request, (size_t)length, MSG_NOSIGNAL) == length ? 0 : -errno;
}

static void picture_came(struct viewer *viewer)
{
	int64_t now_us = clock_mono_us();
	struct pattern_code code;

	viewer->counts.frames++;
	if (viewer->last_us && now_us - viewer->last_us > viewer->counts.worst_gap_us)
		viewer->counts.worst_gap_us = now_us - viewer->last_us;
	viewer->last_us = now_us;
	if (!viewer->reader)
		return;
	if (jpeg_code_read(viewer->reader, viewer->head, viewer->head_length, &code) == 0)
		viewer->on_code(viewer->user, &code, now_us);
	else
		viewer->counts.unreadable++;
}

static void picture_takes(struct viewer *viewer, const void *data, size_t length)
{
	size_t room = viewer->head ? JPEG_CODE_BYTES - viewer->head_length : 0;
	size_t kept = length < room ? length : room;

	if (kept > 0)
		memcpy(viewer->head + viewer->head_length, data, kept);
	viewer->head_length += kept;
	viewer->left -= length;
	if (viewer->left == 0)
		picture_came(viewer);
}

/* MSG_TRUNC throws bytes away: nothing is written to `data`. */
static ssize_t skip_picture(struct viewer *viewer)
{
	uint8_t data[DISCARD_SIZE];
	size_t size = viewer->left < sizeof(data) ? viewer->left : sizeof(data);
	ssize_t length = recv(viewer->fd, data, size, MSG_TRUNC);

	if (length > 0) {
		viewer->left -= (size_t)length;
		if (viewer->left == 0)
			picture_came(viewer);
	}
	return length;
}

static ssize_t read_picture(struct viewer *viewer)
{
	uint8_t data[JPEG_CODE_BYTES];
	size_t size = viewer->left < sizeof(data) ? viewer->left : sizeof(data);
	ssize_t length;

	if (!viewer->head || viewer->head_length == JPEG_CODE_BYTES)
		return skip_picture(viewer);
	length = recv(viewer->fd, data, size, 0);
	if (length > 0)
		picture_takes(viewer, data, (size_t)length);
	return length;
}

/* A whole header, without the empty line behind it: of the response, or of a part. */
static int take_header(struct viewer *viewer, const char *header)
{
	static const char name[] = "\r\nContent-Length: ";
	const char *length = strcasestr(header, name);

	if (!viewer->is_response) {
		viewer->is_response = true;
		if (strncmp(header, "HTTP/1.", 7) == 0 && strstr(header, " 200 "))
			return 0;
		fprintf(stderr, "the server says: %.*s\n", (int)strcspn(header, "\r"), header);
		return -EPROTO;
	}
	viewer->left = length ? strtoul(length + strlen(name), NULL, 10) : 0;
	viewer->head_length = 0;
	return viewer->left > 0 ? 0 : -EPROTO;
}

/* Takes the headers, and small pictures, in what has come. What is left begins a header. */
static int take_text(struct viewer *viewer)
{
	char *begin = viewer->text, *end = viewer->text + viewer->text_length, *empty_line;
	int error = 0;

	while (error == 0) {
		size_t length;

		while (end - begin >= 2 && memcmp(begin, "\r\n", 2) == 0)
			begin += 2; /* between the response and the first part */
		*end = '\0';
		empty_line = strstr(begin, "\r\n\r\n");
		if (!empty_line)
			break;
		*empty_line = '\0';
		error = take_header(viewer, begin);
		begin = empty_line + 4;
		if (error || viewer->left == 0)
			continue;
		length =
			(size_t)(end - begin) < viewer->left ? (size_t)(end - begin) : viewer->left;
		picture_takes(viewer, begin, length);
		begin += length;
	}
	viewer->text_length = (size_t)(end - begin);
	memmove(viewer->text, begin, viewer->text_length);
	return error;
}

static ssize_t read_header(struct viewer *viewer)
{
	size_t room = sizeof(viewer->text) - 1 - viewer->text_length;
	ssize_t length;
	int error;

	if (room == 0) {
		errno = EPROTO; /* a header without end */
		return -1;
	}
	length = recv(viewer->fd, viewer->text + viewer->text_length,
	              room < READ_AHEAD ? room : READ_AHEAD, 0);
	if (length <= 0)
		return length;
	viewer->text_length += (size_t)length;
	error = take_text(viewer);
	if (error == 0)
		return length;
	errno = -error;
	return -1;
}

int viewer_read(struct viewer *viewer)
{
	ssize_t length = viewer->left > 0 ? read_picture(viewer) : read_header(viewer);

	if (length > 0)
		viewer->counts.bytes += (uint64_t)length;
	if (length == 0)
		return -ECONNRESET;
	return length > 0 || errno == EAGAIN || errno == EINTR ? 0 : -errno;
}
