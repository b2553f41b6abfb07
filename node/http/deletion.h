/*
 * Deleting a recording: the command of `recordings/set` in HTTP's own way.
 */
#ifndef CAMNODE_HTTP_DELETION_H
#define CAMNODE_HTTP_DELETION_H

#include "http/request.h"

/* DELETE /recordings/<file>: 200 with the command's reply, 404 for an unknown one, 409 for one that
 * is protected or being written. */
void deletion_handle(struct request *request);

#endif
