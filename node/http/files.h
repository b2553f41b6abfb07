/*
 * The recordings: a list for people and for programs, and the files themselves, in parts if asked
 * for, so that a browser can seek.
 */
#ifndef CAMNODE_HTTP_FILES_H
#define CAMNODE_HTTP_FILES_H

#include "http/request.h"

#define FILES_MAX_LIMIT 500 /* items on one page */

/* GET /recordings: redirects to the list. */
void files_handle_folder(struct request *request);

/* GET /recordings/?camera=&day=&label=&offset=&limit=&format=json */
void files_handle_list(struct request *request);

/* DELETE or GET /recordings/<file>?download=1, and /recordings/<file>/thumbnail.jpg */
void files_handle_file(struct request *request);

#endif
