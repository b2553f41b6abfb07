#include "config/config.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/machine.h"
#include "config/check.h"
#include "config/document.h"
#include "config/loader.h"
#include "config/option.h"
#include "config/path.h"
#include "config/report.h"
#include "config/value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MQTT_PORT 1883
#define MQTT_TLS_PORT 8883
#define BYTES_PER_MB 1000000
#define JPEG_BYTES_PER_PIXEL 0.17 /* of a picture with some noise, at quality 80 */
#define DEFAULTS_NAME "defaults"  /* stands for the file in messages when there is none */

static void clear_options(const struct option *table, void *base);

static void clear_list(const struct option *list, void *base)
{
	for (size_t i = 0; i < option_list_count(list, base); i++) {
		void *item = option_list_item(list, base, i);

		clear_options(list->list->items, item);
		if (list->list->named)
			free(*(char **)item);
	}
}

static void clear_options(const struct option *table, void *base)
{
	for (const struct option *option = table; option->key; option++) {
		if (option->type == OPTION_LIST)
			clear_list(option, base);
		else
			value_clear(option, base);
	}
}

void config_free(struct config *config)
{
	if (!config)
		return;
	clear_options(option_table, config);
	free(config);
}

/* The text if nothing is set. */
static int fill_text(char **field, const char *text)
{
	char *copy;

	if (**field)
		return 0;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

static int fill_node(struct config_node *node)
{
	char name[HOST_NAME_MAX + 1];
	char id[ID_SIZE];

	machine_host_name(name, sizeof(name));
	str_make_id(name, id);
	if (fill_text(&node->name, name) < 0)
		return -ENOMEM;
	return fill_text(&node->id, id);
}

static int fill_camera(struct config_camera *camera, size_t index)
{
	char id[ID_SIZE];

	snprintf(id, sizeof(id), "cam%zu", index);
	if (fill_text(&camera->id, id) < 0)
		return -ENOMEM;
	return fill_text(&camera->name, camera->id);
}

/* The profiles that are always there; node.yaml may change them. */
static int add_profiles(struct config *config)
{
	static const struct config_profile built_in[CONFIG_BUILT_IN_PROFILES] = {
		{"high", 1280, 720, 30, 80},
		{"medium", 640, 480, 30, 75},
		{"low", 320, 240, 15, 60},
	};

	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++) {
		struct config_profile *profile = &config->profiles[config->profile_count++];

		*profile = built_in[i];
		profile->name = strdup(built_in[i].name);
		if (!profile->name)
			return -ENOMEM;
	}
	return 0;
}

/* The defaults that depend on the machine or on other keys: `derived` in the option table. */
static int fill_derived(struct config *config)
{
	if (config->mqtt.port == 0)
		config->mqtt.port = config->mqtt.tls ? MQTT_TLS_PORT : MQTT_PORT;
	/* Half: so that one address never keeps all others out. */
	if (config->http.max_connections_per_address == 0)
		config->http.max_connections_per_address = config->http.max_connections / 2;
	for (size_t i = 0; i < config->camera_count; i++) {
		if (fill_camera(&config->cameras[i], i) < 0)
			return -ENOMEM;
	}
	return fill_node(&config->node);
}

static int fill_config(struct config *config, struct document *document, const char *folder,
                       struct report *report)
{
	int r = loader_defaults(option_table, config, folder);

	if (r == 0)
		r = add_profiles(config);
	if (r == 0)
		r = loader_load(document, folder, config, report);
	if (r == 0 && !document_find(document, "cameras") &&
	    !loader_add_item(option_find(option_table, "", "cameras"), config, folder))
		r = -ENOMEM;
	if (r == 0)
		r = fill_derived(config);
	return r;
}

static int make_config(const char *name, struct document *document, struct config **ret_config,
                       struct report *report)
{
	_cleanup_(config_free_p) struct config *config = calloc(1, sizeof(*config));
	_cleanup_free_ char *folder = path_folder(name);
	int r;

	if (!config || !folder)
		return -ENOMEM;
	r = fill_config(config, document, folder, report);
	if (r < 0)
		return r;
	check_config(config, document, report);
	if (report->count > 0)
		return -EINVAL;
	*ret_config = move_ptr(config);
	return 0;
}

int config_parse(const char *name, const char *text, size_t length, struct config **ret_config,
                 struct buf *errors)
{
	struct report report = {name, errors, 0};
	struct document document;
	int r = document_open(&document, text, length, &report);

	if (r < 0)
		return r;
	r = make_config(name, &document, ret_config, &report);
	document_close(&document);
	report_end(&report);
	return r;
}

int config_load(const char *path, struct config **ret_config, struct buf *errors)
{
	size_t length;
	char *text;
	int r;

	if (!path)
		return config_parse(DEFAULTS_NAME, "", 0, ret_config, errors);
	r = file_read(path, CONFIG_MAX_FILE_BYTES, &text, &length);
	if (r < 0) {
		buf_printf(errors, "%s: cannot be read: %s\n", path, strerrordesc_np(-r));
		return r;
	}
	r = config_parse(path, text, length, ret_config, errors);
	explicit_bzero(text, length);
	free(text);
	return r;
}

size_t config_pre_roll_bytes(const struct config_camera *camera)
{
	return camera->pre_roll_s > 0 ? (size_t)camera->pre_roll_mb * BYTES_PER_MB : 0;
}

size_t config_pre_roll_estimate(const struct config_camera *camera,
                                const struct config_profile *profile)
{
	double frames = camera->pre_roll_s * (profile ? profile->fps : camera->fps);
	double pixels = profile ? (double)profile->width * profile->height
	                        : (double)camera->width * camera->height;

	return (size_t)(frames * pixels * JPEG_BYTES_PER_PIXEL);
}

const struct config_profile *config_pre_roll_most(const struct config *config,
                                                  const struct config_camera *camera)
{
	const struct config_profile *most = NULL;

	for (size_t i = 0; i < config->profile_count; i++) {
		const struct config_profile *profile = &config->profiles[i];

		if (config_pre_roll_estimate(camera, profile) >
		    config_pre_roll_estimate(camera, most))
			most = profile;
	}
	return most;
}

const char *config_record_format_name(enum config_record_format format)
{
	return format == CONFIG_MJPEG ? "mjpeg" : "h264";
}

enum config_record_format config_record_format_of(const char *name)
{
	return strcmp(name, "mjpeg") == 0 ? CONFIG_MJPEG : CONFIG_H264;
}

bool config_is_loopback(const char *address)
{
	struct in_addr ipv4;

	if (inet_pton(AF_INET, address, &ipv4) == 1)
		return ntohl(ipv4.s_addr) >> 24 == 127;
	return strcmp(address, "::1") == 0 || strcmp(address, "localhost") == 0;
}
