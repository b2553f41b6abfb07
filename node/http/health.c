#include "http/health.h"

#include "http/respond.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static void add_camera(json_t *reasons, struct camera *camera)
{
	struct camera_stats stats;

	camera_stats(camera, &stats);
	if (!stats.online && camera_is_enabled(camera))
		json_array_append_new(reasons, json_sprintf("camera %s: %s", camera_id(camera),
		                                            stats.why[0] ? stats.why : "offline"));
}

/* The last message of a camera's recording tells what stopped it, or kept it from beginning. */
static void add_recording(json_t *reasons, const struct server *server, const char *camera)
{
	_cleanup_(message_unref_p) struct message *message = NULL;
	char topic[TOPIC_SIZE];
	const char *error = NULL;
	json_t *record;

	if (topic_build(topic, server->config->mqtt.prefix, server->config->node.id,
	                TOPIC_CAM_RECORD, camera) < 0)
		return;
	message = board_get(control_board(server->control), topic);
	if (!message)
		return;
	record = json_loadb(message_payload(message), message_length(message), 0, NULL);
	if (json_unpack(record, "{s:s}", "error", &error) == 0 && error[0])
		json_array_append_new(reasons, json_sprintf("recording of %s: %s", camera, error));
	json_decref(record);
}

static void add_disk(json_t *reasons, const struct server *server)
{
	int min_free_mb = server->config->record.min_free_mb;
	struct machine_reading reading;

	control_machine(server->control, &reading);
	/* Not a number if it cannot be read: then that is not true either. */
	if (reading.disk_free_gb * 1000 < min_free_mb)
		json_array_append_new(reasons,
		                      json_sprintf("disk: %.0f MB are free, less than "
		                                   "record.min_free_mb (%d)",
		                                   reading.disk_free_gb * 1000, min_free_mb));
}

/* What commands set would not outlive a restart. */
static void add_state(json_t *reasons, const struct server *server)
{
	int error = control_save_error(server->control);

	if (error < 0)
		json_array_append_new(reasons,
		                      json_sprintf("state: cannot be saved: %s",
		                                   error == -ETIMEDOUT ? "the disk does not answer"
		                                                       : strerrordesc_np(-error)));
}

void health_handle(struct request *request)
{
	const struct server *server = request->server;
	json_t *reasons = json_array();
	json_t *root;
	char *text;

	for (size_t i = 0; i < server->camera_count; i++) {
		struct camera *camera = server->cameras[i].camera;

		add_camera(reasons, camera);
		add_recording(reasons, server, camera_id(camera));
	}
	add_disk(reasons, server);
	add_state(reasons, server);
	if (server->config->mqtt.enabled && !control_broker_connected(server->control))
		json_array_append_new(reasons, json_string("not connected to the MQTT broker"));
	root = json_pack("{s:s, s:o}", "status", json_array_size(reasons) == 0 ? "ok" : "degraded",
	                 "reasons", reasons);
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	respond_body(request, MHD_HTTP_OK, "application/json", text);
}
