#include "http/access.h"

#include "base/clock.h"
#include "http/check.h"
#include "http/respond.h"

#include <errno.h>
#include <string.h>

#define CHALLENGE "Basic realm=\"camnode\", charset=\"UTF-8\""

int access_known_role(const struct request *request, enum config_role *ret_role)
{
	const struct server *server = request->server;
	const char *cookie;

	if (!auth_is_required(server->auth)) {
		*ret_role = CONFIG_OPERATOR;
		return 0;
	}
	cookie = MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, SESSION_COOKIE);
	if (!cookie || sessions_find(server->sessions, cookie, clock_mono_us(), ret_role) < 0)
		return -EACCES;
	return 0;
}

/* The page has a form of its own: where it asks, the browser's dialogue would be in the way. */
static bool is_asked_by_page(const struct request *request)
{
	const char *accept = request_header(request, MHD_HTTP_HEADER_ACCEPT);
	const char *destination = request_header(request, "Sec-Fetch-Dest");

	return request_header(request, "X-Requested-With") ||
	       (accept && strcmp(accept, "text/event-stream") == 0) ||
	       (destination && strcmp(destination, "document") != 0);
}

static void respond_unauthorised(struct request *request, const char *message)
{
	char *text = NULL;

	if (is_asked_by_page(request)) {
		respond_text(request, MHD_HTTP_UNAUTHORIZED, "%s", message);
		return;
	}
	if (asprintf(&text, "%s\n", message) < 0)
		text = NULL;
	respond_body_with(request, MHD_HTTP_UNAUTHORIZED, "text/plain", text,
	                  MHD_HTTP_HEADER_WWW_AUTHENTICATE, CHALLENGE);
}

/* By the Authorization header: true with the role, false as access_is_granted(). */
static bool identify(struct request *request)
{
	_cleanup_(credential_wipe) struct credential credential = {0};
	const char *header = request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);

	if (!header) {
		respond_unauthorised(request, "login needed");
		return false;
	}
	if (credential_parse(header, &credential) < 0) {
		respond_unauthorised(request, "Authorization: Basic or Bearer is needed");
		return false;
	}
	switch (check_credential(request, &credential, &request->role)) {
	case CHECK_RIGHT:
		return true;
	case CHECK_WRONG:
		respond_unauthorised(request, "wrong user, password or token");
		return false;
	case CHECK_WAITING:
	case CHECK_ANSWERED:
		break;
	}
	return false;
}

bool access_is_granted(struct request *request, enum access_level needed)
{
	if (request->granted || needed == ACCESS_PUBLIC)
		return true;
	if (access_known_role(request, &request->role) < 0 && !identify(request))
		return false;
	if (needed == ACCESS_OPERATOR && request->role != CONFIG_OPERATOR) {
		respond_text(request, MHD_HTTP_FORBIDDEN, "only an operator may do this");
		return false;
	}
	request->granted = true;
	return true;
}
