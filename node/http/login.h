/*
 * Sessions for browsers: `<img>` and EventSource can send a cookie, but no Authorization header.
 */
#ifndef CAMNODE_HTTP_LOGIN_H
#define CAMNODE_HTTP_LOGIN_H

#include "http/request.h"

/* POST /login {"user", "password"} */
void login_handle(struct request *request);

/* POST /logout */
void login_handle_logout(struct request *request);

/* GET /api/v1/session: {"role"} or {"role": null}; tells the page whether to show its form. */
void login_handle_session(struct request *request);

#endif
