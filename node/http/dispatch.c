#include "http/dispatch.h"

#include "http/peer.h"
#include "http/probe.h"
#include "http/request.h"
#include "http/respond.h"
#include "http/route.h"

#include <string.h>

#define CHANGING (METHOD_POST | METHOD_DELETE) /* methods that change something */
#define DELETE '\x7f'

static struct conn *conn_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static size_t header_bytes(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)
	        ->header_size;
}

static bool has_body(const struct request *request)
{
	const char *length = request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return request_header(request, MHD_HTTP_HEADER_TRANSFER_ENCODING) ||
	       (length && strcmp(length, "0") != 0);
}

static bool body_is_too_large(const struct request *request)
{
	const char *text = request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
	int64_t length;

	return text && (str_parse_i64(text, &length) < 0 || length > REQUEST_MAX_BODY);
}

static bool is_plain(const char *path)
{
	while (*path && (unsigned char)*path >= ' ' && *path != DELETE)
		path++;
	return *path == '\0';
}

/* The camera of the path: false after having answered that there is none. */
static bool find_camera(struct request *request, const struct route_match *match)
{
	struct server *server = request->server;

	if (match->camera_index >= 0 && (size_t)match->camera_index < server->camera_count)
		request->camera = &server->cameras[match->camera_index];
	for (size_t i = 0; match->camera[0] && i < server->camera_count; i++) {
		if (strcmp(match->camera, camera_id(server->cameras[i].camera)) == 0)
			request->camera = &server->cameras[i];
	}
	if (request->camera || (match->camera_index < 0 && !match->camera[0]))
		return true;
	respond_text(request, MHD_HTTP_NOT_FOUND, "no such camera");
	return false;
}

static void respond_methods(struct request *request, unsigned status, unsigned methods)
{
	char allowed[METHOD_LIST_SIZE];

	method_list(methods | METHOD_OPTIONS, allowed);
	respond_body_with(request, status, "text/plain",
	                  strdup(status == MHD_HTTP_OK ? "" : "this method is not for this path\n"),
	                  MHD_HTTP_HEADER_ALLOW, allowed);
}

/* Finds out what is asked for: false after having answered. */
static bool find_route(struct request *request, const char *url, const char *method)
{
	struct route_match match;

	request->method = method_parse(method);
	if (str_copy(request->path, sizeof(request->path), url) < 0) {
		respond_text(request, MHD_HTTP_URI_TOO_LONG, "the path is too long");
		return false;
	}
	if (!is_plain(url)) {
		respond_text(request, MHD_HTTP_BAD_REQUEST, "a path has no control characters");
		return false;
	}
	match = route_find(request->path, request_query(request, "action"));
	request->route = match.route;
	request->rest = match.rest;
	if (!match.route) {
		respond_text(request, MHD_HTTP_NOT_FOUND, "there is nothing here");
		return false;
	}
	if (request->method == METHOD_OPTIONS) {
		respond_methods(request, MHD_HTTP_OK, match.route->methods);
		return false;
	}
	if (!(request->method & match.route->methods)) {
		respond_methods(request, MHD_HTTP_METHOD_NOT_ALLOWED, match.route->methods);
		return false;
	}
	return find_camera(request, &match);
}

/* What a browser may have been tricked into, and what is too large: false after having answered. */
static bool check_header(struct request *request)
{
	const struct server *server = request->server;
	const char *host = request_header(request, MHD_HTTP_HEADER_HOST);

	if (conn_is_refused(request->conn)) {
		respond_body_with(request, MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain",
		                  strdup("too many connections\n"), MHD_HTTP_HEADER_CONNECTION,
		                  "close");
		return false;
	}
	if (header_bytes(request->connection) > (size_t)server->config->http.max_header_bytes) {
		respond_text(request, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE,
		             "the header is over %d bytes", server->config->http.max_header_bytes);
		return false;
	}
	if (host && !guard_host_is_ours(server->guard, host)) {
		respond_text(request, MHD_HTTP_MISDIRECTED_REQUEST,
		             "this node does not know itself by that name; add it to "
		             "http.allowed_hosts");
		return false;
	}
	return true;
}

static bool check_body(struct request *request)
{
	const char *host = request_header(request, MHD_HTTP_HEADER_HOST);
	const char *origin = request_header(request, MHD_HTTP_HEADER_ORIGIN);
	const char *site = request_header(request, "Sec-Fetch-Site");

	if (!(request->method & CHANGING)) {
		if (!has_body(request))
			return true;
		respond_text(request, MHD_HTTP_CONTENT_TOO_LARGE, "no body belongs here");
		return false;
	}
	if (!guard_allows_change(request->server->guard, host, origin, site)) {
		respond_text(request, MHD_HTTP_FORBIDDEN,
		             "a page of another site asks; add its origin to http.allowed_origins "
		             "if it may");
		return false;
	}
	if (body_is_too_large(request)) {
		respond_text(request, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
		return false;
	}
	return true;
}

/* The header is there. */
static enum MHD_Result begin(struct server *server, struct MHD_Connection *connection,
                             const char *url, const char *method, struct request **ret_request)
{
	struct conn *conn = conn_of(connection);
	struct request *request = conn ? request_new(server, connection, conn) : NULL;

	if (!request)
		return MHD_NO;
	*ret_request = request;
	if (check_header(request) && find_route(request, url, method) && check_body(request))
		return MHD_YES;
	return request->responded ? MHD_YES : MHD_NO;
}

/* Keeps what the contract allows and one byte, so that too long a body is seen as such. */
static enum MHD_Result take_body(struct request *request, const char *data, size_t size)
{
	size_t room = request->body.limit - request->body.length;

	request->body_received += size;
	buf_append(&request->body, data, size < room ? size : room);
	return request->body_received > REQUEST_MAX_BODY ? MHD_NO : MHD_YES;
}

size_t dispatch_unescape(void *user, struct MHD_Connection *connection, char *text)
{
	size_t length = MHD_http_unescape(text);
	char *end;

	while ((end = memchr(text, '\0', length)))
		*end = DELETE;
	return length;
}

/* To change needs more than to look. */
static enum access_level needed_access(const struct request *request)
{
	enum access_level access = request->route->access;

	return access == ACCESS_VIEWER && (request->method & CHANGING) ? ACCESS_OPERATOR : access;
}

/* The whole request is there, or what it waited for. */
static enum MHD_Result proceed(struct request *request)
{
	request->suspended = false;
	conns_begin_request(request->server->conns, request->conn);
	if (access_is_granted(request, needed_access(request)))
		request->route->handle(request);
	return request->responded || request->suspended ? MHD_YES : MHD_NO;
}

/* The arguments are libmicrohttpd's. NOLINTNEXTLINE(readability-function-size) */
enum MHD_Result dispatch_request(void *user, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *upload,
                                 size_t *upload_size, void **request)
{
	enum MHD_Result result;

	if (!*request)
		return begin(user, connection, url, method, (struct request **)request);
	if (*upload_size == 0)
		return proceed(*request);
	result = take_body(*request, upload, *upload_size);
	*upload_size = 0;
	return result;
}

void dispatch_completed(void *user, struct MHD_Connection *connection, void **request,
                        enum MHD_RequestTerminationCode why)
{
	struct server *server = user;
	struct conn *conn = conn_of(connection);

	request_free(*request);
	*request = NULL;
	if (conn)
		conns_end_request(server->conns, conn);
}

void dispatch_connection(void *user, struct MHD_Connection *connection, void **conn,
                         enum MHD_ConnectionNotificationCode what)
{
	struct server *server = user;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		const struct sockaddr *peer =
			MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
				->client_addr;

		heartbeat_beat(&server->heartbeat);
		*conn = probe_is(peer) ? NULL
		                       : conns_open(server->conns, peer_fd(connection), peer);
	} else {
		conns_close(server->conns, *conn);
		*conn = NULL;
	}
}
