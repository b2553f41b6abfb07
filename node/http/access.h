/*
 * Who may do what: nobody is asked on public routes; else a session's cookie, HTTP Basic or a
 * bearer token has to give the role that the route needs.
 */
#ifndef CAMNODE_HTTP_ACCESS_H
#define CAMNODE_HTTP_ACCESS_H

#include "http/request.h"

enum access_level { ACCESS_PUBLIC, ACCESS_VIEWER, ACCESS_OPERATOR };

/* True: go on, with `request->role`. False: answered, or suspended to be called again. */
bool access_is_granted(struct request *request, enum access_level needed);

/* The role that the request has without a check by the worker (cookie, or nobody is configured):
 * 0, or -EACCES. */
int access_known_role(const struct request *request, enum config_role *ret_role);

#endif
