#include "control/control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/core.h"

#define QUEUE_CAPACITY 2048
/* Commands are refused above this, so that what cameras and recorders report always has room. */
#define QUEUE_COMMANDS 512
#define FINISHER_CAPACITY 64 /* files that wait to be finished */
#define STOP_RECORDING_US (8 * USEC_PER_SEC)

struct command_job {
	struct job job;
	struct command command;
	struct control_origin origin;
	enum code code;
	char text[COMMAND_TEXT_SIZE];
};

struct status_job {
	struct job job;
	struct unit *unit;
	bool online;
	char why[SOURCE_TEXT_SIZE];
};

static void job_free(struct job *job)
{
	free(job);
}

static void finish_job(void *item)
{
	struct job *job = item;

	job->finish(job);
}

void control_post_job(struct control *control, struct job *job)
{
	int error = queue_push(control->jobs, job);

	if (error == 0)
		return;
	if (error != -ESHUTDOWN)
		log_error("control's queue: %s", strerror(-error));
	job->finish(job);
}

static void command_run(struct control *control, struct job *job)
{
	struct command_job *command_job = (struct command_job *)job;
	const struct command *command = &command_job->command;

	if (command_job->code == CODE_OK) {
		commands_execute(control, command, &command_job->origin);
		return;
	}
	log_info("command refused (%s): %s", code_name(command_job->code), command_job->text);
	request_refuse(command, &command_job->origin, command_job->code, command_job->text);
}

/* What speaks against a command before its content does. */
static enum code check_origin(const struct control_origin *origin,
                              char ret_text[static COMMAND_TEXT_SIZE])
{
	if (origin->retained) {
		snprintf(ret_text, COMMAND_TEXT_SIZE,
		         "retained commands are never executed: publish without retain");
		return CODE_RETAINED;
	}
	if (origin->expired) {
		snprintf(ret_text, COMMAND_TEXT_SIZE, "the message has expired");
		return CODE_STALE;
	}
	return CODE_OK;
}

int control_submit(struct control *control, const char *suffix, const void *payload, size_t length,
                   const struct control_origin *origin)
{
	if (queue_length(control->jobs) >= QUEUE_COMMANDS)
		return -ENOSPC;
	struct command_job *job = calloc(1, sizeof *job);
	if (!job)
		return -ENOMEM;
	job->job = (struct job){.run = command_run, .finish = job_free};
	job->origin = *origin;
	job->code = command_parse(suffix, payload, length, &job->command, job->text);
	enum code refused = check_origin(origin, job->text);
	if (refused != CODE_OK)
		job->code = refused;
	int error = queue_push(control->jobs, job);
	if (error < 0)
		free(job);
	return error;
}

static void status_run(struct control *control, struct job *job)
{
	struct status_job *status = (struct status_job *)job;
	struct unit *unit = status->unit;

	report_word(control, TOPIC_CAM_STATUS, unit->config->id,
	            status->online ? "online" : "offline");
	report_info(control);
	report_record(unit);
	snapshots_tick(unit, clock_mono_us());
}

/* On the camera's supervisor thread. */
static void on_camera_status(void *user, struct camera *camera, bool online, const char *why)
{
	struct unit *unit = user;
	struct status_job *job = calloc(1, sizeof *job);

	if (!job)
		return;
	job->job = (struct job){.run = status_run, .finish = job_free};
	job->unit = unit;
	job->online = online;
	snprintf(job->why, sizeof job->why, "%s", why);
	control_post_job(unit->control, &job->job);
}

static void machine_run(struct control *control, struct job *job)
{
	control->machine_busy = false;
	report_info(control);
	report_telemetry(control);
	for (size_t i = 0; i < control->unit_count; i++)
		report_stats(&control->units[i]);
}

/* On the worker: /proc and statvfs may block. */
static void read_machine(void *arg)
{
	struct control *control = arg;
	struct machine_reading reading;
	struct job *job = calloc(1, sizeof *job);

	machine_read(control->machine, &reading);
	pthread_mutex_lock(&control->mutex);
	control->reading = reading;
	pthread_mutex_unlock(&control->mutex);
	if (!job)
		return;
	*job = (struct job){.run = machine_run, .finish = job_free};
	control_post_job(control, job);
}

static void tick(struct control *control)
{
	int64_t now_us = clock_mono_us();

	for (size_t i = 0; i < control->unit_count; i++)
		snapshots_tick(&control->units[i], now_us);
	if (now_us < control->next_report_us || control->machine_busy)
		return;
	control->next_report_us =
		now_us + (int64_t)control->live->telemetry.interval_s * USEC_PER_SEC;
	control->machine_busy = worker_submit(control->worker, read_machine, control) == 0;
}

static void run_jobs(struct control *control)
{
	void *item;

	while (queue_try_pop(control->jobs, &item) == 0) {
		struct job *job = item;
		job->run(control, job);
		job->finish(job);
	}
}

static void handle_signal(struct control *control, void (*reload)(void *user), void *user)
{
	struct signalfd_siginfo info;

	if (read(control->signal_fd, &info, sizeof info) != sizeof info)
		return;
	if (info.ssi_signo == SIGHUP && reload)
		reload(user);
	else if (info.ssi_signo != SIGHUP)
		control->quit = true;
}

int control_run(struct control *control, void (*reload)(void *user), void *user)
{
	struct pollfd fds[] = {
		{.fd = control->signal_fd, .events = POLLIN},
		{.fd = queue_fd(control->jobs), .events = POLLIN},
		{.fd = control->timer_fd, .events = POLLIN},
	};
	uint64_t expirations;

	while (!control->quit) {
		if (poll(fds, sizeof fds / sizeof *fds, -1) < 0 && errno != EINTR)
			return -errno;
		if (fds[0].revents)
			handle_signal(control, reload, user);
		if (fds[1].revents)
			run_jobs(control);
		if (fds[2].revents && read(control->timer_fd, &expirations, sizeof expirations) > 0)
			tick(control);
	}
	return 0;
}

static void quit_run(struct control *control, struct job *job)
{
	control->quit = true;
}

void control_quit(struct control *control)
{
	struct job *job = calloc(1, sizeof *job);

	if (!job)
		return;
	*job = (struct job){.run = quit_run, .finish = job_free};
	control_post_job(control, job);
}

static int open_descriptors(struct control *control)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	control->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	control->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return control->signal_fd < 0 || control->timer_fd < 0 ? -errno : 0;
}

static int add_unit(struct control *control, const struct config_camera *config)
{
	struct unit *unit = &control->units[control->unit_count++];
	const struct camera_observer observer = {.user = unit, .status = on_camera_status};

	unit->control = control;
	unit->config = unit->live = config;
	unit->start_snapshot_due = config->snapshot_on_start;
	unit->next_snapshot_us =
		clock_mono_us() + (int64_t)config->snapshot_interval_s * USEC_PER_SEC;
	unit->last_stats_us = clock_mono_us();
	unit->camera = camera_new(config, &observer);
	if (!unit->camera)
		return -ENOMEM;
	const struct recorder_options options = {
		.camera_id = config->id,
		.config = &control->config->record,
		.jpeg = camera_hub(unit->camera, FRAME_JPEG),
		.h264 = camera_hub(unit->camera, FRAME_H264),
		.syncer = control->syncer,
		.finisher = control->finisher,
		.event = recordings_on_event,
		.user = unit,
	};
	unit->recorder = recorder_new(&options);
	return unit->recorder ? 0 : -ENOMEM;
}

static int init(struct control *control, const struct config *config)
{
	control->config = control->live = config;
	control->signal_fd = control->timer_fd = -1;
	control->started_wall_us = clock_wall_us();
	pthread_mutex_init(&control->mutex, NULL);
	control->board = board_new();
	control->pictures = pictures_new();
	control->requests = request_memory_new();
	control->jobs = queue_new(QUEUE_CAPACITY, finish_job);
	control->machine = machine_new(config->record.dir);
	control->library = library_new(config->record.dir, recordings_on_recovered, control);
	control->syncer = syncer_new();
	control->finisher = worker_new("finisher", FINISHER_CAPACITY);
	if (!control->board || !control->pictures || !control->requests || !control->jobs ||
	    !control->machine || !control->library || !control->syncer || !control->finisher)
		return -ENOMEM;
	int error = open_descriptors(control);
	for (size_t i = 0; i < config->camera_count && error == 0; i++)
		error = add_unit(control, &config->cameras[i]);
	return error;
}

int control_new(const struct config *config, struct control **ret_control)
{
	struct control *control = calloc(1, sizeof *control);

	if (!control)
		return -ENOMEM;
	int error = init(control, config);
	if (error < 0) {
		log_error("cannot start control: %s", strerror(-error));
		control_free(control);
		return error;
	}
	*ret_control = control;
	return 0;
}

void control_free(struct control *control)
{
	if (!control)
		return;
	for (size_t i = 0; i < control->unit_count; i++) {
		recorder_free(control->units[i].recorder);
		camera_free(control->units[i].camera);
	}
	worker_free(control->finisher);
	syncer_free(control->syncer);
	queue_free(control->jobs); /* after all that posts to it */
	library_free(control->library);
	request_memory_free(control->requests);
	machine_free(control->machine);
	pictures_free(control->pictures);
	board_free(control->board);
	free(control->last_info);
	if (control->signal_fd >= 0)
		close(control->signal_fd);
	if (control->timer_fd >= 0)
		close(control->timer_fd);
	pthread_mutex_destroy(&control->mutex);
	free(control);
}

static int start_units(struct control *control)
{
	for (size_t i = 0; i < control->unit_count; i++) {
		struct unit *unit = &control->units[i];
		int error = camera_start(unit->camera);
		if (error < 0) {
			log_error("%s: cannot start: %s", unit->config->id, strerror(-error));
			while (i-- > 0)
				camera_stop(control->units[i].camera);
			return error;
		}
		report_word(control, TOPIC_CAM_STATUS, unit->config->id, "offline");
		report_record(unit);
	}
	return 0;
}

int control_start(struct control *control)
{
	/* The first report comes at once, later ones at a phase of this node's own. */
	const struct itimerspec every_second = {
		.it_interval = {.tv_sec = 1},
		.it_value = {.tv_nsec = 1 + (long)backoff_random(999999999)},
	};

	control->worker = worker_new("machine", 4);
	if (!control->worker)
		return -ENOMEM;
	if (library_start(control->library) < 0)
		log_error("cannot read the recordings of before");
	report_info(control);
	report_word(control, TOPIC_STATUS, NULL, "online");
	int error = start_units(control);
	if (error < 0) {
		library_stop(control->library);
		worker_free(move_ptr(control->worker));
		return error;
	}
	return timerfd_settime(control->timer_fd, 0, &every_second, NULL) < 0 ? -errno : 0;
}

/* All recordings end together, so that the time limit counts for the slowest only. */
static void stop_recordings(struct control *control)
{
	int64_t deadline_us = clock_mono_us() + STOP_RECORDING_US;

	for (size_t i = 0; i < control->unit_count; i++)
		recorder_stop(control->units[i].recorder, RECORDER_BY_SHUTDOWN);
	for (size_t i = 0; i < control->unit_count; i++) {
		int64_t left_us = deadline_us - clock_mono_us();
		recorder_shutdown(control->units[i].recorder, left_us > 0 ? left_us : 0);
	}
}

void control_stop(struct control *control)
{
	stop_recordings(control);
	run_jobs(control);
	for (size_t i = 0; i < control->unit_count; i++) {
		camera_stop(control->units[i].camera);
		report_word(control, TOPIC_CAM_STATUS, control->units[i].config->id, "offline");
	}
	library_stop(control->library);
	worker_free(move_ptr(control->worker));
	run_jobs(control);
	report_word(control, TOPIC_STATUS, NULL, "offline");
}

static const struct config_camera *find_camera_config(const struct config *config, const char *id)
{
	for (size_t i = 0; i < config->camera_count; i++) {
		if (strcmp(config->cameras[i].id, id) == 0)
			return &config->cameras[i];
	}
	return NULL;
}

void control_reload(struct control *control, const struct config *config)
{
	control->live = config;
	for (size_t i = 0; i < control->unit_count; i++) {
		struct unit *unit = &control->units[i];
		const struct config_camera *live = find_camera_config(config, unit->config->id);
		unit->live = live ? live : unit->config;
		camera_set_quality(unit->camera, unit->live->jpeg_quality);
	}
	control->next_report_us = 0;
}

struct board *control_board(struct control *control)
{
	return control->board;
}

const struct config *control_config(const struct control *control)
{
	return control->config;
}

size_t control_camera_count(const struct control *control)
{
	return control->unit_count;
}

struct camera *control_camera(struct control *control, size_t index)
{
	return control->units[index].camera;
}

struct camera *control_find_camera(struct control *control, const char *id)
{
	for (size_t i = 0; i < control->unit_count; i++) {
		if (strcmp(control->units[i].config->id, id) == 0)
			return control->units[i].camera;
	}
	return NULL;
}

struct recorder *control_recorder(struct control *control, size_t index)
{
	return control->units[index].recorder;
}

struct library *control_library(struct control *control)
{
	return control->library;
}

struct pictures *control_pictures(struct control *control)
{
	return control->pictures;
}

void control_machine(struct control *control, struct machine_reading *ret_reading)
{
	pthread_mutex_lock(&control->mutex);
	*ret_reading = control->reading;
	pthread_mutex_unlock(&control->mutex);
}

void control_set_broker(struct control *control, bool connected, size_t max_packet_bytes)
{
	pthread_mutex_lock(&control->mutex);
	control->broker_connected = connected;
	control->max_packet_bytes = max_packet_bytes;
	pthread_mutex_unlock(&control->mutex);
}

bool control_broker_connected(struct control *control)
{
	pthread_mutex_lock(&control->mutex);
	bool connected = control->broker_connected;
	pthread_mutex_unlock(&control->mutex);
	return connected;
}
