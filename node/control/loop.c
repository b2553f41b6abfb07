/*
 * The control loop: takes jobs, signals and ticks of its timer, one after the other.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/clock.h"
#include "base/log.h"
#include "camera/supervisor.h"
#include "control/core.h"

/* Commands are refused above this, so that what cameras and recorders report always has room. */
#define MAX_COMMANDS (CONTROL_QUEUE_CAPACITY / 4)

/* How often the governor looks, unless hold_s or recover_s are shorter. */
#define GOVERNOR_READING_S 10.0
#define GOVERNOR_MIN_READING_S 1.0

#define TIDY_US (2 * USEC_PER_SEC) /* how often the library looks after itself */

struct command_job {
	struct job job;
	struct command command;
	struct control_origin origin;
	enum code code;
	char text[COMMAND_TEXT_SIZE];
};

void control_finish_job(void *item)
{
	struct job *job = item;

	if (job->finish)
		job->finish(job);
	else
		free(job);
}

void control_post_job(struct control *control, struct job *job)
{
	int error = queue_push(control->jobs, job);

	if (error == 0)
		return;
	if (error != -ESHUTDOWN)
		log_error("control's queue: %s", strerror(-error));
	control_finish_job(job);
}

static void command_run(struct control *control, struct job *job)
{
	struct command_job *command_job = (struct command_job *)job;
	const struct command *command = &command_job->command;

	if (command_job->code == CODE_OK) {
		commands_execute(control, command, &command_job->origin);
		return;
	}
	request_refuse(control->requests, command, &command_job->origin, command_job->code,
	               command_job->text);
}

static bool is_too_fast(struct control *control)
{
	pthread_mutex_lock(&control->mutex);
	bool too_fast = !rate_take(&control->command_rate, clock_mono_us());
	pthread_mutex_unlock(&control->mutex);
	return too_fast;
}

/* What speaks against a command before its content does. */
static enum code check_origin(struct control *control, const struct control_origin *origin,
                              char ret_text[static COMMAND_TEXT_SIZE])
{
	if (is_too_fast(control)) {
		snprintf(ret_text, COMMAND_TEXT_SIZE, "more than %d commands a second",
		         CONTROL_COMMANDS_PER_S);
		return CODE_RATE_LIMITED;
	}
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
	if (queue_length(control->jobs) >= MAX_COMMANDS)
		return -ENOSPC;
	struct command_job *job = calloc(1, sizeof *job);
	if (!job)
		return -ENOMEM;
	job->job = (struct job){.run = command_run};
	job->origin = *origin;
	job->code = command_parse(suffix, payload, length, &job->command, job->text);
	enum code refused = check_origin(control, origin, job->text);
	if (refused != CODE_OK)
		job->code = refused;
	int error = queue_push(control->jobs, job);
	if (error < 0)
		free(job);
	return error;
}

static void machine_run(struct control *control, struct job *job)
{
	control->machine_busy = false;
	steps_take(control);
	if (!control->report_due)
		return;
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
	*job = (struct job){.run = machine_run};
	control_post_job(control, job);
}

/* libcamera allows one manager a process, so that a call of it that never returns can only be got
 * over by a new one: systemd starts it. */
static void check_stuck(struct control *control, struct unit *unit)
{
	const char *call = camera_stuck(unit->camera);

	if (!call || control->stuck)
		return;
	log_error("%s: the camera's library is stuck in %s() for %d s: ending, to be started again",
	          unit->config->id, call, (int)(SUPERVISOR_STUCK_US / USEC_PER_SEC));
	control->stuck = control->quit = true;
}

static void tick_unit(struct unit *unit, int64_t now_us)
{
	snapshots_tick(unit, now_us);
	wishes_tick(unit, now_us);
	timelapses_tick(unit, now_us);
	recordings_tick(unit);
	check_stuck(unit->control, unit);
}

static int64_t governor_reading_us(const struct config_governor *governor)
{
	double shortest_s = fmin(governor->hold_s, governor->recover_s);
	double seconds = fmin(fmax(shortest_s, GOVERNOR_MIN_READING_S), GOVERNOR_READING_S);

	return (int64_t)(seconds * (double)USEC_PER_SEC);
}

/* As often as telemetry is due, and as the governor needs it. */
static void start_reading(struct control *control, int64_t now_us)
{
	const struct config *config = control->live;
	int64_t report_us = (int64_t)config->telemetry.interval_s * USEC_PER_SEC;
	int64_t governor_us = governor_reading_us(&config->governor);
	bool often = config->governor.enabled && report_us > governor_us;

	control->next_reading_us = now_us + (often ? governor_us : report_us);
	control->report_due = now_us >= control->next_report_us;
	if (control->report_due)
		control->next_report_us = now_us + report_us;
	control->machine_busy = worker_submit(control->worker, read_machine, control) == 0;
}

static void tidy_library(struct control *control)
{
	struct recorder_status status;
	uint64_t part_bytes = 0;

	for (size_t i = 0; i < control->unit_count; i++) {
		recorder_status(control->units[i].recorder, &status);
		part_bytes += status.file_bytes;
		if (!control->units[i].timelapse)
			continue;
		recorder_status(control->units[i].timelapse, &status);
		part_bytes += status.file_bytes;
	}
	library_expect(control->library, part_bytes);
	library_tick(control->library);
}

static void tick(struct control *control)
{
	int64_t now_us = clock_mono_us();

	for (size_t i = 0; i < control->unit_count; i++)
		tick_unit(&control->units[i], now_us);
	saves_tick(control, now_us);
	if (now_us >= control->next_tidy_us) {
		control->next_tidy_us = now_us + TIDY_US;
		tidy_library(control);
		report_summary(control);
	}
	if (now_us >= control->next_reading_us && !control->machine_busy)
		start_reading(control, now_us);
}

void control_run_jobs(struct control *control)
{
	void *item;

	while (queue_try_pop(control->jobs, &item) == 0) {
		struct job *job = item;
		job->run(control, job);
		control_finish_job(job);
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
		heartbeat_beat(&control->heartbeat);
		if (poll(fds, sizeof fds / sizeof *fds, -1) < 0 && errno != EINTR)
			return -errno;
		if (fds[0].revents)
			handle_signal(control, reload, user);
		if (fds[1].revents)
			control_run_jobs(control);
		if (fds[2].revents && read(control->timer_fd, &expirations, sizeof expirations) > 0)
			tick(control);
	}
	heartbeat_rest(&control->heartbeat);
	return control->stuck ? -ETIMEDOUT : 0;
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
	*job = (struct job){.run = quit_run};
	control_post_job(control, job);
}
