/*
 * One viewer of an MJPEG stream (multipart with Content-Length): asks for it and skips through it
 * without copying the pictures, so that many of them cost little. One in a few looks at each
 * picture's block code. Embedded; one thread.
 */
#ifndef CAMNODE_BENCH_VIEWER_H
#define CAMNODE_BENCH_VIEWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "jpeg_code.h"

#define VIEWER_HEADER_SIZE 2048 /* of a response or a part */

/* Told of each code read, with the time when the whole picture was there. */
typedef void (*viewer_code)(void *user, const struct pattern_code *code, int64_t now_us);

struct viewer_counts {
	uint64_t frames, bytes;
	uint64_t unreadable;  /* pictures in which a probe found no code */
	int64_t worst_gap_us; /* longest time between two pictures */
};

struct viewer {
	int fd;
	struct viewer_counts counts;
	int64_t last_us; /* when the last picture was complete; 0: none yet */

	char text[VIEWER_HEADER_SIZE]; /* of the header that is coming */
	size_t text_length;
	bool is_response; /* the HTTP response's header has come */
	size_t left;      /* bytes of the picture that are still to come */

	struct jpeg_code *reader; /* NULL: looks at no codes */
	uint8_t *head;            /* the picture's beginning; JPEG_CODE_BYTES */
	size_t head_length;
	viewer_code on_code;
	void *user;
};

/* Begins to connect: 0 or -errno. */
int viewer_open(struct viewer *viewer, const struct sockaddr *address, socklen_t length);
void viewer_close(struct viewer *viewer);

/* Makes it look at codes. */
int viewer_probe(struct viewer *viewer, viewer_code on_code, void *user);

/* Once the socket can be written. 0 or -errno. */
int viewer_ask(struct viewer *viewer, const char *host, const char *path);

/* Takes what there is. 0, -EPROTO (no MJPEG stream), -ECONNRESET (it has ended) or -errno. */
int viewer_read(struct viewer *viewer);

#endif
