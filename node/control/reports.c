/*
 * Reports: what the node says of itself. Each builds a payload (proto/payload.h) and posts it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/url.h"
#include "control/core.h"
#include "proto/payload.h"

#define MIN_INTERVAL_US (USEC_PER_SEC * 9 / 10) /* rates over less say nothing */

/* What is retained is told when it changes; everybody has the last one. */
static bool is_told(struct control *control, enum topic_kind kind, const char *topic,
                    const char *word)
{
	_cleanup_(message_unref_p) struct message *last = NULL;

	if (!topic_table[kind].retain)
		return false;
	last = board_get(control->board, topic);
	return last && message_length(last) == strlen(word) &&
	       memcmp(message_payload(last), word, strlen(word)) == 0;
}

void report_word(struct control *control, enum topic_kind kind, const char *camera,
                 const char *word)
{
	char topic[TOPIC_SIZE];

	if (topic_build(topic, control->config->mqtt.prefix, control->config->node.id, kind,
	                camera) < 0 ||
	    is_told(control, kind, topic, word))
		return;
	board_post(control->board, message_new(topic, kind, word, strlen(word)));
}

/* Posts a payload and frees it; NULL means that memory was short. */
static void post_json(struct control *control, enum topic_kind kind, const char *camera, char *json)
{
	if (!json)
		log_error("out of memory for %s", topic_table[kind].name);
	else
		report_word(control, kind, camera, json);
	free(json);
}

void report_url(struct control *control, char *ret_url, size_t size, const char *path)
{
	snprintf(ret_url, size, "%s%s", control->url, control->url[0] ? path : "");
}

/* The address under which others reach this node, as far as it can know. */
static void update_url(struct control *control, const char *ip)
{
	const struct config_http *http = &control->config->http;
	const char *host = ip;

	control->url[0] = '\0';
	if (!http->enabled)
		return;
	if (http->public_url[0]) {
		snprintf(control->url, sizeof control->url, "%s", http->public_url);
		return;
	}
	if (config_is_loopback(http->bind))
		return;
	if (strcmp(http->bind, "0.0.0.0") != 0 && strcmp(http->bind, "::") != 0)
		host = http->bind;
	if (!host[0])
		return;
	bool v6 = strchr(host, ':') != NULL;
	snprintf(control->url, sizeof control->url, "%s://%s%s%s:%d",
	         http->tls_cert_file[0] ? "https" : "http", v6 ? "[" : "", host, v6 ? "]" : "",
	         http->port);
}

/* What describe_camera() points to. */
struct camera_texts {
	char url[384];
	char *source;                                  /* to be freed */
	const char *profiles[CONFIG_MAX_PROFILES + 2]; /* NULL-terminated */
	const char *renditions[RENDITION_COUNT + 1];   /* likewise */
};

static void describe_camera(struct unit *unit, struct camera_texts *texts,
                            struct payload_info_camera *ret_camera)
{
	char path[ID_SIZE + 16];
	struct source_mode mode;
	bool known = camera_mode(unit->camera, &mode) == 0;

	snprintf(path, sizeof path, "/cam/%s/stream", unit->config->id);
	report_url(unit->control, texts->url, sizeof texts->url, path);
	for (size_t i = 0; i < unit->profiles.count; i++)
		texts->profiles[i] = unit->profiles.items[i].name;
	texts->profiles[unit->profiles.count] = NULL;
	for (int i = 0; i < RENDITION_COUNT; i++)
		texts->renditions[i] = rendition_name(i);
	texts->renditions[RENDITION_COUNT] = NULL;
	texts->source = url_without_secrets(unit->config->source);
	*ret_camera = (struct payload_info_camera){
		.id = unit->config->id,
		.name = unit->config->name,
		.source = texts->source ? texts->source : "",
		.width = known ? mode.width : 0,
		.height = known ? mode.height : 0,
		.fps = known ? mode.fps : 0,
		.stream_url = texts->url,
		.profiles = texts->profiles,
		.renditions = texts->renditions,
	};
}

static char *build_info(struct control *control)
{
	static const char *const capabilities[] = {
		"record",    "snapshot", "h264", "mjpeg",
#ifdef CAMNODE_LIBCAMERA
		"libcamera",
#endif
	};
	struct payload_info_camera cameras[CONFIG_MAX_CAMERAS];
	struct camera_texts texts[CONFIG_MAX_CAMERAS] = {0};
	char model[128], ip[64];

	machine_model(model, sizeof model);
	machine_ip(ip, sizeof ip);
	update_url(control, ip);
	for (size_t i = 0; i < control->unit_count; i++)
		describe_camera(&control->units[i], &texts[i], &cameras[i]);
	const struct payload_info info = {
		.node_name = control->config->node.name,
		.version = CAMNODE_VERSION,
		.model = model,
		.ip = ip,
		.http_url = control->url,
		.boot_wall_us = machine_boot_wall_us() / USEC_PER_SEC * USEC_PER_SEC,
		.started_wall_us = control->started_wall_us,
		.cameras = cameras,
		.camera_count = control->unit_count,
		.capabilities = capabilities,
		.capability_count = sizeof capabilities / sizeof *capabilities,
	};
	char *json = payload_info(&info);

	for (size_t i = 0; i < control->unit_count; i++)
		free(texts[i].source);
	return json;
}

void report_info(struct control *control)
{
	char *json = build_info(control);

	if (!json || (control->last_info && strcmp(json, control->last_info) == 0)) {
		free(json);
		return;
	}
	report_word(control, TOPIC_INFO, NULL, json);
	free(control->last_info);
	control->last_info = json;
}

void report_telemetry(struct control *control)
{
	struct machine_reading reading;

	control_machine(control, &reading);
	post_json(control, TOPIC_TELEMETRY, NULL,
	          payload_telemetry(&reading, clock_wall_us(), clock_is_synced(),
	                            control->live->telemetry.interval_s));
}

void report_stats(struct unit *unit)
{
	struct camera_stats now;
	struct hub_stats jpeg, preview, h264;
	struct source_mode mode = {0};
	int64_t now_us = clock_mono_us();
	double seconds = (double)(now_us - unit->last_stats_us) / 1e6;
	const struct camera_stats *last = &unit->last_stats;

	if (now_us - unit->last_stats_us < MIN_INTERVAL_US)
		return;
	camera_stats(unit->camera, &now);
	hub_stats(camera_hub(unit->camera, FRAME_JPEG), &jpeg);
	hub_stats(camera_rendition_hub(unit->camera, RENDITION_PREVIEW), &preview);
	hub_stats(camera_hub(unit->camera, FRAME_H264), &h264);
	camera_mode(unit->camera, &mode);
	uint64_t encoded = now.latency_count - last->latency_count;
	uint64_t latency_us = now.latency_us_sum - last->latency_us_sum;
	const struct payload_stats stats = {
		.wall_us = clock_wall_us(),
		.fps = (double)(now.captured - last->captured) / seconds,
		.viewers = (int)(jpeg.viewers + preview.viewers),
		.preview_viewers = (int)preview.viewers,
		.bitrate_mbps = (double)(jpeg.bytes - unit->last_bytes) * 8 / seconds / 1e6,
		.dropped_sensor = now.dropped_sensor,
		.dropped_mailbox = now.dropped_mailbox,
		.dropped_encoder = now.dropped_encoder,
		.dropped_reader = jpeg.reader_lost + h264.reader_lost,
		.latency_ms = encoded ? (double)latency_us / (double)encoded / 1e3 : (double)NAN,
		.width = mode.width,
		.height = mode.height,
		.quality = now.jpeg_quality,
		.h264_encoder = now.h264_encoder,
		.error = now.online ? "" : now.why,
		.profile = profile_set_current(&unit->profiles)->name,
		.pinned = profile_set_is_pinned(&unit->profiles),
	};
	post_json(unit->control, TOPIC_CAM_STATS, unit->config->id, payload_stats(&stats));
	unit->last_stats = now;
	unit->last_bytes = jpeg.bytes;
	unit->last_stats_us = now_us;
}

void report_profile(struct unit *unit)
{
	report_word(unit->control, TOPIC_CAM_PROFILE, unit->config->id,
	            profile_set_current(&unit->profiles)->name);
}

static char *build_record(struct unit *unit)
{
	struct recorder_status status;

	recorder_status(unit->recorder, &status);
	const struct payload_record record = {
		.on = status.running,
		.active = status.active,
		.finishing = status.finishing,
		.held = wishes_are_held(unit),
		.id = status.id,
		.file = status.running || status.finishing ? status.file : unit->last_file,
		.started_wall_us = status.started_wall_us,
		.ends_wall_us = status.running && status.ends_mono_us > 0
	                                ? clock_wall_from_mono_us(status.ends_mono_us)
	                                : 0,
		.format = status.id[0] ? config_record_format_name(status.format) : "",
		.label = status.label,
		.error = unit->record_error,
	};
	return payload_record(&record);
}

void report_record(struct unit *unit)
{
	post_json(unit->control, TOPIC_CAM_RECORD, unit->config->id, build_record(unit));
}

json_t *report_record_data(struct unit *unit)
{
	_cleanup_free_ char *json = build_record(unit);

	return json ? json_loads(json, 0, NULL) : NULL;
}

void report_event(struct control *control, const char *type, const char *camera, const json_t *data)
{
	post_json(control, TOPIC_EVENT, NULL, payload_event(type, camera, clock_wall_us(), data));
}

static unsigned viewers_of(struct camera *camera)
{
	unsigned viewers = 0;

	for (int kind = 0; kind < RENDITION_COUNT; kind++) {
		struct hub_stats stats;

		hub_stats(camera_rendition_hub(camera, kind), &stats);
		viewers += (unsigned)stats.viewers;
	}
	return viewers;
}

void report_summary(struct control *control)
{
	struct summary summary = {
		.cameras = (unsigned)control->unit_count,
		.has_broker = control->config->mqtt.enabled,
		.connected = control_broker_connected(control),
	};
	char text[SUMMARY_SIZE];

	if (!notify_is_wanted())
		return;
	for (size_t i = 0; i < control->unit_count; i++) {
		struct recorder_status status;

		recorder_status(control->units[i].recorder, &status);
		summary.online += camera_is_online(control->units[i].camera);
		summary.off += !camera_is_enabled(control->units[i].camera);
		summary.recording += status.active;
		summary.viewers += viewers_of(control->units[i].camera);
	}
	summary_text(&summary, text);
	if (strcmp(text, control->summary) != 0 && notify_send("STATUS=%s", text) == 0)
		memcpy(control->summary, text, sizeof text);
}
