#include "crowd.h"

#include "base/clock.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#define EVENTS 64

size_t crowd_readers(const struct crowd *crowd)
{
	return (size_t)(crowd->options->viewers - crowd->options->stalled);
}

static bool is_probe(size_t i, size_t readers)
{
	return i < readers && i % ((readers + CODES_MAX_PROBES - 1) / CODES_MAX_PROBES) == 0;
}

static int open_viewer(struct crowd *crowd, size_t i, const struct addrinfo *address)
{
	struct epoll_event event = {.events = EPOLLOUT, .data.u64 = i};
	struct viewer *viewer = &crowd->viewers[i];
	int error = viewer_open(viewer, address->ai_addr, address->ai_addrlen);

	crowd->opened++;
	if (error == 0 && is_probe(i, crowd_readers(crowd)))
		error = codes_add_probe(&crowd->codes, viewer);
	if (error == 0 && epoll_ctl(crowd->epoll_fd, EPOLL_CTL_ADD, viewer->fd, &event) < 0)
		error = -errno;
	return error;
}

int crowd_init(struct crowd *crowd, const struct crowd_options *options)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *address = NULL;
	int error = 0;

	*crowd = (struct crowd){.options = options, .epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
	if (crowd->epoll_fd < 0)
		return -errno;
	crowd->viewers = calloc((size_t)options->viewers, sizeof(crowd->viewers[0]));
	if (!crowd->viewers)
		return -ENOMEM;
	if (getaddrinfo(options->host, options->port, &hints, &address) != 0)
		return -EHOSTUNREACH;
	for (size_t i = 0; i < (size_t)options->viewers && error == 0; i++)
		error = open_viewer(crowd, i, address);
	freeaddrinfo(address);
	return error;
}

void crowd_finish(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->opened; i++)
		viewer_close(&crowd->viewers[i]);
	free(crowd->viewers);
	if (crowd->epoll_fd >= 0)
		close(crowd->epoll_fd);
	codes_finish(&crowd->codes);
}

/* Connected: asks. From then on it waits for data, or, stalled, for nothing. */
static int ask(struct crowd *crowd, size_t i)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = i};
	struct viewer *viewer = &crowd->viewers[i];
	int operation = i < crowd_readers(crowd) ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
	int error = viewer_ask(viewer, crowd->options->host, crowd->options->path);

	crowd->asked++;
	if (error == 0 && epoll_ctl(crowd->epoll_fd, operation, viewer->fd, &event) < 0)
		error = -errno;
	return error;
}

static void serve(struct crowd *crowd, const struct epoll_event *event)
{
	size_t i = event->data.u64;
	struct viewer *viewer = &crowd->viewers[i];
	int error = event->events & EPOLLOUT ? ask(crowd, i) : viewer_read(viewer);

	if (error == 0)
		return;
	fprintf(stderr, "viewer %zu: %s\n", i, strerror(-error));
	crowd->ended++;
	epoll_ctl(crowd->epoll_fd, EPOLL_CTL_DEL, viewer->fd, NULL);
}

/* Once round the loop; waits for at most as long as the deadline is away. */
static void serve_some(struct crowd *crowd, int64_t deadline_us)
{
	struct epoll_event events[EVENTS];
	int64_t left_us = deadline_us - clock_mono_us();
	int timeout_ms = left_us > 0 ? (int)(left_us / USEC_PER_MSEC) + 1 : 0;
	int count = epoll_wait(crowd->epoll_fd, events, EVENTS, timeout_ms);

	for (int i = 0; i < count; i++)
		serve(crowd, &events[i]);
}

static bool all_see(const struct crowd *crowd)
{
	if (crowd->asked < crowd->opened)
		return false;
	for (size_t i = 0; i < crowd_readers(crowd); i++) {
		if (crowd->viewers[i].counts.frames == 0)
			return false;
	}
	return true;
}

int crowd_run_until_all_see(struct crowd *crowd, int64_t deadline_us)
{
	while (!all_see(crowd)) {
		if (crowd->ended > 0)
			return -ECONNABORTED;
		if (clock_mono_us() >= deadline_us)
			return -ETIMEDOUT;
		serve_some(crowd, deadline_us);
	}
	return 0;
}

void crowd_run_until(struct crowd *crowd, int64_t end_us)
{
	while (clock_mono_us() < end_us)
		serve_some(crowd, end_us);
}

void crowd_reset(struct crowd *crowd)
{
	for (size_t i = 0; i < crowd->opened; i++)
		crowd->viewers[i].counts = (struct viewer_counts){0};
	codes_reset(&crowd->codes);
}
