#include "http/route.h"

#include "http/api.h"
#include "http/days.h"
#include "http/files.h"
#include "http/health.h"
#include "http/login.h"
#include "http/metrics.h"
#include "http/openapi.h"
#include "http/page.h"
#include "http/snapshot.h"
#include "http/stream.h"

#include <string.h>

#define CAMERA "{camera}"
#define REST "{rest}"
#define READ (METHOD_GET | METHOD_HEAD)

#define STREAM "/cam/" CAMERA "/stream"
#define SNAPSHOT "/cam/" CAMERA "/snapshot.jpg"

const struct route route_table[] = {
	/* clang-format off */
	{"/", READ, ACCESS_PUBLIC, page_handle, "the live page"},
	{"/app.js", READ, ACCESS_PUBLIC, page_handle, NULL},
	{"/app.css", READ, ACCESS_PUBLIC, page_handle, NULL},
	{"/icon.svg", READ, ACCESS_PUBLIC, page_handle, NULL},
	{"/icon-192.png", READ, ACCESS_PUBLIC, page_handle, NULL},
	{"/icon-512.png", READ, ACCESS_PUBLIC, page_handle, NULL},
	{"/icon-maskable.png", READ, ACCESS_PUBLIC, page_handle, NULL},
	{"/manifest.webmanifest", READ, ACCESS_PUBLIC, page_handle, NULL},
	{STREAM, METHOD_GET, ACCESS_VIEWER, stream_handle,
	 "live video as multipart JPEG; ?fps= thins it, ?rendition=preview is small"},
	{SNAPSHOT, READ, ACCESS_VIEWER, snapshot_handle,
	 "a picture taken now; ?max_age_ms= takes a held one, ?quality=, ?max_width=, ?rendition="},
	{"/cam/" CAMERA "/pictures/" REST, READ, ACCESS_VIEWER, snapshot_handle_picture,
	 "the picture of a snapshot command, for ten minutes"},
	{"/recordings", READ, ACCESS_PUBLIC, files_handle_folder, NULL},
	{"/recordings/", READ, ACCESS_VIEWER, files_handle_list,
	 "the recordings; ?camera=, ?day=, ?label=, ?offset=, ?limit=, ?format=json"},
	{"/recordings/days", READ, ACCESS_VIEWER, days_handle,
	 "how much each day holds; ?month=YYYY-MM; ?camera=, ?label="},
	{"/recordings/" REST, READ | METHOD_DELETE, ACCESS_VIEWER, files_handle_file,
	 "a recording, also in ranges; ?download=1; with /thumbnail.jpg behind it a small picture"},
	{"/api/v1/state", READ, ACCESS_VIEWER, api_handle_state, "the last message of every topic"},
	{"/api/v1/events", METHOD_GET, ACCESS_VIEWER, api_handle_events,
	 "server-sent events: the state, then every change"},
	{"/api/v1/set/" REST, METHOD_POST, ACCESS_OPERATOR, api_handle_set,
	 "a command: the payload of the topic with that suffix"},
	{"/api/v1/openapi.json", READ, ACCESS_PUBLIC, openapi_handle,
	 "all of these, described as OpenAPI 3.1"},
	{"/api/v1/session", READ, ACCESS_PUBLIC, login_handle_session, "who is logged in"},
	{"/login", METHOD_POST, ACCESS_PUBLIC, login_handle,
	 "{user, password}: opens a session, by cookie"},
	{"/logout", METHOD_POST, ACCESS_PUBLIC, login_handle_logout, "ends the session"},
	{"/healthz", READ, ACCESS_PUBLIC, health_handle, "ok or degraded, and why"},
	{"/metrics", READ, ACCESS_VIEWER, metrics_handle, "readings for Prometheus"},
	/* clang-format on */
};
const size_t route_count = sizeof(route_table) / sizeof(route_table[0]);

/* Addresses that other programs' clients use, and the route each stands for. */
static const struct {
	const char *path, *action, *route;
} aliases[] = {
	{"/stream", NULL, STREAM}, {"/snapshot", NULL, SNAPSHOT}, {"/snapshot.jpg", NULL, SNAPSHOT},
	{"/", "stream", STREAM},   {"/", "snapshot", SNAPSHOT},
};

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Takes one level of the path as the camera: 0, or -1 if that cannot be an id. */
static int take_camera(const char **path, struct route_match *match)
{
	size_t length = strcspn(*path, "/");

	if (length == 0 || length >= sizeof(match->camera))
		return -1;
	memcpy(match->camera, *path, length);
	match->camera[length] = '\0';
	*path += length;
	return 0;
}

static bool matches(const struct route *route, const char *path, struct route_match *ret_match)
{
	struct route_match match = {.route = route, .camera_index = -1};
	const char *pattern = route->path;

	while (*pattern) {
		if (has_prefix(pattern, REST)) {
			match.rest = path;
			path += strlen(path);
			pattern += strlen(REST);
			if (!*match.rest)
				return false;
		} else if (has_prefix(pattern, CAMERA)) {
			if (take_camera(&path, &match) < 0)
				return false;
			pattern += strlen(CAMERA);
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	if (*path)
		return false;
	*ret_match = match;
	return true;
}

static const struct route *find_pattern(const char *pattern)
{
	for (size_t i = 0; i < route_count; i++) {
		if (strcmp(route_table[i].path, pattern) == 0)
			return &route_table[i];
	}
	return NULL;
}

/* "stream" is camera 0, "stream_2" camera 2: the index, or -1 if it is another action. */
static int camera_of_action(const char *action, const char *name)
{
	int64_t index;

	if (!has_prefix(action, name))
		return -1;
	action += strlen(name);
	if (*action == '\0')
		return 0;
	if (*action != '_' || str_parse_i64(action + 1, &index) < 0 || index < 0 ||
	    index >= INT32_MAX)
		return -1;
	return (int)index;
}

static bool find_alias(const char *path, const char *action, struct route_match *ret_match)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		int index = 0;

		if (strcmp(path, aliases[i].path) != 0)
			continue;
		if (aliases[i].action)
			index = action ? camera_of_action(action, aliases[i].action) : -1;
		if (index < 0)
			continue;
		*ret_match = (struct route_match){.route = find_pattern(aliases[i].route),
		                                  .camera_index = index};
		return true;
	}
	return false;
}

struct route_match route_find(const char *path, const char *action)
{
	struct route_match match = {.camera_index = -1};

	if (find_alias(path, action, &match) || (action && strcmp(path, "/") == 0))
		return match;
	for (size_t i = 0; i < route_count; i++) {
		if (matches(&route_table[i], path, &match))
			return match;
	}
	return match;
}
