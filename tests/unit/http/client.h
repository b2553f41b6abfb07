/*
 * A client of a server on this machine, for tests: asserts that what it does succeeds. Include it
 * after cmocka.h.
 */
#ifndef CAMNODE_TESTS_HTTP_CLIENT_H
#define CAMNODE_TESTS_HTTP_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENT_LIMIT_S 20 /* no read takes longer */

/* The port that a listening socket was given. */
static inline int client_port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	return ntohs(address.sin_port);
}

/* A connection that has sent its request. */
static inline int client_connect(int port)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
	const struct timeval limit = {.tv_sec = CLIENT_LIMIT_S};
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	return fd;
}

static inline char client_read_byte(int fd)
{
	char byte = 0;

	assert_int_equal(read(fd, &byte, 1), 1);
	return byte;
}

/* Reads a line without its end. */
static inline void client_read_line(int fd, char *ret_line, size_t size)
{
	size_t length = 0;

	while ((ret_line[length] = client_read_byte(fd)) != '\n')
		assert_true(++length < size);
	if (length > 0 && ret_line[length - 1] == '\r')
		length--;
	ret_line[length] = '\0';
}

/* Reads up to the empty line behind the header. */
static inline void client_skip_header(int fd)
{
	char line[256];

	do
		client_read_line(fd, line, sizeof(line));
	while (line[0]);
}

#endif
