#include "control/control.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/core.h"
#include "media/overlay.h"

#define FINISHER_CAPACITY 64 /* files that wait to be finished */
#define SAVER_CAPACITY 2     /* a save that runs, and one that waits */
#define HEARTBEAT_LIMIT_US (10 * USEC_PER_SEC)
#define STOP_RECORDING_US (8 * USEC_PER_SEC)
#define STOP_DISK_US (2 * USEC_PER_SEC) /* beyond that a disk doesn't answer */

struct status_job {
	struct job job;
	struct unit *unit;
	bool online;
};

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
	job->job = (struct job){.run = status_run};
	job->unit = unit;
	job->online = online;
	control_post_job(unit->control, &job->job);
}

static void mode_run(struct control *control, struct job *job)
{
	report_info(control);
}

/* On the camera's supervisor thread. */
static void on_camera_mode(void *user, struct camera *camera)
{
	struct unit *unit = user;
	struct job *job = calloc(1, sizeof *job);

	if (!job)
		return;
	*job = (struct job){.run = mode_run};
	control_post_job(unit->control, job);
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
	const struct camera_observer observer = {.user = unit,
	                                         .status = on_camera_status,
	                                         .mode = on_camera_mode,
	                                         .controls = settings_on_controls};

	unit->control = control;
	unit->config = unit->live = config;
	unit->start_snapshot_due = config->snapshot_on_start;
	unit->next_snapshot_us =
		clock_mono_us() + (int64_t)config->snapshot_interval_s * USEC_PER_SEC;
	unit->last_stats_us = clock_mono_us();
	unit->camera = camera_new(config, &observer);
	if (!unit->camera)
		return -ENOMEM;
	profiles_init(unit);
	settings_restore(unit);
	const struct recorder_options options = {
		.camera_id = config->id,
		.config = &control->config->record,
		.camera = config,
		.jpeg = camera_hub(unit->camera, FRAME_JPEG),
		.h264 = camera_hub(unit->camera, FRAME_H264),
		.syncer = control->syncer,
		.finisher = control->finisher,
		.event = recordings_on_event,
		.user = unit,
	};
	unit->recorder = recorder_new(&options);
	if (!unit->recorder)
		return -ENOMEM;
	heartbeats_add(&control->heartbeats, camera_heartbeat(unit->camera));
	heartbeats_add(&control->heartbeats, recorder_heartbeat(unit->recorder));
	return timelapses_init(unit);
}

static int init(struct control *control, const struct config *config)
{
	control->config = control->live = config;
	atomic_store(&control->telemetry_interval_s, config->telemetry.interval_s);
	control->signal_fd = control->timer_fd = -1;
	control->started_wall_us = clock_wall_us();
	pthread_mutex_init(&control->mutex, NULL);
	heartbeats_init(&control->heartbeats);
	heartbeat_init(&control->heartbeat, HEARTBEAT_LIMIT_US, "control");
	heartbeats_add(&control->heartbeats, &control->heartbeat);
	machine_unknown(&control->reading);
	rate_init(&control->command_rate, CONTROL_COMMANDS_PER_S, CONTROL_COMMANDS_AT_ONCE);
	control->board = board_new();
	control->pictures = pictures_new();
	control->requests = request_memory_new();
	control->jobs = queue_new(CONTROL_QUEUE_CAPACITY, control_finish_job);
	control->machine = machine_new(config->record.dir);
	control->library = library_new(&(struct library_options){
		.config = &config->record,
		.recovered = recordings_on_recovered,
		.deleted = library_on_deleted,
		.user = control,
	});
	if (control->library)
		control->exporter = exporter_new(&(struct exporter_options){
			.config = config,
			.library = control->library,
			.done = exports_on_done,
			.user = control,
		});
	control->syncer = syncer_new();
	control->finisher = worker_new("finisher", FINISHER_CAPACITY);
	control->saver = worker_new("state", SAVER_CAPACITY);
	if (!control->board || !control->pictures || !control->requests || !control->jobs ||
	    !control->machine || !control->library || !control->exporter || !control->syncer ||
	    !control->finisher || !control->saver)
		return -ENOMEM;
	int error = state_open(config->node.state_dir, &control->state);
	if (error == 0)
		error = open_descriptors(control);
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
		recorder_free(control->units[i].timelapse);
		camera_free(control->units[i].camera);
	}
	exporter_free(control->exporter);
	worker_free(control->finisher);
	syncer_free(control->syncer);
	worker_free(control->saver);
	queue_free(control->jobs); /* after all that posts to it */
	library_free(control->library);
	request_memory_free(control->requests);
	machine_free(control->machine);
	if (control->state)
		saves_now(control);
	state_close(control->state);
	pictures_free(control->pictures);
	board_free(control->board);
	free(control->last_info);
	if (control->signal_fd >= 0)
		close(control->signal_fd);
	if (control->timer_fd >= 0)
		close(control->timer_fd);
	heartbeats_finish(&control->heartbeats);
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
		wishes_resume(unit);
		report_record(unit);
		report_profile(unit);
		report_enabled(unit);
		report_controls(unit);
	}
	return 0;
}

int control_start(struct control *control)
{
	/* The first report comes at once, later ones at a phase of this node's own. */
	const struct itimerspec ticks = {
		.it_interval = {.tv_nsec = 500000000},
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
		library_stop(control->library, STOP_RECORDING_US);
		worker_free(move_ptr(control->worker));
		return error;
	}
	return timerfd_settime(control->timer_fd, 0, &ticks, NULL) < 0 ? -errno : 0;
}

static int shut_down(struct recorder *recorder, int64_t deadline_us)
{
	int64_t left_us = deadline_us - clock_mono_us();

	return recorder ? recorder_shutdown(recorder, left_us > 0 ? left_us : 0) : 0;
}

/* The time limit counts for all together: 0 or -ETIMEDOUT. */
static int shut_down_all(struct control *control, int64_t timeout_us)
{
	int64_t deadline_us = clock_mono_us() + timeout_us;
	int error = 0;

	for (size_t i = 0; i < control->unit_count; i++) {
		if (shut_down(control->units[i].recorder, deadline_us) < 0)
			error = -ETIMEDOUT;
		if (shut_down(control->units[i].timelapse, deadline_us) < 0)
			error = -ETIMEDOUT;
	}
	return error;
}

/* All recordings end together. What is merely slow is kept unfinished: 0; -ETIMEDOUT when the disk
 * does not take even that. */
static int stop_recordings(struct control *control)
{
	for (size_t i = 0; i < control->unit_count; i++) {
		recorder_begin_shutdown(control->units[i].recorder, STOP_RECORDING_US);
		if (control->units[i].timelapse)
			recorder_begin_shutdown(control->units[i].timelapse, STOP_RECORDING_US);
	}
	if (shut_down_all(control, STOP_RECORDING_US) == 0)
		return 0;
	return shut_down_all(control, STOP_DISK_US);
}

int control_stop(struct control *control)
{
	int error = 0, disk_error = stop_recordings(control);

	control_run_jobs(control);
	for (size_t i = 0; i < control->unit_count; i++) {
		if (camera_stop(control->units[i].camera) < 0)
			error = -ETIMEDOUT;
		report_word(control, TOPIC_CAM_STATUS, control->units[i].config->id, "offline");
	}
	if (disk_error == 0)
		disk_error = exporter_stop(control->exporter, STOP_RECORDING_US);
	if (disk_error == 0)
		disk_error = library_stop(control->library, STOP_RECORDING_US);
	if (disk_error == 0)
		worker_free(move_ptr(control->worker));
	else
		log_error("%s: the disk does not answer: the node ends without it, what is "
		          "unfinished there is recovered at the next start",
		          control->config->record.dir);
	control_run_jobs(control);
	if (saves_stop(control, STOP_DISK_US) < 0)
		disk_error = -ETIMEDOUT;
	report_word(control, TOPIC_STATUS, NULL, "offline");
	return error < 0 ? error : disk_error;
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
	atomic_store(&control->telemetry_interval_s, config->telemetry.interval_s);
	for (size_t i = 0; i < control->unit_count; i++) {
		struct unit *unit = &control->units[i];
		const struct config_camera *live = find_camera_config(config, unit->config->id);
		unit->live = live ? live : unit->config;
		profiles_reload(unit);
		camera_set_overlay(unit->camera, overlay_flags(unit->live));
	}
	control->next_reading_us = control->next_report_us = 0;
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

struct state *control_state(struct control *control)
{
	return control->state;
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

struct heartbeats *control_heartbeats(struct control *control)
{
	return &control->heartbeats;
}

int control_telemetry_interval_s(struct control *control)
{
	return atomic_load(&control->telemetry_interval_s);
}
