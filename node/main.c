/*
 * Start and stop order, signals and the command line; nothing else.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/journal.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/watchdog.h"
#include "capture/source.h"
#include "config/cli.h"
#include "config/config.h"
#include "control/control.h"
#include "http/auth.h"
#include "http/http.h"
#include "media/h264_encoder.h"
#include "media/overlay.h"
#include "media/text.h"
#include "mqtt/mqtt.h"
#include "record/folder.h"
#include "setup/dialog.h"
#include "setup/setup.h"

#define MAX_TEXT (1024 * 1024) /* bytes that one action prints */
#define EXIT_USAGE 2           /* of the command line or the configuration */

struct node {
	const struct cli *cli;
	struct config *config; /* of the start: everybody borrows from it */
	struct config *live;   /* of the last reload, or NULL */
	struct control *control;
	struct http *http;
	struct mqtt *mqtt;
};

static void print(struct buf *text, FILE *file)
{
	if (text->data)
		fputs(text->data, file);
	buf_finish(text);
}

/* Loads the configuration; every error of the file is printed. */
static int load(const struct cli *cli, struct config **ret_config)
{
	struct buf errors;

	buf_init(&errors, MAX_TEXT);
	int error = config_load(cli->config_path, ret_config, &errors);
	print(&errors, stderr);
	return error;
}

static void set_log_level(const struct cli *cli, const struct config *config)
{
	enum log_level level;

	if (log_level_parse(cli->log_level ? cli->log_level : config->node.log_level, &level) == 0)
		log_set_level(level);
}

static void log_lines(struct buf *text, const char *prefix, void (*log)(const char *fmt, ...))
{
	char *rest = text->data;

	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		if (*line)
			log("%s%s", prefix, line);
	}
	buf_finish(text);
}

/* What can change at run time does; the rest is named. A broken file changes nothing. */
static void load_again(struct node *node)
{
	struct config *config = NULL;
	struct buf errors, live, restart;

	buf_init(&errors, MAX_TEXT);
	if (config_load(node->cli->config_path, &config, &errors) < 0) {
		log_lines(&errors, "reload: ", log_error);
		log_error("reload: nothing was changed");
		return;
	}
	buf_finish(&errors);
	buf_init(&live, MAX_TEXT);
	buf_init(&restart, MAX_TEXT);
	config_compare(node->live ? node->live : node->config, config, &live, &restart);
	if (!live.length && !restart.length)
		log_info("reload: nothing has changed");
	log_lines(&live, "reload: applied: ", log_info);
	log_lines(&restart, "reload: needs a restart: ", log_info);
	set_log_level(node->cli, config);
	control_reload(node->control, config);
	config_free(node->live);
	node->live = config;
}

/* SIGHUP. */
static void reload(void *user)
{
	notify_send("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_mono_us());
	load_again(user);
	notify_send("READY=1");
}

/* The edges stop last, so that what the end changes is still published. Does not return when a
 * camera's library or the disk is stuck: its thread cannot be joined, so nothing is freed. */
static void stop(struct node *node)
{
	int error = control_stop(node->control);

	http_stop(node->http);
	mqtt_stop(node->mqtt);
	if (error < 0)
		_exit(EXIT_FAILURE);
}

static int start_edges(struct node *node)
{
	int error = 0;

	if (node->config->http.enabled)
		error = http_start(node->control, &node->http);
	if (error == 0 && node->config->mqtt.enabled)
		error = mqtt_start(node->control, &node->mqtt);
	return error;
}

/* All is up: until the end. */
static int serve(struct node *node)
{
	struct watchdog *watchdog;
	int error = watchdog_start(control_heartbeats(node->control), &watchdog);

	if (error < 0)
		return error;
	error = notify_send("READY=1");
	if (error < 0)
		log_error("cannot tell systemd that the node is ready: %s", strerror(-error));
	error = control_run(node->control, reload, node);
	watchdog_stop(watchdog);
	return error;
}

static int run(struct node *node)
{
	int error = control_new(node->config, &node->control);

	if (error < 0)
		return error;
	error = control_start(node->control);
	if (error == 0) {
		error = start_edges(node);
		if (error == 0)
			error = serve(node);
		notify_send("STOPPING=1\nSTATUS=stopping");
		log_info("stopping");
		stop(node);
	}
	control_free(node->control);
	source_finish_all();
	return error;
}

/* Threads inherit the mask; the control loop reads the signals from a descriptor. */
static void block_signals(void)
{
	sigset_t signals;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

/* Once, before there are threads: under systemd the journal gets fields too. */
static void open_journal(const struct config *config)
{
	const char *cameras[CONFIG_MAX_CAMERAS];

	for (size_t i = 0; i < config->camera_count; i++)
		cameras[i] = config->cameras[i].id;
	log_open_journal(JOURNAL_SOCKET, "CAMERA", cameras, config->camera_count);
}

/* Once, before there are threads: without TZ the C library reads the zone's file again each time
 * that a date is converted. */
static void set_time_zone(void)
{
	setenv("TZ", ":/etc/localtime", 0);
	tzset();
}

static int run_node(const struct cli *cli)
{
	struct node node = {.cli = cli};

	if (load(cli, &node.config) < 0)
		return EXIT_USAGE;
	set_log_level(cli, node.config);
	open_journal(node.config);
	set_time_zone();
	block_signals();
	source_init_all();
	log_info("camnode %s: node %s, configuration %s", CAMNODE_VERSION, node.config->node.id,
	         cli->config_path ? cli->config_path : "(defaults)");
	int error = run(&node);
	log_close_journal();
	config_free(node.live);
	config_free(node.config);
	return error < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The memory that a pre-roll takes, with the profile that takes most too, and whether it will do.
 */
static void print_pre_roll(const struct config *config, const struct config_camera *camera)
{
	const struct config_profile *most = config_pre_roll_most(config, camera);
	double mb = (double)config_pre_roll_estimate(camera, NULL) / 1e6;

	if (camera->pre_roll_s <= 0)
		return;
	printf("%s: a pre-roll of %g s of %dx%d at %g fps takes about %.0f MB, ", camera->id,
	       camera->pre_roll_s, camera->width, camera->height, camera->fps, mb);
	if (most) {
		mb = (double)config_pre_roll_estimate(camera, most) / 1e6;
		printf("with the profile \"%s\" (%dx%d at %g fps) %.0f MB, ", most->name,
		       most->width, most->height, most->fps, mb);
	}
	printf("at most pre_roll_mb (%d)", camera->pre_roll_mb);
	if (mb > camera->pre_roll_mb)
		printf(": enough for about %.0f s", camera->pre_roll_s * camera->pre_roll_mb / mb);
	puts("");
}

static void print_schedule(const struct config_camera *camera)
{
	for (size_t i = 0; i < camera->schedule_count; i++) {
		if (camera->schedule[i].when != CONFIG_WHEN_TIME_SYNCED)
			continue;
		printf("%s: its schedule waits until the clock is synchronised (when: "
		       "time_synced), as it is %s\n",
		       camera->id, clock_is_synced() ? "now" : "not now");
		return;
	}
}

static void print_encoder(const struct config_camera *camera)
{
	const char *name = camera->h264_encoder;

	if (!h264_encoder_is_known(name))
		printf("%s: warning: libavcodec has no encoder \"%s\" (h264.encoder): " H264_LIBX264
		       " takes its place\n",
		       camera->id, name);
	else if (!h264_encoder_is_fit(name))
		printf("%s: warning: libavcodec's encoder \"%s\" is not one for H.264 "
		       "(h264.encoder): " H264_LIBX264 " takes its place\n",
		       camera->id, name);
}

/* What pictures show instead of a name that the overlay's font has not the letters for. */
static void print_overlay(const struct config_camera *camera)
{
	const char *label = overlay_label(camera);
	char shown[OVERLAY_TEXT_SIZE];

	text_shown(label, shown, sizeof(shown));
	if (camera->overlay_name && strcmp(shown, camera->name) != 0)
		printf("%s: overlay.name: pictures show \"%s\" for \"%s\": only ASCII can be "
		       "drawn\n",
		       camera->id, shown, camera->name);
}

static void print_room(const struct config_record *record)
{
	uint64_t bytes;

	if (folder_disk_bytes(record, &bytes) == 0 && bytes / 1000000 <= (uint64_t)record->free_mb)
		printf("warning: record.free_mb (%d) is more than the disk of %s has (%llu MB): "
		       "every recording would be deleted\n",
		       record->free_mb, record->dir, (unsigned long long)(bytes / 1000000));
}

static int check_config(const struct cli *cli)
{
	_cleanup_(config_free_p) struct config *config = NULL;

	if (load(cli, &config) < 0)
		return EXIT_USAGE;
	printf("%s is right: %zu camera%s\n", cli->config_path ? cli->config_path : "(defaults)",
	       config->camera_count, config->camera_count == 1 ? "" : "s");
	for (size_t i = 0; i < config->camera_count; i++) {
		print_pre_roll(config, &config->cameras[i]);
		print_schedule(&config->cameras[i]);
		print_encoder(&config->cameras[i]);
		print_overlay(&config->cameras[i]);
	}
	print_room(&config->record);
	return EXIT_SUCCESS;
}

static int print_config(const struct cli *cli)
{
	_cleanup_(config_free_p) struct config *config = NULL;
	struct buf text;

	if (load(cli, &config) < 0)
		return EXIT_USAGE;
	buf_init(&text, MAX_TEXT);
	config_print(config, &text);
	print(&text, stdout);
	return EXIT_SUCCESS;
}

static int list_cameras(const struct cli *cli)
{
	struct buf text;

	log_set_level(LOG_LEVEL_WARN);
	buf_init(&text, MAX_TEXT);
	source_init_all();
	source_list(&text);
	source_finish_all();
	print(&text, stdout);
	return EXIT_SUCCESS;
}

static int hash_password(const struct cli *cli)
{
	_cleanup_free_ char *password = NULL;
	_cleanup_free_ char *hash = NULL;

	if (dialog_read_secret("Password: ", &password) == 0 && *password)
		hash = http_hash_password(password);
	if (!hash) {
		fputs("camnode: no password was given\n", stderr);
		return EXIT_USAGE;
	}
	puts(hash);
	return EXIT_SUCCESS;
}

static int setup(const struct cli *cli)
{
	int error = setup_run(cli);

	if (error == -EINVAL)
		return EXIT_USAGE;
	return error < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int help(const struct cli *cli)
{
	struct buf text;

	buf_init(&text, MAX_TEXT);
	cli_help(&text);
	print(&text, stdout);
	return EXIT_SUCCESS;
}

static int help_config(const struct cli *cli)
{
	struct buf text;

	buf_init(&text, MAX_TEXT);
	config_reference(&text, false);
	print(&text, stdout);
	return EXIT_SUCCESS;
}

static int version(const struct cli *cli)
{
	puts("camnode " CAMNODE_VERSION);
	return EXIT_SUCCESS;
}

static int (*const actions[])(const struct cli *cli) = {
	[CLI_RUN] = run_node,
	[CLI_CHECK_CONFIG] = check_config,
	[CLI_PRINT_CONFIG] = print_config,
	[CLI_LIST_CAMERAS] = list_cameras,
	[CLI_HASH_PASSWORD] = hash_password,
	[CLI_SETUP] = setup,
	[CLI_HELP] = help,
	[CLI_HELP_CONFIG] = help_config,
	[CLI_VERSION] = version,
};

int main(int argc, char **argv)
{
	struct cli cli;
	struct buf error;

	buf_init(&error, MAX_TEXT);
	if (cli_parse(argc, argv, &cli, &error) < 0) {
		print(&error, stderr);
		return EXIT_USAGE;
	}
	buf_finish(&error);
	return actions[cli.action](&cli);
}
