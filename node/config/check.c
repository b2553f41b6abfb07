#include "config/check.h"

#include "config/option.h"
#include "config/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define DAY_S (24 * 3600)
#define PROFILE_NAMES_LIMIT ((ID_SIZE + 2) * CONFIG_MAX_PROFILES)

struct check {
	const struct config *config;
	struct document *document;
	struct report *report;
};

/* Reports at a whole key. */
static void __attribute__((format(printf, 3, 4)))
complain(struct check *check, const char *key, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report_add_va(check->report, document_place_of(check->document, key), key, fmt, args);
	va_end(args);
}

static bool has(struct check *check, const char *path, const char *key)
{
	char whole[OPTION_PATH_SIZE];

	option_path(whole, "%s.%s", path, key);
	return document_find(check->document, whole);
}

/* Two keys that exclude each other. */
static void check_alternatives(struct check *check, const char *path, const char *key,
                               const char *file_key)
{
	char whole[OPTION_PATH_SIZE];

	if (!has(check, path, key) || !has(check, path, file_key))
		return;
	option_path(whole, "%s.%s", path, file_key);
	complain(check, whole, "there is \"%s\" too; one of them is allowed", key);
}

static void check_file(struct check *check, const char *key, const char *path, bool secret)
{
	int fd;

	if (!*path)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		complain(check, key, "%s cannot be read: %s", path, strerrordesc_np(errno));
		return;
	}
	close(fd);
	if (secret)
		secret_check_mode(path);
}

/* A certificate and its key go together. */
static void check_pair(struct check *check, const char *cert_key, const char *cert,
                       const char *key_key, const char *key)
{
	if (*cert && !*key)
		complain(check, cert_key, "needs its private key: %s", key_key);
	if (*key && !*cert)
		complain(check, key_key, "needs its certificate: %s", cert_key);
	check_file(check, cert_key, cert, false);
	check_file(check, key_key, key, true);
}

static void check_mqtt(struct check *check)
{
	const struct config_mqtt *mqtt = &check->config->mqtt;

	check_pair(check, "mqtt.cert_file", mqtt->cert_file, "mqtt.key_file", mqtt->key_file);
	check_file(check, "mqtt.ca_file", mqtt->ca_file, false);
	check_alternatives(check, "mqtt", "password", "password_file");
	if (!mqtt->tls && *mqtt->ca_file)
		complain(check, "mqtt.ca_file", "has no effect without \"tls: true\"");
	if (!mqtt->tls && *mqtt->cert_file)
		complain(check, "mqtt.cert_file", "has no effect without \"tls: true\"");
	if (*mqtt->password && !*mqtt->username)
		complain(check,
		         has(check, "mqtt", "password") ? "mqtt.password" : "mqtt.password_file",
		         "needs a username");
	if (mqtt->reconnect_min_s > mqtt->reconnect_max_s)
		complain(check, "mqtt.reconnect_min_s", "is more than reconnect_max_s");
}

static void check_record(struct check *check)
{
	const struct config_record *record = &check->config->record;

	if (record->free_mb > 0 && record->free_mb <= record->min_free_mb)
		complain(check, "record.free_mb",
		         "has to be more than min_free_mb (%d), or recording stops first",
		         record->min_free_mb);
}

static void check_users(struct check *check, const char *list, const struct config_user *users,
                        size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char path[OPTION_PATH_SIZE];

		option_path(path, "%s[%zu]", list, i);
		if (!has(check, path, "name"))
			complain(check, path, "has no name");
		if (!has(check, path, "hash") && !has(check, path, "hash_file"))
			complain(check, path,
			         "has no hash: make one with \"camnode --hash-password\"");
		check_alternatives(check, path, "hash", "hash_file");
		for (size_t k = 0; k < i; k++) {
			if (*users[i].name && strcmp(users[i].name, users[k].name) == 0)
				complain(check, path, "\"%s\" is the name of %s[%zu] too",
				         users[i].name, list, k);
		}
	}
}

/* The one door that must not be left open by oversight. */
static void check_bind(struct check *check)
{
	const struct config_http *http = &check->config->http;

	if (!http->enabled || http->anonymous || config_is_loopback(http->bind))
		return;
	if (http->user_count > 0 || http->token_count > 0)
		return;
	report_add(
		check->report, document_place_of(check->document, "http.bind"), "http.bind",
		"\"%s\" can be reached from other machines, and nobody would have to log in: add "
		"http.users or http.tokens (hashes by \"camnode --hash-password\"), or set "
		"\"http.anonymous: true\" to let everybody watch and command, or bind to "
		"127.0.0.1",
		http->bind);
}

static void check_http(struct check *check)
{
	const struct config_http *http = &check->config->http;

	check_bind(check);
	check_pair(check, "http.tls_cert_file", http->tls_cert_file, "http.tls_key_file",
	           http->tls_key_file);
	check_users(check, "http.users", http->users, http->user_count);
	check_users(check, "http.tokens", http->tokens, http->token_count);
}

/* Built in, added, or the camera's own. */
static void check_profile(struct check *check, size_t index)
{
	const struct config *config = check->config;
	const char *name = config->cameras[index].profile;
	_cleanup_(buf_finish) struct buf known = {.limit = PROFILE_NAMES_LIMIT};
	char path[OPTION_PATH_SIZE];

	if (!*name || strcmp(name, CONFIG_PROFILE_CUSTOM) == 0)
		return;
	for (size_t i = 0; i < config->profile_count; i++) {
		if (strcmp(config->profiles[i].name, name) == 0)
			return;
		buf_printf(&known, "%s, ", config->profiles[i].name);
	}
	option_path(path, "cameras[%zu].profile", index);
	complain(check, path, "there is no profile \"%s\"; there are %s" CONFIG_PROFILE_CUSTOM,
	         name, known.data ? known.data : "");
}

static bool is_time(const char *text, int expected_s)
{
	int time_s;

	return *text && str_parse_time_of_day(text, &time_s) == 0 && time_s == expected_s;
}

static void check_schedule(struct check *check, size_t camera)
{
	const struct config_camera *config = &check->config->cameras[camera];

	for (size_t i = 0; i < config->schedule_count; i++) {
		char path[OPTION_PATH_SIZE];

		option_path(path, "cameras[%zu].schedule[%zu]", camera, i);
		if (!has(check, path, "from"))
			complain(check, path, "has no time to begin: from");
		if (!has(check, path, "to"))
			complain(check, path, "has no time to end: to");
		/* The end is on the day of the beginning, or on the next when it is earlier. */
		if (is_time(config->schedule[i].from, DAY_S) && is_time(config->schedule[i].to, 0))
			complain(check, path, "is empty: 24:00 to 00:00 is one moment");
	}
}

/* A timelapse's folder is named as a camera's would be: so none is called like that. */
static void check_timelapse(struct check *check, size_t camera)
{
	const struct config_camera *config = &check->config->cameras[camera];
	size_t length = strlen(config->id), ending = strlen(CONFIG_TIMELAPSE_ENDING);
	char path[OPTION_PATH_SIZE];

	option_path(path, "cameras[%zu].id", camera);
	if (config->timelapse_every_s > 0 && length + ending >= ID_SIZE)
		complain(check, path, "\"%s\" is too long for a timelapse: %zu bytes are the most",
		         config->id, ID_SIZE - sizeof(CONFIG_TIMELAPSE_ENDING));
	if (length >= ending && strcmp(config->id + length - ending, CONFIG_TIMELAPSE_ENDING) == 0)
		complain(check, path,
		         "\"%s\" ends with \"" CONFIG_TIMELAPSE_ENDING
		         "\", like the folder of a timelapse",
		         config->id);
}

/* Without a band between both, profiles would swing. */
static void check_band(struct check *check, const char *key, double low, double high)
{
	if (low >= high)
		complain(check, key, "%g is not below the limit of pressure, %g", low, high);
}

static void check_cameras(struct check *check)
{
	const struct config_camera *cameras = check->config->cameras;

	for (size_t i = 0; i < check->config->camera_count; i++) {
		check_profile(check, i);
		check_schedule(check, i);
		check_timelapse(check, i);
		for (size_t k = 0; k < i; k++) {
			char path[OPTION_PATH_SIZE];

			if (strcmp(cameras[i].id, cameras[k].id) != 0)
				continue;
			option_path(path, "cameras[%zu].id", i);
			complain(check, path, "\"%s\" is the id of cameras[%zu] too", cameras[i].id,
			         k);
		}
	}
}

void check_config(const struct config *config, struct document *document, struct report *report)
{
	struct check check = {config, document, report};

	check_mqtt(&check);
	check_http(&check);
	check_record(&check);
	check_cameras(&check);
	check_band(&check, "governor.cpu_low_pct", config->governor.cpu_low_pct,
	           config->governor.cpu_high_pct);
	check_band(&check, "governor.temp_low_c", config->governor.temp_low_c,
	           config->governor.temp_high_c);
}
