/*
 * Checks a credential for a request on the worker, with the back-off of its user and address.
 * Failures are logged.
 */
#ifndef CAMNODE_HTTP_CHECK_H
#define CAMNODE_HTTP_CHECK_H

#include "http/credential.h"
#include "http/request.h"

enum check { CHECK_RIGHT, CHECK_WRONG, CHECK_WAITING, CHECK_ANSWERED };

/*
 * RIGHT (at once, if it was right lately) and the role; WRONG; WAITING: suspended, to be called
 * again with the same credential; ANSWERED: the request was told that it has to try again later.
 */
enum check check_credential(struct request *request, const struct credential *credential,
                            enum config_role *ret_role);

#endif
