#include "proto/payload.h"

#include <math.h>

#include "base/cleanup.h"
#include "proto/object.h"

/* An array of a NULL-terminated list; NULL makes an empty one. */
static json_t *text_array(const char *const *list)
{
	json_auto_t *array = json_array();

	for (size_t i = 0; list && list[i]; i++) {
		if (json_array_append_new(array, object_text_value(list[i])) < 0)
			return NULL;
	}
	return move_ptr(array);
}

static json_t *info_camera(const struct payload_info_camera *camera)
{
	struct object object;

	object_init(&object);
	object_put_text(&object, "id", camera->id);
	object_put_text(&object, "name", camera->name);
	object_put_text(&object, "source", camera->source);
	if (camera->width > 0 && camera->height > 0) {
		object_put_integer(&object, "width", camera->width);
		object_put_integer(&object, "height", camera->height);
	}
	if (camera->fps > 0)
		object_put_number(&object, "fps", camera->fps, 2);
	object_put_text(&object, "stream_url", camera->stream_url);
	if (camera->profiles)
		object_put(&object, "profiles", text_array(camera->profiles));
	if (camera->renditions)
		object_put(&object, "renditions", text_array(camera->renditions));
	return object_take(&object);
}

static json_t *info_cameras(const struct payload_info *info)
{
	json_auto_t *array = json_array();

	for (size_t i = 0; i < info->camera_count; i++) {
		if (json_array_append_new(array, info_camera(&info->cameras[i])) < 0)
			return NULL;
	}
	return move_ptr(array);
}

static json_t *info_capabilities(const struct payload_info *info)
{
	json_auto_t *array = json_array();

	for (size_t i = 0; i < info->capability_count; i++) {
		if (json_array_append_new(array, object_text_value(info->capabilities[i])) < 0)
			return NULL;
	}
	return move_ptr(array);
}

char *payload_info(const struct payload_info *info)
{
	struct object object;

	object_init(&object);
	object_put_integer(&object, "proto", PROTO_VERSION);
	object_put_text(&object, "name", info->node_name);
	object_put_text(&object, "version", info->version);
	object_put_text(&object, "model", info->model);
	object_put_text(&object, "ip", info->ip);
	object_put_time(&object, "boot_time", info->boot_wall_us);
	object_put_time(&object, "started_at", info->started_wall_us);
	object_put_text(&object, "http_url", info->http_url);
	object_put(&object, "cameras", info_cameras(info));
	object_put(&object, "capabilities", info_capabilities(info));
	return object_take_text(&object);
}

/* A core that is off is null, so that the others keep their places. */
static json_t *telemetry_cores(const struct machine_reading *reading)
{
	json_auto_t *array = json_array();

	for (size_t i = 0; i < reading->core_count; i++) {
		json_t *value = object_number_value(reading->core_pct[i], 1);

		if (json_array_append_new(array, value) < 0)
			return NULL;
	}
	return move_ptr(array);
}

char *payload_telemetry(const struct machine_reading *reading, int64_t wall_us, bool time_synced,
                        int interval_s)
{
	struct object object;

	object_init(&object);
	object_put_time(&object, "ts", wall_us);
	object_put_number(&object, "cpu_pct", reading->cpu_pct, 1);
	if (!isnan(reading->cpu_pct))
		object_put(&object, "core_pct", telemetry_cores(reading));
	object_put_number(&object, "process_cpu_pct", reading->process_cpu_pct, 1);
	object_put_number(&object, "load_1m", reading->load_1m, 2);
	object_put_number(&object, "load_5m", reading->load_5m, 2);
	object_put_number(&object, "load_15m", reading->load_15m, 2);
	object_put_number(&object, "temp_c", reading->temp_c, 1);
	object_put_number(&object, "mem_pct", reading->mem_pct, 1);
	object_put_number(&object, "rss_mb", reading->rss_mb, 1);
	object_put_number(&object, "disk_free_gb", reading->disk_free_gb, 2);
	object_put_number(&object, "disk_total_gb", reading->disk_total_gb, 2);
	if (reading->throttled >= 0)
		object_put_integer(&object, "throttled", reading->throttled);
	object_put_integer(&object, "uptime_s", reading->uptime_s);
	object_put_bool(&object, "time_synced", time_synced);
	object_put_integer(&object, "interval_s", interval_s);
	return object_take_text(&object);
}

static json_t *stats_dropped(const struct payload_stats *stats)
{
	struct object object;

	object_init(&object);
	object_put_integer(&object, "sensor", (int64_t)stats->dropped_sensor);
	object_put_integer(&object, "mailbox", (int64_t)stats->dropped_mailbox);
	object_put_integer(&object, "encoder", (int64_t)stats->dropped_encoder);
	object_put_integer(&object, "reader", (int64_t)stats->dropped_reader);
	return object_take(&object);
}

/* -1: the camera's own JPEGs, whose quality is not known. */
static json_t *quality_value(int quality)
{
	return quality < 0 ? json_null() : json_integer(quality);
}

char *payload_stats(const struct payload_stats *stats)
{
	struct object object;

	object_init(&object);
	object_put_time(&object, "ts", stats->wall_us);
	object_put_number(&object, "fps", stats->fps, 1);
	object_put_integer(&object, "viewers", stats->viewers);
	object_put_integer(&object, "preview_viewers", stats->preview_viewers);
	object_put_number(&object, "bitrate_mbps", stats->bitrate_mbps, 2);
	object_put(&object, "dropped", stats_dropped(stats));
	object_put_number(&object, "latency_ms", stats->latency_ms, 1);
	if (stats->width > 0 && stats->height > 0) {
		object_put_integer(&object, "width", stats->width);
		object_put_integer(&object, "height", stats->height);
	}
	object_put(&object, "quality", quality_value(stats->quality));
	object_put_text(&object, "h264_encoder", stats->h264_encoder);
	object_put_text(&object, "error", stats->error);
	object_put_text(&object, "profile", stats->profile);
	if (stats->profile && stats->profile[0])
		object_put_bool(&object, "pinned", stats->pinned);
	return object_take_text(&object);
}

char *payload_record(const struct payload_record *record)
{
	struct object object;

	object_init(&object);
	object_put_text(&object, "state", record->on ? "ON" : "OFF");
	object_put_bool(&object, "active", record->active);
	object_put_bool(&object, "finishing", record->finishing);
	if (record->held)
		object_put_bool(&object, "held", true);
	object_put_text(&object, "id", record->id);
	object_put_text(&object, "file", record->file);
	object_put_time(&object, "started_at", record->started_wall_us);
	object_put_time(&object, "ends_at", record->ends_wall_us);
	object_put_text(&object, "format", record->format);
	object_put_text(&object, "label", record->label);
	object_put_text(&object, "error", record->error);
	return object_take_text(&object);
}

char *payload_snapshot_meta(const struct payload_snapshot_meta *meta)
{
	struct object object;

	object_init(&object);
	object_put_time(&object, "ts", meta->wall_us);
	object_put_integer(&object, "bytes", (int64_t)meta->bytes);
	object_put_integer(&object, "width", meta->width);
	object_put_integer(&object, "height", meta->height);
	object_put(&object, "quality", quality_value(meta->quality));
	object_put_text(&object, "id", meta->id);
	object_put_text(&object, "trigger", meta->trigger);
	object_put_text(&object, "url", meta->url);
	return object_take_text(&object);
}

char *payload_event(const char *event_type, const char *camera, int64_t wall_us,
                    const struct json_t *data)
{
	struct object object;

	object_init(&object);
	object_put_text(&object, "event_type", event_type);
	object_put_text(&object, "camera", camera);
	object_put_time(&object, "ts", wall_us);
	object_put_all(&object, data);
	return object_take_text(&object);
}

struct json_t *payload_recording(const struct payload_recording *recording)
{
	struct object object;

	object_init(&object);
	object_put_text(&object, "id", recording->id);
	object_put_text(&object, "file", recording->file);
	object_put_text(&object, "url", recording->url);
	object_put_integer(&object, "bytes", (int64_t)recording->bytes);
	object_put_integer(&object, "frames", (int64_t)recording->frames);
	if (!recording->dropped_unknown)
		object_put_integer(&object, "dropped", (int64_t)recording->dropped);
	object_put_time(&object, "started_at", recording->started_wall_us);
	object_put_number(&object, "duration_s", recording->duration_s, 3);
	object_put_text(&object, "format", recording->format);
	object_put_text(&object, "label", recording->label);
	object_put_text(&object, "reason", recording->reason);
	object_put_text(&object, "error", recording->error);
	return object_take(&object);
}

static void put_value(struct object *object, const char *key, const struct control_value *value)
{
	if (value->type != CONTROL_VALUE_NONE)
		object_put(object, key, control_value_json(value));
}

static json_t *control_json(const struct payload_control *control)
{
	struct object object;

	object_init(&object);
	object_put_text(&object, "type", control->type);
	put_value(&object, "min", &control->min);
	put_value(&object, "max", &control->max);
	put_value(&object, "default", &control->default_value);
	put_value(&object, "value", &control->value);
	if (control->values)
		object_put(&object, "values", text_array(control->values));
	return object_take(&object);
}

char *payload_controls(const struct payload_control *controls, size_t count)
{
	struct object object, all;

	object_init(&all);
	for (size_t i = 0; i < count; i++)
		object_put(&all, controls[i].name, control_json(&controls[i]));
	object_init(&object);
	object_put(&object, "controls", object_take(&all));
	return object_take_text(&object);
}

struct json_t *payload_item(const struct payload_item *item)
{
	struct object object;

	object_init(&object);
	object_put_text(&object, "file", item->file);
	object_put_text(&object, "camera", item->camera);
	object_put_time(&object, "started_at", item->started_wall_us);
	object_put_number(&object, "duration_s", item->duration_s, 3);
	object_put_integer(&object, "bytes", (int64_t)item->bytes);
	object_put_text(&object, "format", item->format);
	if (item->width > 0 && item->height > 0) {
		object_put_integer(&object, "width", item->width);
		object_put_integer(&object, "height", item->height);
	}
	object_put_integer(&object, "frames", (int64_t)item->frames);
	object_put_text(&object, "label", item->label);
	object_put_bool(&object, "protected", item->protected);
	object_put_bool(&object, "recovered", item->recovered);
	object_put_bool(&object, "damaged", item->damaged);
	object_put_text(&object, "url", item->url);
	object_put_text(&object, "thumbnail_url", item->thumbnail_url);
	return object_take(&object);
}

struct json_t *payload_list(const struct payload_item *items, size_t count, size_t total)
{
	json_auto_t *array = json_array();
	struct object object;

	for (size_t i = 0; i < count; i++) {
		if (json_array_append_new(array, payload_item(&items[i])) < 0)
			return NULL;
	}
	object_init(&object);
	object_put_integer(&object, "total", (int64_t)total);
	object_put(&object, "recordings", move_ptr(array));
	return object_take(&object);
}

char *payload_reply(const struct command *command, enum code code, const char *message,
                    const struct json_t *data)
{
	struct object object;

	object_init(&object);
	object_put_bool(&object, "ok", code == CODE_OK);
	if (command->kind < COMMAND_KIND_COUNT)
		object_put_text(&object, "command", command_table[command->kind].name);
	object_put_text(&object, "camera", command->camera);
	object_put_text(&object, "id", command->id);
	object_put_text(&object, "code", code_name(code));
	object_put_text(&object, "message", message);
	if (data)
		object_put(&object, "data", json_incref((json_t *)data));
	return object_take_text(&object);
}
