/*
 * The routes: one table says which path is answered by whom, by which methods, and who may ask. It
 * drives dispatching, the Allow header and the documentation.
 */
#ifndef CAMNODE_HTTP_ROUTE_H
#define CAMNODE_HTTP_ROUTE_H

#include <stddef.h>

#include "base/str.h"
#include "http/access.h"
#include "http/method.h"

struct request;

struct route {
	const char *path; /* "{camera}" stands for one level, a final "{rest}" for one or more */
	unsigned methods; /* enum method bits */
	enum access_level access;
	void (*handle)(struct request *request);
	const char *help;
};

extern const struct route route_table[];
extern const size_t route_count;

struct route_match {
	const struct route *route; /* NULL: not found */
	char camera[ID_SIZE];      /* of the path, "" if none */
	int camera_index;          /* of a compatible address, -1 if none */
	const char *rest;          /* into the path, NULL if none */
};

/*
 * Finds the route of a path. `action` is the query argument by which mjpg-streamer's clients ask
 * for "stream" or "snapshot" on "/", with "_N" for camera N; NULL if there is none. Another action
 * there is not found: the page would be no answer to them.
 */
struct route_match route_find(const char *path, const char *action);

#endif
