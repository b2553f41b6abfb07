#include "http/http.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/thread.h"
#include "http/dispatch.h"
#include "http/listener.h"
#include "http/probe.h"
#include "http/server.h"
#include "http/thumbnail.h"

#include <errno.h>
#include <string.h>

#define WORKER_JOBS 128
#define HEARTBEAT_LIMIT_US (4 * HEARTBEAT_PERIOD_US)
#define RETRY_US (5 * USEC_PER_SEC)
#define MAX_TLS_FILE_BYTES (256 * 1024)
#define LOG_LINE_SIZE 512
/* Answers that never come to an end in time don't count on libmicrohttpd's own time-out: ours are
 * stricter. It is the net below them. */
#define IDLE_TIMEOUT_S 60
/* Connections over the limit get a short answer: for these there is some room. */
#define SPARE_CONNECTIONS 32
/* The pool of a connection holds the request's header and the answer's. */
#define ANSWER_HEADER_BYTES 8192

struct http {
	struct server server;
	char *tls_cert, *tls_key; /* PEM, or NULL */
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	struct MHD_Daemon *daemon; /* guarded by mutex while the retrying thread runs */
	int64_t next_probe_us;     /* the park's thread */
	bool stopping;             /* guarded by mutex */
	bool retrying;             /* the thread was started */
	pthread_t thread;
};

/* With all places taken, the library closes a probe unseen; then it is busy with who has them. */
static bool is_full(struct server *server)
{
	struct conns_stats stats;

	conns_stats(server->conns, &stats);
	return stats.open >= (uint64_t)server->config->http.max_connections;
}

/* Keeps the server's thread beating while it has nothing to do. */
static void probe(struct http *http)
{
	struct server *server = &http->server;
	struct MHD_Daemon *daemon;

	pthread_mutex_lock(&http->mutex);
	daemon = http->daemon;
	pthread_mutex_unlock(&http->mutex);
	if (!daemon) /* the port is another program's */
		heartbeat_rest(&server->heartbeat);
	else if (is_full(server) || probe_send(daemon) < 0)
		heartbeat_beat(&server->heartbeat);
}

/* On the park's thread. */
static void tick(void *user)
{
	struct http *http = user;
	int64_t now_us = clock_mono_us();

	conns_tick(http->server.conns);
	if (now_us < http->next_probe_us)
		return;
	http->next_probe_us = now_us + HEARTBEAT_PERIOD_US;
	probe(http);
}

/* What libmicrohttpd has to say: mostly of peers that went away. */
static void log_library(void *user, const char *fmt, va_list args)
{
	char line[LOG_LINE_SIZE];

	vsnprintf(line, sizeof(line), fmt, args);
	line[strcspn(line, "\n")] = '\0';
	log_debug("http: %s", line);
}

static void frame_published(void *user)
{
	struct server_stream *stream = user;

	park_wake(stream->park, &stream->group);
}

static int listen_to(struct server *server, struct hub *hub, struct server_stream *stream)
{
	stream->park = server->park;
	int r = hub_add_listener(hub, frame_published, stream);
	if (r == 0)
		stream->hub = hub;
	return r;
}

static int listen_to_cameras(struct server *server)
{
	server->camera_count = control_camera_count(server->control);
	for (size_t i = 0; i < server->camera_count; i++) {
		struct server_camera *camera = &server->cameras[i];

		camera->camera = control_camera(server->control, i);
		for (int kind = 0; kind < RENDITION_COUNT; kind++) {
			int r = listen_to(server, camera_rendition_hub(camera->camera, kind),
			                  &camera->streams[kind]);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static void leave_cameras(struct server *server)
{
	for (size_t i = 0; i < server->camera_count; i++) {
		for (int kind = 0; kind < RENDITION_COUNT; kind++) {
			struct server_stream *stream = &server->cameras[i].streams[kind];

			if (stream->hub)
				hub_remove_listener(stream->hub, frame_published, stream);
		}
	}
}

static int server_init(struct http *http, struct control *control)
{
	struct server *server = &http->server;
	char host_name[256];

	server->control = control;
	server->config = control_config(control);
	server->started_us = clock_mono_us();
	heartbeat_init(&server->heartbeat, HEARTBEAT_LIMIT_US, "HTTP");
	machine_host_name(host_name, sizeof(host_name));
	server->conns = conns_new(&server->config->http);
	server->auth = auth_new(&server->config->http);
	server->sessions = sessions_new();
	server->throttle = throttle_new();
	server->guard = guard_new(server->config, host_name);
	if (!server->conns || !server->auth || !server->sessions || !server->throttle ||
	    !server->guard)
		return -ENOMEM;
	server->park = park_new(tick, http);
	if (!server->park)
		return -ENOMEM;
	server->worker = worker_new("http-worker", WORKER_JOBS);
	server->thumbnails = thumbnails_new();
	server->events = events_new(control_board(control), server->park);
	if (!server->worker || !server->events || !server->thumbnails)
		return -ENOMEM;
	return listen_to_cameras(server);
}

/* The daemon is gone: no connections are left. */
static void server_finish(struct server *server)
{
	leave_cameras(server);
	worker_free(server->worker);
	thumbnails_free(server->thumbnails);
	events_free(server->events);
	park_free(server->park);
	guard_free(server->guard);
	throttle_free(server->throttle);
	sessions_free(server->sessions);
	auth_free(server->auth);
	conns_free(server->conns);
}

static int read_tls_file(const char *path, char **ret_text)
{
	size_t length;
	int r = file_read(path, MAX_TLS_FILE_BYTES, ret_text, &length);

	if (r < 0)
		log_error("http: cannot read %s: %s", path, strerrordesc_np(-r));
	return r;
}

static int read_tls_files(struct http *http)
{
	const struct config_http *config = &http->server.config->http;
	int r;

	if (!config->tls_cert_file[0])
		return 0;
	r = read_tls_file(config->tls_cert_file, &http->tls_cert);
	return r < 0 ? r : read_tls_file(config->tls_key_file, &http->tls_key);
}

/* Takes over the listening socket: NULL when libmicrohttpd refuses (a wrong certificate). */
static struct MHD_Daemon *start_daemon(struct http *http, int fd)
{
	struct server *server = &http->server;
	const struct config_http *config = &server->config->http;
	unsigned flags =
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, http->tls_cert},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, http->tls_key},
		{MHD_OPTION_END, 0, NULL},
	};

	if (http->tls_cert)
		flags |= MHD_USE_TLS;
	else
		tls[0].option = MHD_OPTION_END;
	return MHD_start_daemon(
		flags, 0, NULL, NULL, dispatch_request, server, /* clang-format off */
		MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_UNESCAPE_CALLBACK, dispatch_unescape, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, dispatch_connection, server,
		MHD_OPTION_NOTIFY_COMPLETED, dispatch_completed, server,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)config->max_connections + SPARE_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT,
			(size_t)config->max_header_bytes + ANSWER_HEADER_BYTES,
		MHD_OPTION_ARRAY, tls,
		MHD_OPTION_END); /* clang-format on */
}

/* Binds and starts: 0 or -errno. */
static int open_server(struct http *http)
{
	const struct config_http *config = &http->server.config->http;
	int fd = listener_open(config->bind, config->port);
	struct MHD_Daemon *daemon;

	if (fd < 0)
		return fd;
	daemon = start_daemon(http, fd);
	if (!daemon) {
		close(fd);
		return -EINVAL;
	}
	pthread_mutex_lock(&http->mutex);
	http->daemon = daemon;
	pthread_mutex_unlock(&http->mutex);
	log_info("http: %s://%s:%d/", http->tls_cert ? "https" : "http", config->bind,
	         config->port);
	return 0;
}

/* Waits for the next try: false when the server is to stop. */
static bool wait_for_retry(struct http *http)
{
	int64_t deadline_us = clock_mono_us() + RETRY_US;
	bool stopping;

	pthread_mutex_lock(&http->mutex);
	while (!http->stopping && cond_wait_until(&http->cond, &http->mutex, deadline_us) == 0)
		;
	stopping = http->stopping;
	pthread_mutex_unlock(&http->mutex);
	return !stopping;
}

/* The port may become free, the address may come up: not so other failures. */
static bool is_worth_retrying(int error)
{
	return error == -EADDRINUSE || error == -EADDRNOTAVAIL;
}

static void log_failure(const struct http *http, struct log_repeat *repeat, int error)
{
	const struct config_http *config = &http->server.config->http;

	if (error == -EINVAL)
		log_repeat(repeat, LOG_LEVEL_ERROR, "http: cannot start on %s port %d%s",
		           config->bind, config->port,
		           http->tls_cert ? ": are certificate and key right?" : "");
	else
		log_repeat(repeat, LOG_LEVEL_ERROR, "http: cannot listen on %s port %d: %s%s",
		           config->bind, config->port, strerrordesc_np(-error),
		           is_worth_retrying(error) ? "; trying again every few seconds" : "");
}

static void *retry(void *arg)
{
	struct http *http = arg;
	struct log_repeat repeat = {0};

	while (wait_for_retry(http)) {
		int r = open_server(http);

		if (r == 0)
			break;
		log_failure(http, &repeat, r);
	}
	return NULL;
}

static void http_free(struct http *http)
{
	server_finish(&http->server);
	free(http->tls_cert);
	free(http->tls_key);
	pthread_cond_destroy(&http->cond);
	pthread_mutex_destroy(&http->mutex);
	free(http);
}

static int start(struct http *http, struct control *control)
{
	struct log_repeat repeat = {0};
	int r = server_init(http, control);

	if (r == 0)
		r = read_tls_files(http);
	if (r < 0)
		return r;
	r = open_server(http);
	if (r == 0)
		return 0;
	log_failure(http, &repeat, r);
	if (!is_worth_retrying(r))
		return r;
	r = thread_start(&http->thread, "http-retry", retry, http);
	http->retrying = r == 0;
	return r;
}

int http_start(struct control *control, struct http **ret_http)
{
	struct http *http = calloc(1, sizeof(*http));
	int r;

	if (!http)
		return -ENOMEM;
	pthread_mutex_init(&http->mutex, NULL);
	cond_init(&http->cond);
	r = start(http, control);
	if (r < 0) {
		http_stop(http);
		return r;
	}
	heartbeats_add(control_heartbeats(control), &http->server.heartbeat);
	*ret_http = http;
	return 0;
}

void http_stop(struct http *http)
{
	if (!http)
		return;
	if (http->server.control)
		heartbeats_remove(control_heartbeats(http->server.control),
		                  &http->server.heartbeat);
	pthread_mutex_lock(&http->mutex);
	http->stopping = true;
	pthread_cond_signal(&http->cond);
	pthread_mutex_unlock(&http->mutex);
	if (http->retrying)
		pthread_join(http->thread, NULL);
	if (http->server.park)
		park_close(http->server.park);
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	http_free(http);
}
