/*
 * The configuration as plain values, made from node.yaml by the option table (config/option.c),
 * which also makes `--help`, `--print-config` and docs/configuration.md. A `struct config` is
 * immutable once loaded and counted by nobody: main owns it; everybody else copies what it needs at
 * start.
 */
#ifndef CAMNODE_CONFIG_CONFIG_H
#define CAMNODE_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"

#define CONFIG_MAX_CAMERAS 8
#define CONFIG_MAX_USERS 32
#define CONFIG_MAX_HOSTS 16
#define CONFIG_MAX_CONTROLS 32
#define CONFIG_MAX_PROFILES 16
#define CONFIG_BUILT_IN_PROFILES 3
#define CONFIG_MAX_WINDOWS 16 /* of a camera's schedule */
#define CONFIG_MAX_DAYS 7     /* words of a window */
#define CONFIG_MAX_PRE_ROLL_S 30
#define CONFIG_MAX_FPS 240                   /* of cameras and profiles */
#define CONFIG_TIMELAPSE_ENDING "-timelapse" /* of the camera's id, for its folder */
#define CONFIG_MAX_FILE_BYTES (256 * 1024)

/* The camera's own size, fps and jpeg.quality as a profile. */
#define CONFIG_PROFILE_CUSTOM "custom"

enum config_corner {
	CONFIG_BOTTOM_LEFT,
	CONFIG_BOTTOM_RIGHT,
	CONFIG_TOP_LEFT,
	CONFIG_TOP_RIGHT,
};
enum config_role { CONFIG_VIEWER, CONFIG_OPERATOR };
enum config_capture { CONFIG_CAPTURE_ALWAYS, CONFIG_CAPTURE_ON_DEMAND };
enum config_record_format { CONFIG_H264, CONFIG_MJPEG };

/* Strings are never NULL: an option that is not set is "". */
struct config_node {
	char *id;   /* valid id; default: the host name made into one */
	char *name; /* for people; default: the host name */
	char *state_dir;
	char *log_level;
};

struct config_mqtt {
	bool enabled;
	char *host;
	int port;
	char *prefix;
	char *username, *password; /* password or the content of password_file */
	bool tls;
	char *ca_file, *cert_file, *key_file; /* tls without ca_file: the system's */
	int keep_alive_s;
	int reconnect_min_s, reconnect_max_s; /* full jitter between */
	int version;                          /* 5, or 3 (3.1.1); 0: try 5, fall back */
	int max_picture_kb;                   /* 900 */
	bool discovery;                       /* tell Home Assistant of this node */
	char *discovery_prefix;
};

struct config_user { /* http.users[]: HTTP Basic and login; http.tokens[]: bearer (name is a label)
	              */
	char *name;
	char *hash; /* crypt(5), e.g. yescrypt "$y$…" */
	enum config_role role;
};

struct config_http {
	bool enabled;
	char *bind;
	int port;
	bool anonymous;   /* everybody is a viewer and operator: needed for a non-loopback bind
	                     without users */
	char *public_url; /* how others reach this node; "": made from bind address and port */
	char *tls_cert_file, *tls_key_file;
	int max_connections, max_connections_per_address;
	int header_timeout_s; /* for a whole request header */
	int min_send_kbps; /* slower stream viewers are closed (kB/s, over 10 s, while data waits)
	                    */
	int max_header_bytes;
	int session_hours;
	char *allowed_hosts[CONFIG_MAX_HOSTS]; /* further Host names (DNS rebinding check) */
	size_t allowed_host_count;
	char *allowed_origins[CONFIG_MAX_HOSTS]; /* further Origins */
	size_t allowed_origin_count;
	struct config_user users[CONFIG_MAX_USERS];
	size_t user_count;
	struct config_user tokens[CONFIG_MAX_USERS];
	size_t token_count;
};

struct config_record {
	char *dir;
	int segment_s;
	int min_free_mb; /* recording stops, and does not start, below it */
	bool resume;     /* after a restart, what ran goes on */
	bool require_mount;
	int keep_days; /* retention; 0: no limit */
	double max_gb; /* 0: no limit */
	int free_mb;   /* the oldest go before less is free; 0: never */
};

struct config_telemetry {
	int interval_s; /* telemetry and stats */
};

struct config_governor { /* what is pressure, and what is calm */
	bool enabled;
	double cpu_high_pct, cpu_low_pct;
	double temp_high_c, temp_low_c;
	double mem_high_pct;
	double late_high_pct; /* frames that an encoder could not take in time */
	double hold_s;        /* pressure before a step down */
	double recover_s;     /* calm before a step up */
};

struct config_profile { /* profiles: by name */
	char *name;
	int width, height; /* px, even; option "size" */
	double fps;
	int quality; /* of JPEGs, 1..100 */
};

struct config_control { /* cameras[].controls: a libcamera control by name */
	char *name;
	char *value; /* a number, or a word */
};

enum config_when { CONFIG_WHEN_TIME_SYNCED, CONFIG_WHEN_ALWAYS };

struct config_window { /* cameras[].schedule[]: from a time to a time, on the days it begins */
	int days[CONFIG_MAX_DAYS]; /* bits, 1 << tm_wday each */
	size_t day_count;          /* 0: daily */
	char *from, *to;           /* "HH:MM" or "HH:MM:SS" */
	enum config_when when;
};

struct config_camera {
	char *id;
	char *name;   /* default: the id */
	char *source; /* auto | pattern | libcamera | libcamera:<id or index> | replay:<file or URL>
	               */
	int width, height; /* px, even; option "size", "1280x720" */
	double fps;
	char *profile; /* to begin with; "": size, fps and jpeg_quality of this camera */
	bool any_size; /* not an option: size is a wish, the nearest offered will do */
	char *format;  /* auto | YUV420 | NV12 | YUYV | MJPEG */
	bool hflip, vflip;
	int rotation; /* degrees: 0 or 180 */
	enum config_capture capture;
	int jpeg_quality;  /* 1..100 */
	int preview_width; /* px */
	double preview_fps;
	int preview_quality;
	bool preview_second_stream;
	bool overlay_time, overlay_name;
	enum config_corner overlay_corner;
	enum config_record_format record_format;
	char *h264_encoder; /* libavcodec's name */
	char *h264_preset;
	int h264_crf;
	double h264_gop_s;
	int h264_max_kbps;
	double pre_roll_s;                                 /* 0: none */
	int pre_roll_mb;                                   /* what its pictures may take */
	struct config_window schedule[CONFIG_MAX_WINDOWS]; /* when to record */
	size_t schedule_count;
	double timelapse_every_s; /* 0: no timelapse */
	double timelapse_fps;     /* when it is played */
	bool snapshot_on_start, snapshot_retain;
	int snapshot_interval_s; /* 0: never */
	int pattern_noise;       /* 0..100: texture noise of the pattern */
	char *pattern_fault;     /* tests: "", "stall@S", … (see capture/pattern.h) */
	struct config_control controls[CONFIG_MAX_CONTROLS];
	size_t control_count;
	bool controls_persist; /* those set by command outlive the node */
};

struct config {
	struct config_node node;
	struct config_mqtt mqtt;
	struct config_http http;
	struct config_record record;
	struct config_telemetry telemetry;
	struct config_governor governor;
	struct config_profile profiles[CONFIG_MAX_PROFILES];
	size_t profile_count;
	struct config_camera cameras[CONFIG_MAX_CAMERAS];
	size_t camera_count;
};

/*
 * Reads a file. 0 and a new config; -EINVAL after appending every error of the file to `errors`, a
 * line each: node.yaml:12:9: cameras[0].fps: "500" is out of range; allowed: 1..240. Unknown keys
 * suggest the nearest. `path` NULL: the defaults with one camera "cam0". Also checks what spans
 * keys (bind without users, duplicate camera ids, files that cannot be read).
 */
int config_load(const char *path, struct config **ret_config, struct buf *errors);
int config_parse(const char *name, const char *text, size_t length, struct config **ret_config,
                 struct buf *errors);
void config_free(struct config *config); /* takes NULL; secrets are wiped */
DEFINE_CLEANUP(struct config *, config_free);

/* The whole configuration with defaults filled in, as YAML; secrets show as "***" or are cut. */
void config_print(const struct config *config, struct buf *text);

/* The reference: every key with type, range, default and help; Markdown, or plain for `--help`. */
void config_reference(struct buf *text, bool markdown);

/* Compares for SIGHUP. Appends the keys that changed to `live` (can be applied at run time) or to
 * `restart` (a line each). */
void config_compare(const struct config *old_config, const struct config *new_config,
                    struct buf *live, struct buf *restart);

/* What the pictures of a camera's pre-roll may take, and about what they will with the camera's own
 * settings, or with those of a profile: bytes. */
size_t config_pre_roll_bytes(const struct config_camera *camera);
size_t config_pre_roll_estimate(const struct config_camera *camera,
                                const struct config_profile *profile); /* NULL: its own */

/* The profile whose pictures take most, if it is more than with the camera's own settings; or NULL.
 */
const struct config_profile *config_pre_roll_most(const struct config *config,
                                                  const struct config_camera *camera);

/* "h264" or "mjpeg", as in the configuration and in messages; any other name is CONFIG_H264. */
const char *config_record_format_name(enum config_record_format format);
enum config_record_format config_record_format_of(const char *name);

/* True if `address` is 127.0.0.0/8, ::1 or "localhost". */
bool config_is_loopback(const char *address);

#endif
