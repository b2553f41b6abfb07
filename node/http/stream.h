/*
 * Live streams: multipart JPEG, each viewer at its own pace. A viewer sends the shared frames
 * themselves and skips to the newest one whenever its socket has room again; while nothing new is
 * there it is parked. After a second of silence the last frame is sent again.
 */
#ifndef CAMNODE_HTTP_STREAM_H
#define CAMNODE_HTTP_STREAM_H

#include "http/request.h"

/* GET /cam/<camera>/stream?fps= */
void stream_handle(struct request *request);

#endif
