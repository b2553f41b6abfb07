#include "http/health.h"

#include "http/respond.h"

#include <jansson.h>

static void add_camera(json_t *reasons, struct camera *camera)
{
	struct camera_stats stats;

	camera_stats(camera, &stats);
	if (!stats.online)
		json_array_append_new(reasons, json_sprintf("camera %s: %s", camera_id(camera),
		                                            stats.why[0] ? stats.why : "offline"));
}

void health_handle(struct request *request)
{
	const struct server *server = request->server;
	json_t *reasons = json_array();
	json_t *root;
	char *text;

	for (size_t i = 0; i < server->camera_count; i++)
		add_camera(reasons, server->cameras[i].camera);
	if (server->config->mqtt.enabled && !control_broker_connected(server->control))
		json_array_append_new(reasons, json_string("not connected to the MQTT broker"));
	root = json_pack("{s:s, s:o}", "status", json_array_size(reasons) == 0 ? "ok" : "degraded",
	                 "reasons", reasons);
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	respond_body(request, MHD_HTTP_OK, "application/json", text);
}
