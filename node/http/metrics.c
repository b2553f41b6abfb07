#include "http/metrics.h"

#include "base/clock.h"
#include "http/respond.h"

#include <math.h>
#include <string.h>

#define MAX_BYTES (256 * 1024)
#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct metric {
	const char *name, *type, *help;
	size_t offset; /* of a double */
};

#define NODE(field) offsetof(struct metrics_node, field)
#define CAMERA(field) offsetof(struct metrics_camera, field)

static const struct metric node_metrics[] = {
	/* clang-format off */
	{"camnode_uptime_seconds", "gauge", "Since the HTTP server was started", NODE(up_s)},
	{"camnode_mqtt_connected", "gauge", "1 while connected to the broker", NODE(broker_connected)},
	{"camnode_cpu_percent", "gauge", "CPU time in use, of all cores together", NODE(cpu_pct)},
	{"camnode_process_cpu_percent", "gauge", "CPU time of the node itself, of one core", NODE(process_cpu_pct)},
	{"camnode_load1", "gauge", "Load average over a minute", NODE(load_1m)},
	{"camnode_memory_percent", "gauge", "Memory in use", NODE(mem_pct)},
	{"camnode_resident_bytes", "gauge", "Memory of the node itself", NODE(rss_bytes)},
	{"camnode_temperature_celsius", "gauge", "Temperature of the processor", NODE(temp_c)},
	{"camnode_throttled_bits", "gauge", "The Raspberry Pi firmware's get_throttled", NODE(throttled)},
	{"camnode_disk_free_bytes", "gauge", "Free in the recording folder", NODE(disk_free_bytes)},
	{"camnode_disk_size_bytes", "gauge", "Size of the recording folder's file system", NODE(disk_total_bytes)},
	{"camnode_recordings", "gauge", "Recordings on the disk", NODE(recordings)},
	{"camnode_http_connections", "gauge", "Open connections", NODE(http_connections)},
	{"camnode_http_accepted_total", "counter", "Connections accepted", NODE(http_accepted)},
	{"camnode_http_refused_total", "counter", "Connections over a limit", NODE(http_refused)},
	{"camnode_http_late_total", "counter", "Connections closed without a whole request in time", NODE(http_late)},
	{"camnode_http_slow_total", "counter", "Connections closed because the peer took too little", NODE(http_slow)},
	/* clang-format on */
};

static const struct metric camera_metrics[] = {
	/* clang-format off */
	{"camnode_camera_online", "gauge", "1 while the camera delivers frames", CAMERA(online)},
	{"camnode_camera_restarts_total", "counter", "Restarts after failures", CAMERA(restarts)},
	{"camnode_camera_captured_frames_total", "counter", "Images delivered by the source", CAMERA(captured)},
	{"camnode_camera_encoded_frames_total", "counter", "JPEGs made or passed through", CAMERA(encoded)},
	{"camnode_camera_encoded_bytes_total", "counter", "Bytes of these", CAMERA(published_bytes)},
	{"camnode_camera_dropped_sensor_total", "counter", "Frames lost at the sensor", CAMERA(dropped_sensor)},
	{"camnode_camera_dropped_mailbox_total", "counter", "Frames that came too soon for the encoder", CAMERA(dropped_mailbox)},
	{"camnode_camera_dropped_encoder_total", "counter", "Frames that could not be encoded", CAMERA(dropped_encoder)},
	{"camnode_camera_dropped_reader_total", "counter", "Frames that recorders were too slow for", CAMERA(dropped_reader)},
	{"camnode_camera_latency_seconds_sum", "counter", "Time from the sensor to the encoded frame", CAMERA(latency_s_sum)},
	{"camnode_camera_latency_seconds_count", "counter", "Frames in that time", CAMERA(latency_count)},
	{"camnode_camera_viewers", "gauge", "Live viewers, of all renditions", CAMERA(viewers)},
	{"camnode_camera_preview_viewers", "gauge", "Live viewers of the preview", CAMERA(preview_viewers)},
	{"camnode_camera_preview_frames_total", "counter", "JPEGs made for the preview", CAMERA(preview_encoded)},
	{"camnode_camera_sent_frames_total", "counter", "Frames sent to viewers", CAMERA(sent_frames)},
	{"camnode_camera_sent_bytes_total", "counter", "Bytes sent to viewers", CAMERA(sent_bytes)},
	{"camnode_camera_skipped_total", "counter", "Frames that viewers were too slow for", CAMERA(skipped)},
	{"camnode_camera_resent_total", "counter", "Frames sent again while nothing new came", CAMERA(resent)},
	{"camnode_camera_recording", "gauge", "1 while frames are being written", CAMERA(recording)},
	{"camnode_camera_finishing", "gauge", "1 while a file is being finished", CAMERA(finishing)},
	{"camnode_camera_recording_frames", "gauge", "Frames of the running recording", CAMERA(recorded_frames)},
	{"camnode_camera_recording_bytes", "gauge", "Bytes of the running recording", CAMERA(recorded_bytes)},
	{"camnode_camera_recording_dropped", "gauge", "Frames that the running recording lost", CAMERA(recorded_dropped)},
	/* clang-format on */
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static double value_at(const void *base, size_t offset)
{
	double value;

	memcpy(&value, (const char *)base + offset, sizeof(value));
	return value;
}

static void write_head(struct buf *buf, const struct metric *metric)
{
	buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name,
	           metric->type);
}

static void write_node_metric(struct buf *buf, const struct metric *metric,
                              const struct metrics_node *node)
{
	double value = value_at(node, metric->offset);

	if (isnan(value))
		return;
	write_head(buf, metric);
	buf_printf(buf, "%s %.15g\n", metric->name, value);
}

static void write_camera_metric(struct buf *buf, const struct metric *metric,
                                const struct metrics_camera cameras[], size_t count)
{
	if (count == 0)
		return;
	write_head(buf, metric);
	for (size_t i = 0; i < count; i++)
		buf_printf(buf, "%s{camera=\"%s\"} %.15g\n", metric->name, cameras[i].id,
		           value_at(&cameras[i], metric->offset));
}

void metrics_write(struct buf *buf, const char *version, const struct metrics_node *node,
                   const struct metrics_camera cameras[], size_t camera_count)
{
	buf_printf(buf,
	           "# HELP camnode_build_info What runs\n# TYPE camnode_build_info gauge\n"
	           "camnode_build_info{version=\"%s\"} 1\n",
	           version);
	for (size_t i = 0; i < COUNT(node_metrics); i++)
		write_node_metric(buf, &node_metrics[i], node);
	for (size_t i = 0; i < COUNT(camera_metrics); i++)
		write_camera_metric(buf, &camera_metrics[i], cameras, camera_count);
}

static void read_machine(struct control *control, struct metrics_node *node)
{
	struct machine_reading reading;

	control_machine(control, &reading);
	node->cpu_pct = reading.cpu_pct;
	node->process_cpu_pct = reading.process_cpu_pct;
	node->load_1m = reading.load_1m;
	node->mem_pct = reading.mem_pct;
	node->temp_c = reading.temp_c;
	node->rss_bytes = reading.rss_mb * 1e6;
	node->disk_free_bytes = reading.disk_free_gb * 1e9;
	node->disk_total_bytes = reading.disk_total_gb * 1e9;
	node->throttled = reading.throttled < 0 ? NAN : (double)reading.throttled;
}

static void read_node(const struct server *server, struct metrics_node *node)
{
	struct conns_stats conns;

	*node = (struct metrics_node){0};
	read_machine(server->control, node);
	conns_stats(server->conns, &conns);
	node->http_connections = (double)conns.open;
	node->http_accepted = (double)conns.accepted;
	node->http_refused = (double)conns.refused;
	node->http_late = (double)conns.late;
	node->http_slow = (double)conns.slow;
	node->up_s = (double)(clock_mono_us() - server->started_us) / USEC_PER_SEC;
	node->broker_connected =
		server->config->mqtt.enabled ? control_broker_connected(server->control) : NAN;
	node->recordings = (double)library_list(control_library(server->control), NULL, 0, NULL, 0);
}

static void read_recorder(struct recorder *recorder, struct metrics_camera *metrics)
{
	struct recorder_status status;

	recorder_status(recorder, &status);
	metrics->recording = status.active;
	metrics->finishing = status.finishing;
	metrics->recorded_frames = (double)status.frames;
	metrics->recorded_bytes = (double)status.bytes;
	metrics->recorded_dropped = (double)status.dropped;
}

static void read_camera(struct server_camera *camera, struct metrics_camera *metrics)
{
	struct camera_stats stats;
	struct hub_stats hub, preview;

	camera_stats(camera->camera, &stats);
	hub_stats(camera->streams[RENDITION_MAIN].hub, &hub);
	hub_stats(camera->streams[RENDITION_PREVIEW].hub, &preview);
	*metrics = (struct metrics_camera){
		.id = camera_id(camera->camera),
		.online = stats.online,
		.restarts = (double)stats.restarts,
		.captured = (double)stats.captured,
		.encoded = (double)stats.encoded,
		.published_bytes = (double)hub.bytes,
		.dropped_sensor = (double)stats.dropped_sensor,
		.dropped_mailbox = (double)stats.dropped_mailbox,
		.dropped_encoder = (double)stats.dropped_encoder,
		.dropped_reader = (double)hub.reader_lost,
		.viewers = hub.viewers + preview.viewers,
		.preview_viewers = preview.viewers,
		.preview_encoded = (double)stats.preview_encoded,
		.latency_s_sum = (double)stats.latency_us_sum / USEC_PER_SEC,
		.latency_count = (double)stats.latency_count,
	};
	for (int kind = 0; kind < RENDITION_COUNT; kind++) {
		struct server_stream *stream = &camera->streams[kind];

		metrics->sent_frames += (double)atomic_load(&stream->frames);
		metrics->sent_bytes += (double)atomic_load(&stream->bytes);
		metrics->skipped += (double)atomic_load(&stream->skipped);
		metrics->resent += (double)atomic_load(&stream->resent);
	}
}

void metrics_handle(struct request *request)
{
	struct server *server = request->server;
	struct metrics_camera cameras[CONFIG_MAX_CAMERAS];
	struct metrics_node node;
	struct buf buf;

	read_node(server, &node);
	for (size_t i = 0; i < server->camera_count; i++) {
		read_camera(&server->cameras[i], &cameras[i]);
		read_recorder(control_recorder(server->control, i), &cameras[i]);
	}
	buf_init(&buf, MAX_BYTES);
	metrics_write(&buf, CAMNODE_VERSION, &node, cameras, server->camera_count);
	respond_body(request, MHD_HTTP_OK, CONTENT_TYPE, buf_steal(&buf));
	buf_finish(&buf);
}
