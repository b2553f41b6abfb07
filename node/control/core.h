/*
 * Control's inside, shared by control.c (life), loop.c, commands.c (what commands do), snapshots.c,
 * recordings.c, saves.c and reports.c (what is posted). Everything here belongs to the control
 * thread unless it says otherwise.
 */
#ifndef CAMNODE_CONTROL_CORE_H
#define CAMNODE_CONTROL_CORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/heartbeat.h"
#include "base/log.h"
#include "base/queue.h"
#include "base/worker.h"
#include "control/control.h"
#include "control/governor.h"
#include "control/rate.h"
#include "control/request.h"
#include "control/summary.h"
#include "record/exporter.h"
#include "record/syncer.h"

/* Who wants the camera to record; wishes.c. */
struct wish {
	bool by_command;
	int64_t duration_us;  /* of the command's wish; 0: open end */
	bool has_begun;       /* it counts: the first frame is there */
	int64_t ends_us;      /* its end once it has begun, monotonic */
	int64_t ends_wall_us; /* the same of a resumed one while the clock may be wrong, else 0 */
	enum config_record_format format;
	char label[RECORDER_LABEL_SIZE];
	int64_t window_us; /* when the schedule's newest window that is on began, or SCHEDULE_OFF */
	int64_t refused_us;   /* the same when an OFF came: holds until a later one begins */
	bool waits_for_clock; /* the window has begun, if the clock is right, which nobody knows */
	bool is_resuming;     /* what ran before a restart has not begun again yet */
	bool had_begun;       /* what is being resumed: its duration goes on counting */
	int64_t clock_ahead_us; /* the wall clock of the monotonic one */
	int64_t retry_us;       /* of the window's recording, or of the resumed one */
};

/* One camera with its recorder, and what was last said of them. */
struct unit {
	struct control *control;
	const struct config_camera *config; /* what camera and recorder run with */
	const struct config_camera *live;   /* the same, or a newer one after a reload */
	struct camera *camera;
	struct profile_set profiles;
	struct recorder *recorder;
	struct recorder *timelapse; /* NULL: none */
	int64_t timelapse_retry_us;
	struct log_repeat timelapse_log;
	struct wish wish;
	char record_error[192];  /* of the last recording, "" if none */
	char failed_id[ID_SIZE]; /* of the last recording that failed */
	bool disk_stuck;         /* as was told */
	char last_file[RECORDER_FILE_SIZE];
	int64_t next_snapshot_us; /* of the interval; 0: none is due */
	bool start_snapshot_due;
	bool snapshot_pending; /* one of ours (start, interval) is being taken */
	struct camera_stats last_stats;
	uint64_t last_bytes; /* of the JPEG hub */
	int64_t last_stats_us;
	struct camera_stats governed; /* when the governor looked last */
	bool works;                   /* it encoded something then */
};

/* A reply that promises that a setting outlives a restart: it waits for the save; saves.c. */
struct promise {
	struct request *request;
	uint64_t save; /* the first that has the setting in it */
	int64_t until_us;
};

#define CONTROL_MAX_PROMISES 256 /* more than the rate of commands allows in their time */

/* Something that happened elsewhere, to be handled on the control thread. Embedded as first member.
 */
struct job {
	void (*run)(struct control *control, struct job *job);
	void (*finish)(struct job *job); /* also when it never ran; NULL: free() does */
};

struct control {
	const struct config *config; /* of the start */
	const struct config *live;   /* of the last reload */
	struct board *board;
	struct pictures *pictures;
	struct library *library;
	struct exporter *exporter;
	struct state *state;
	struct worker *saver;    /* of the state */
	struct machine *machine; /* the worker's thread only */
	struct worker *worker;   /* reads the machine */
	struct syncer *syncer;   /* of all recorders */
	struct worker *finisher; /* of all recorders */
	struct request_memory *requests;
	struct queue *jobs;
	struct unit units[CONFIG_MAX_CAMERAS];
	size_t unit_count;
	struct heartbeats heartbeats;
	struct heartbeat heartbeat; /* of the loop */
	int signal_fd, timer_fd;
	bool quit;
	bool stuck; /* a camera's library does not answer any more */
	int64_t started_wall_us;
	struct governor governor;
	int64_t next_reading_us, next_report_us, next_tidy_us;
	char summary[SUMMARY_SIZE]; /* as systemd was told */
	bool report_due;            /* with the reading that is being made */
	char *last_info;            /* to post it on change only */
	char url[256];              /* "http://host:port", "" while bound to loopback */
	struct promise promises[CONTROL_MAX_PROMISES]; /* oldest first */
	size_t promise_count;
	int64_t next_save_us; /* when one that failed is tried again */

	pthread_mutex_t mutex;
	struct machine_reading reading; /* guarded by mutex */
	bool machine_busy;              /* control thread */
	bool broker_connected;          /* guarded by mutex */
	size_t max_packet_bytes;        /* guarded by mutex */
	struct rate command_rate;       /* guarded by mutex */
	atomic_bool save_queued;
	atomic_uint_fast64_t saves_wanted; /* so often */
	atomic_int save_error;             /* of the last save: 0 or -errno */
	atomic_int telemetry_interval_s;   /* of `live` */
	struct log_repeat save_failure;    /* the saver's thread, or after it */
};

#define CONTROL_QUEUE_CAPACITY 2048 /* jobs */

/* loop.c. Any thread. Frees the job if the queue is full (logged) or closed. */
void control_post_job(struct control *control, struct job *job);

void control_finish_job(void *item); /* as its finish says */

/* Runs all jobs that wait. */
void control_run_jobs(struct control *control);

/*
 * Executes one kind of command for the cameras meant (none when it is the node's own): for each one
 * request_expect(), and request_answer() now or later; at least one in all. commands.c has the
 * table.
 */
typedef void (*command_executor)(struct control *control, struct request *request,
                                 struct unit *const units[], size_t count);

/* commands.c: `command` has been parsed; checks what only control knows and executes. */
void commands_execute(struct control *control, const struct command *command,
                      const struct control_origin *origin);

/* True when `expires_at` has passed; only a synced clock can tell. */
bool commands_is_stale(const struct command *command, int64_t wall_us, bool synced);

/* snapshots.c: takes a picture and posts it; `request` (or NULL) gets an answer. 0 or the code why
 * not. */
enum code snapshots_take(struct unit *unit, const struct command *command, const char *trigger,
                         struct request *request, char ret_text[static COMMAND_TEXT_SIZE]);
void snapshots_tick(struct unit *unit, int64_t now_us);

/* reports.c: each builds a payload and posts it. */
void report_word(struct control *control, enum topic_kind kind, const char *camera,
                 const char *word);
void report_info(struct control *control);
void report_telemetry(struct control *control);
void report_stats(struct unit *unit);
void report_profile(struct unit *unit);
void report_record(struct unit *unit);
void report_event(struct control *control, const char *type, const char *camera,
                  const json_t *data);         /* borrowed */
void report_summary(struct control *control);  /* to systemd */
json_t *report_record_data(struct unit *unit); /* the state of `record` as an object, new */

/* Writes "<url>/<path>" or "" while nobody else can reach this node. */
void report_url(struct control *control, char *ret_url, size_t size, const char *path);

/* profiles.c: after the camera was made; what node.yaml, or a command of earlier, says holds. */
void profiles_init(struct unit *unit);

/* Chooses for `by`, or takes back (NULL); when another profile holds now, the camera switches and
 * the change is told. `message`: why, for people, or "". */
void profiles_choose(struct unit *unit, enum profile_by by, const struct profile *profile,
                     const char *message);

/* NULL, and `ret_text` says which there are. */
const struct profile *profiles_find(const struct unit *unit, const char *name,
                                    char ret_text[static COMMAND_TEXT_SIZE]);

/* By hand; "auto" takes that back. */
enum code profiles_set(struct unit *unit, const struct command *command,
                       char ret_text[static COMMAND_TEXT_SIZE]);
json_t *profiles_data(const struct unit *unit); /* of the reply, new */
void profiles_reload(struct unit *unit);        /* jpeg.quality may have changed */

/* steps.c: after each reading of the machine; what the governor decides is done. */
void steps_take(struct control *control);

/* kept.c: what outlives a restart, by name: a new reference, NULL when nothing is kept; NULL
 * forgets it: 0 or -errno (logged). */
json_t *kept_get(const struct unit *unit, const char *name);
int kept_set(const struct unit *unit, const char *name, const json_t *value);

/* saves.c: the reply of a request waits until what was set so far is saved, or cannot be: then its
 * message says so. */
void saves_await(struct control *control, struct request *request);
void saves_tick(struct control *control, int64_t now_us);
int saves_stop(struct control *control, int64_t timeout_us); /* 0 or -ETIMEDOUT (logged) */
int saves_now(struct control *control);                      /* blocks; once the saver has ended */

/* settings.c: the privacy switch and the controls. */
void settings_restore(struct unit *unit); /* what outlived a restart; before the camera starts */
void settings_on_controls(void *user, struct camera *camera); /* the camera's observer */
void settings_enable(struct control *control, struct request *request, struct unit *const units[],
                     size_t count);
void settings_tune(struct control *control, struct request *request, struct unit *const units[],
                   size_t count);
void report_enabled(struct unit *unit);
void report_controls(struct unit *unit);

/* wishes.c */
void wishes_resume(struct unit *unit); /* at start: what ran before */
void wishes_add(struct unit *unit, const struct recorder_request *request); /* of a command */
bool wishes_end_sooner(const struct unit *unit, int64_t duration_us); /* if that is added now */
void wishes_begun(struct unit *unit);                                 /* the first frame is there */
void wishes_refuse(struct unit *unit);                                /* OFF by command */
void wishes_switched_off(struct unit *unit); /* the camera: what was wanted of it is over */
void wishes_ended(struct unit *unit, enum recorder_reason reason);
bool wishes_are_scheduled(const struct unit *unit); /* the schedule wants it now */
bool wishes_are_held(const struct unit *unit);      /* it would, but for an OFF */
void wishes_tick(struct unit *unit, int64_t now_us);

/* timelapses.c */
int timelapses_init(struct unit *unit); /* 0 or -ENOMEM */
void timelapses_tick(struct unit *unit, int64_t now_us);

/* recordings.c */
enum code recordings_set(struct unit *unit, const struct command *command, enum command_state state,
                         char ret_text[static COMMAND_TEXT_SIZE], bool *ret_already);
enum code recordings_start_scheduled(struct unit *unit, char ret_text[static COMMAND_TEXT_SIZE]);
void recordings_post(struct unit *unit, const char *type, const struct recorder_event *event);
json_t *recordings_json(struct control *control,
                        const struct payload_recording *recording); /* new */
void recordings_enter(struct control *control, const char *camera,
                      const struct recorder_event *event); /* into the library */
void recordings_on_event(void *user, const char *camera_id, const struct recorder_event *event);
void recordings_tick(struct unit *unit);
void recordings_on_recovered(void *user, const struct library_item *item, const char *id);

/* library_commands.c: the executor of `recordings`, and the library's report of a deletion. */
void library_execute(struct control *control, struct request *request, struct unit *const units[],
                     size_t count);
void library_on_deleted(void *user, const struct library_item *item, const char *reason);

/* exports.c: makes H.264 of a recording; done, or not, is an event. The item is the recording, or
 * its export when that is there `already`. */
enum code exports_start(struct control *control, const char *file, struct library_item *ret_item,
                        bool *ret_already, char ret_text[static COMMAND_TEXT_SIZE]);
void exports_on_done(void *user, const char *source, int error, const struct library_item *item);

#endif
