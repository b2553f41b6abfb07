#include "http/login.h"

#include "base/clock.h"
#include "http/access.h"
#include "http/check.h"
#include "http/respond.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define COOKIE_SIZE 192
#define USEC_PER_HOUR (3600 * USEC_PER_SEC)

static const char *role_name(enum config_role role)
{
	return role == CONFIG_OPERATOR ? "operator" : "viewer";
}

/* {"user": …, "password": …}: 0 or -EINVAL. */
static int parse_body(const struct request *request, struct credential *ret_credential)
{
	json_t *root = json_loadb(request->body.data ? request->body.data : "",
	                          request->body.length, JSON_REJECT_DUPLICATES, NULL);
	const char *user = NULL, *password = NULL;
	int r = json_unpack(root, "{s:s, s:s}", "user", &user, "password", &password);

	if (r == 0 &&
	    (str_copy(ret_credential->user, sizeof(ret_credential->user), user) < 0 ||
	     str_copy(ret_credential->secret, sizeof(ret_credential->secret), password) < 0))
		r = -1;
	json_decref(root);
	return r < 0 ? -EINVAL : 0;
}

static void set_cookie(struct request *request, const char *token, int max_age_s, const char *body)
{
	bool tls = request->server->config->http.tls_cert_file[0] != '\0';
	char cookie[COOKIE_SIZE];

	snprintf(cookie, sizeof(cookie),
	         SESSION_COOKIE "=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s", token,
	         max_age_s, tls ? "; Secure" : "");
	respond_body_with(request, MHD_HTTP_OK, "application/json", strdup(body),
	                  MHD_HTTP_HEADER_SET_COOKIE, cookie);
}

static void open_session(struct request *request, enum config_role role)
{
	int hours = request->server->config->http.session_hours;
	int64_t until_us = clock_mono_us() + hours * USEC_PER_HOUR;
	char token[SESSION_TOKEN_SIZE];
	char body[64];

	if (sessions_open(request->server->sessions, role, until_us, token) < 0) {
		respond_text(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "no random numbers");
		return;
	}
	snprintf(body, sizeof(body), "{\"role\":\"%s\"}\n", role_name(role));
	set_cookie(request, token, hours * 3600, body);
}

void login_handle(struct request *request)
{
	_cleanup_(credential_wipe) struct credential credential = {0};
	enum config_role role;

	if (parse_body(request, &credential) < 0) {
		respond_text(request, MHD_HTTP_BAD_REQUEST,
		             "{\"user\": …, \"password\": …} is needed");
		return;
	}
	switch (check_credential(request, &credential, &role)) {
	case CHECK_RIGHT:
		open_session(request, role);
		break;
	case CHECK_WRONG:
		respond_text(request, MHD_HTTP_UNAUTHORIZED, "wrong user or password");
		break;
	case CHECK_WAITING:
	case CHECK_ANSWERED:
		break;
	}
}

void login_handle_logout(struct request *request)
{
	const char *cookie =
		MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, SESSION_COOKIE);

	if (cookie)
		sessions_close(request->server->sessions, cookie);
	set_cookie(request, "", 0, "{\"role\":null}\n");
}

void login_handle_session(struct request *request)
{
	enum config_role role;
	char *body = NULL;

	if (access_known_role(request, &role) < 0)
		body = strdup("{\"role\":null}\n");
	else if (asprintf(&body, "{\"role\":\"%s\",\"login\":%s}\n", role_name(role),
	                  auth_is_required(request->server->auth) ? "true" : "false") < 0)
		body = NULL;
	respond_body(request, MHD_HTTP_OK, "application/json", body);
}
