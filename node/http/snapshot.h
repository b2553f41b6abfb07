/*
 * Single pictures: a fresh one, a young enough one that is there already, or a kept one by its id.
 */
#ifndef CAMNODE_HTTP_SNAPSHOT_H
#define CAMNODE_HTTP_SNAPSHOT_H

#include "http/request.h"

/* GET /cam/<camera>/snapshot.jpg?max_age_ms=&quality=&max_width= */
void snapshot_handle(struct request *request);

/* GET /cam/<camera>/pictures/<id>.jpg */
void snapshot_handle_picture(struct request *request);

#endif
