#include "config/option.h"

#include "base/str.h"
#include "config/config.h"
#include "config/rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CONFIG(field) offsetof(struct config, field)
#define PROFILE(field) offsetof(struct config_profile, field)
#define USER(field) offsetof(struct config_user, field)

static const struct option_word log_levels[] = {
	{"error", 0}, {"warn", 0}, {"info", 0}, {"debug", 0}, {NULL, 0}};

static const struct option_word mqtt_versions[] = {{"auto", 0}, {"5", 5}, {"3.1.1", 3}, {NULL, 0}};

static const struct option_word roles[] = {
	{"viewer", CONFIG_VIEWER}, {"operator", CONFIG_OPERATOR}, {NULL, 0}};

static const struct option user_options[] = {
	{"name", OPTION_STRING, USER(name), .rule = &rule_label, .required = true,
         .help = "The user's name; of a token: a label for the log."},
	{"hash", OPTION_SECRET, USER(hash), .rule = &rule_hash,
         .help = "The hash of the password or token, made by `camnode --hash-password`. This or "
                 "`hash_file` is required."},
	{"hash_file", OPTION_SECRET_FILE, USER(hash), .rule = &rule_hash,
         .help = "A file that holds the hash."},
	{"role", OPTION_WORD, USER(role), .def = "viewer", .words = roles,
         .help = "A viewer watches and reads the state; an operator also commands."},
	{NULL},
};

_Static_assert(PROFILE(height) == PROFILE(width) + sizeof(int), "OPTION_SIZE is two ints");

static const struct option profile_options[] = {
	{"size", OPTION_SIZE, PROFILE(width), .min = 16, .max = 8192, .def = "1280x720",
         .help = "Width and height in px, both even. A camera that does not offer it takes the "
                 "nearest it does."},
	{"fps", OPTION_DOUBLE, PROFILE(fps), .min = 1, .max = CONFIG_MAX_FPS, .def = "30",
         .help = "Frames a second; a camera that is faster is thinned to it."},
	{"quality", OPTION_INT, PROFILE(quality), .min = 1, .max = 100, .def = "80",
         .help = "Of the JPEGs. An MJPEG camera decides itself."},
	{NULL},
};

static const struct option_list profile_list = {
	.items = profile_options,
	.item_size = sizeof(struct config_profile),
	.count_offset = CONFIG(profile_count),
	.max = CONFIG_MAX_PROFILES,
	.built_in = CONFIG_BUILT_IN_PROFILES,
	.named = true,
	.name_rule = &rule_profile,
};

static const struct option_list user_list = {
	.items = user_options,
	.item_size = sizeof(struct config_user),
	.count_offset = CONFIG(http.user_count),
	.max = CONFIG_MAX_USERS,
};

static const struct option_list token_list = {
	.items = user_options,
	.item_size = sizeof(struct config_user),
	.count_offset = CONFIG(http.token_count),
	.max = CONFIG_MAX_USERS,
};

static const struct option host_items[] = {{"", OPTION_STRING, .rule = &rule_http_host}, {NULL}};

static const struct option_list host_list = {
	.items = host_items,
	.item_size = sizeof(char *),
	.count_offset = CONFIG(http.allowed_host_count),
	.max = CONFIG_MAX_HOSTS,
};

static const struct option origin_items[] = {{"", OPTION_STRING, .rule = &rule_http_origin},
                                             {NULL}};

static const struct option_list origin_list = {
	.items = origin_items,
	.item_size = sizeof(char *),
	.count_offset = CONFIG(http.allowed_origin_count),
	.max = CONFIG_MAX_HOSTS,
};

const struct option option_table[] = {
	{"node.id", OPTION_STRING, CONFIG(node.id), .rule = &rule_id,
         .derived = "the host name made into an id",
         .help = "The node in topics. No other node at the broker may have it, whatever its "
                 "`mqtt.prefix`: both would throw each other out again and again."},
	{"node.name", OPTION_STRING, CONFIG(node.name), .rule = &rule_label,
         .derived = "the host name", .help = "The node's name for people."},
	{"node.state_dir", OPTION_PATH, CONFIG(node.state_dir), .def = "state",
         .help = "Where the node keeps what must outlive a restart."},
	{"node.log_level", OPTION_STRING, CONFIG(node.log_level), .def = "info",
         .words = log_levels, .live = true, .help = "What is logged at least."},

	{"mqtt.enabled", OPTION_BOOL, CONFIG(mqtt.enabled), .def = "true",
         .help = "Connect to a broker."},
	{"mqtt.host", OPTION_STRING, CONFIG(mqtt.host), .def = "127.0.0.1", .rule = &rule_host,
         .help = "The broker."},
	{"mqtt.port", OPTION_INT, CONFIG(mqtt.port), .min = 1, .max = 65535,
         .derived = "1883, with tls 8883", .help = "The broker's port."},
	{"mqtt.prefix", OPTION_STRING, CONFIG(mqtt.prefix), .def = "camnode",
         .rule = &rule_topic_prefix, .help = "What all topics begin with."},
	{"mqtt.username", OPTION_STRING, CONFIG(mqtt.username), .help = "Name at the broker."},
	{"mqtt.password", OPTION_SECRET, CONFIG(mqtt.password),
         .help = "Password at the broker; better kept in `password_file`."},
	{"mqtt.password_file", OPTION_SECRET_FILE, CONFIG(mqtt.password),
         .help = "A file that holds the password."},
	{"mqtt.tls", OPTION_BOOL, CONFIG(mqtt.tls), .def = "false",
         .help = "Encrypt, and verify the broker's certificate and name."},
	{"mqtt.ca_file", OPTION_PATH, CONFIG(mqtt.ca_file), .derived = "the system's",
         .help = "Certificates of the authorities that may vouch for the broker."},
	{"mqtt.cert_file", OPTION_PATH, CONFIG(mqtt.cert_file),
         .help = "The node's own certificate for the broker."},
	{"mqtt.key_file", OPTION_PATH, CONFIG(mqtt.key_file), .help = "Its private key."},
	{"mqtt.keep_alive_s", OPTION_INT, CONFIG(mqtt.keep_alive_s), .min = 5, .max = 3600,
         .def = "20", .help = "A lost connection is noticed after about 1.5 times this."},
	{"mqtt.reconnect_min_s", OPTION_INT, CONFIG(mqtt.reconnect_min_s), .min = 1, .max = 3600,
         .def = "1", .help = "Shortest wait before connecting again."},
	{"mqtt.reconnect_max_s", OPTION_INT, CONFIG(mqtt.reconnect_max_s), .min = 1, .max = 3600,
         .def = "120", .help = "Longest wait; in between it doubles, with a random part."},
	{"mqtt.version", OPTION_WORD, CONFIG(mqtt.version), .def = "auto", .words = mqtt_versions,
         .help = "auto tries 5 and falls back to 3.1.1."},
	{"mqtt.max_picture_kb", OPTION_INT, CONFIG(mqtt.max_picture_kb), .min = 16, .max = 65536,
         .def = "900",
         .help = "Snapshots are made smaller to fit; EMQX drops clients that send over 1 MB."},
	{"mqtt.discovery.enabled", OPTION_BOOL, CONFIG(mqtt.discovery), .def = "true",
         .help = "Tell Home Assistant of this node, so that it appears there by itself."},
	{"mqtt.discovery.prefix", OPTION_STRING, CONFIG(mqtt.discovery_prefix),
         .def = "homeassistant", .rule = &rule_topic_prefix,
         .help = "What Home Assistant's topics begin with."},

	{"http.enabled", OPTION_BOOL, CONFIG(http.enabled), .def = "true",
         .help = "Serve the live view, snapshots, recordings and the API."},
	{"http.bind", OPTION_STRING, CONFIG(http.bind), .def = "127.0.0.1", .rule = &rule_bind,
         .help = "The address to listen at. Other than loopback needs users, tokens or "
                 "`anonymous`."},
	{"http.port", OPTION_INT, CONFIG(http.port), .min = 1, .max = 65535, .def = "8080",
         .help = "The port to listen at."},
	{"http.anonymous", OPTION_BOOL, CONFIG(http.anonymous), .def = "false",
         .help = "Everybody who reaches the port may watch and command."},
	{"http.public_url", OPTION_STRING, CONFIG(http.public_url), .rule = &rule_url,
         .derived = "made from address and port",
         .help = "How others reach this node, such as through a proxy."},
	{"http.tls_cert_file", OPTION_PATH, CONFIG(http.tls_cert_file),
         .help = "Certificate chain (PEM) for HTTPS."},
	{"http.tls_key_file", OPTION_PATH, CONFIG(http.tls_key_file),
         .help = "Its private key (PEM)."},
	{"http.max_connections", OPTION_INT, CONFIG(http.max_connections), .min = 4, .max = 10000,
         .def = "600", .help = "Connections at a time."},
	{"http.max_connections_per_address", OPTION_INT, CONFIG(http.max_connections_per_address),
         .min = 1, .max = 10000, .derived = "half of `http.max_connections`",
         .help = "Connections at a time from one address; a proxy's viewers share one."},
	{"http.header_timeout_s", OPTION_INT, CONFIG(http.header_timeout_s), .min = 1, .max = 300,
         .def = "10", .help = "How long the header of a request may take."},
	{"http.min_send_kbps", OPTION_INT, CONFIG(http.min_send_kbps), .min = 0, .max = 100000,
         .def = "16",
         .help = "Viewers that take less than this many kB/s over 10 s, while there "
                 "is something to send, are closed; 0: never."},
	{"http.max_header_bytes", OPTION_INT, CONFIG(http.max_header_bytes), .min = 1024,
         .max = 65536, .def = "16384", .help = "Size of a request's header."},
	{"http.session_hours", OPTION_INT, CONFIG(http.session_hours), .min = 1, .max = 8760,
         .def = "12", .help = "How long a browser stays logged in."},
	{"http.allowed_hosts", OPTION_LIST, CONFIG(http.allowed_hosts), .list = &host_list,
         .help = "Further names by which browsers may ask for this node, besides its addresses, "
                 "host name and `public_url`."},
	{"http.allowed_origins", OPTION_LIST, CONFIG(http.allowed_origins), .list = &origin_list,
         .help = "Web sites whose pages may use this node's API."},
	{"http.users", OPTION_LIST, CONFIG(http.users), .list = &user_list,
         .help = "Who may log in, by HTTP Basic or the login page."},
	{"http.tokens", OPTION_LIST, CONFIG(http.tokens), .list = &token_list,
         .help = "Bearer tokens, for programs."},

	{"record.dir", OPTION_PATH, CONFIG(record.dir), .def = "recordings",
         .help = "Where recordings go; made when needed."},
	{"record.segment_s", OPTION_INT, CONFIG(record.segment_s), .min = 2, .max = 86400,
         .def = "600", .help = "A recording goes on in a new file after this long."},
	{"record.min_free_mb", OPTION_INT, CONFIG(record.min_free_mb), .min = 0, .max = 100000000,
         .def = "200", .help = "Recording stops, and does not start, with less free than this."},
	{"record.require_mount", OPTION_BOOL, CONFIG(record.require_mount), .def = "false",
         .help = "Record only while `dir`, or the folder that it lies in, is a mount point: a disk "
                 "that is missing must not fill the one below."},
	{"record.keep_days", OPTION_INT, CONFIG(record.keep_days), .min = 0, .max = 36500,
         .def = "0",
         .help = "Recordings older than this are deleted, while the clock is synchronised; 0: "
                 "never. Protected ones are kept, by the next two options too."},
	{"record.max_gb", OPTION_DOUBLE, CONFIG(record.max_gb), .min = 0, .max = 1000000,
         .def = "0",
         .help = "The oldest recordings are deleted while all together are larger; protected and "
                 "damaged ones, which stay, are not counted; 0: no limit."},
	{"record.free_mb", OPTION_INT, CONFIG(record.free_mb), .min = 0, .max = 100000000,
         .def = "0",
         .help = "The oldest recordings are deleted while less than this is free; more than "
                 "`min_free_mb`, so that recording goes on. Where that cannot make so much "
                 "free, they are kept while twice `min_free_mb` is free. 0: none are deleted."},

	{"record.resume", OPTION_BOOL, CONFIG(record.resume), .def = "false",
         .help = "What was recording when the node ended goes on when it is back, up to the end it "
                 "had."},

	{"telemetry.interval_s", OPTION_INT, CONFIG(telemetry.interval_s), .min = 1, .max = 3600,
         .def = "10", .live = true, .help = "How often telemetry and statistics are published."},

	{"governor.enabled", OPTION_BOOL, CONFIG(governor.enabled), .def = "true", .live = true,
         .help = "When the machine can't keep up, give the camera that costs most the next smaller "
                 "profile, and the old one again when it can; one chosen by `profile/set` stays."},
	{"governor.cpu_high_pct", OPTION_DOUBLE, CONFIG(governor.cpu_high_pct), .min = 1,
         .max = 100, .def = "90", .live = true,
         .help = "More CPU than this, of all cores, is pressure."},
	{"governor.cpu_low_pct", OPTION_DOUBLE, CONFIG(governor.cpu_low_pct), .min = 0, .max = 100,
         .def = "60", .live = true,
         .help = "Up to this much it is calm; in between nothing changes."},
	{"governor.temp_high_c", OPTION_DOUBLE, CONFIG(governor.temp_high_c), .min = 20, .max = 150,
         .def = "80", .live = true,
         .help = "Hotter is pressure. A Raspberry Pi slows down at 80 to 85."},
	{"governor.temp_low_c", OPTION_DOUBLE, CONFIG(governor.temp_low_c), .min = 0, .max = 150,
         .def = "72", .live = true, .help = "Up to this it is calm."},
	{"governor.mem_high_pct", OPTION_DOUBLE, CONFIG(governor.mem_high_pct), .min = 10,
         .max = 100, .def = "92", .live = true,
         .help = "More memory in use is pressure; 5 less is calm."},
	{"governor.late_high_pct", OPTION_DOUBLE, CONFIG(governor.late_high_pct), .min = 1,
         .max = 100, .def = "20", .live = true,
         .help = "More of a camera's frames than this, which its encoder could not take in time, "
                 "are "
                 "pressure; a quarter is calm."},
	{"governor.hold_s", OPTION_DOUBLE, CONFIG(governor.hold_s), .min = 0, .max = 3600,
         .def = "10", .live = true, .help = "How long pressure lasts before a step down."},
	{"governor.recover_s", OPTION_DOUBLE, CONFIG(governor.recover_s), .min = 1, .max = 86400,
         .def = "60", .live = true,
         .help = "How long calm lasts before a step up; twice as long, up to 16 times, after each "
                 "step up that brought pressure back."},

	{"profiles", OPTION_LIST, CONFIG(profiles), .list = &profile_list,
         .help = "Size, rate and quality under a name, for `profile/set` and the governor. There "
                 "are `high` (1280x720, 30, 80), `medium` (640x480, 30, 75) and `low` (320x240, "
                 "15, 60), which may be changed here, and others added."},

	{"cameras", OPTION_LIST, CONFIG(cameras), .list = &option_camera_list,
         .help = "The cameras. Without this key: one with all defaults, cam0. `[]`: none."},
	{NULL},
};

const struct option *option_find(const struct option *table, const char *section, const char *key)
{
	size_t length = strlen(section);

	for (const struct option *option = table; option->key; option++) {
		if (strncmp(option->key, section, length) == 0 &&
		    strcmp(option->key + length, key) == 0)
			return option;
	}
	return NULL;
}

bool option_is_section(const struct option *table, const char *section, const char *key)
{
	size_t section_length = strlen(section);
	size_t key_length = strlen(key);

	for (const struct option *option = table; option->key; option++) {
		const char *rest = option->key + section_length;

		if (strncmp(option->key, section, section_length) == 0 &&
		    strncmp(rest, key, key_length) == 0 && rest[key_length] == '.')
			return key_length > 0;
	}
	return false;
}

size_t option_keys(const struct option *table, const char *section,
                   char ret_keys[OPTION_MAX_KEYS][OPTION_KEY_SIZE])
{
	size_t length = strlen(section);
	size_t count = 0;

	for (const struct option *option = table; option->key && count < OPTION_MAX_KEYS;
	     option++) {
		const char *rest = option->key + length;
		char *key = ret_keys[count];

		if (strncmp(option->key, section, length) != 0)
			continue;
		snprintf(key, OPTION_KEY_SIZE, "%.*s", (int)strcspn(rest, "."), rest);
		/* The options of a section stand together. */
		if (count == 0 || strcmp(ret_keys[count - 1], key) != 0)
			count++;
	}
	return count;
}

size_t option_list_count(const struct option *option, const void *base)
{
	return *(const size_t *)((const char *)base + option->list->count_offset);
}

void *option_list_item(const struct option *option, const void *base, size_t index)
{
	return (char *)base + option->offset + index * option->list->item_size;
}

void option_path(char ret_path[static OPTION_PATH_SIZE], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(ret_path, OPTION_PATH_SIZE, fmt, args);
	va_end(args);
}

void option_list_path(const struct option *option, const char *path, const void *item, size_t index,
                      char ret_path[static OPTION_PATH_SIZE])
{
	if (option->list->named)
		option_path(ret_path, "%s.%s", path, *(char *const *)item);
	else
		option_path(ret_path, "%s[%zu]", path, index);
}
