/*
 * Control: the one writer. Owns cameras, recorders, the library and all state, executes commands
 * and posts every change on the board. Runs on the main thread: poll on signalfd, its queue and a
 * timerfd; never blocks. MQTT and HTTP are two carriers of the same commands: they call
 * control_submit() and get the reply by callback.
 */
#ifndef CAMNODE_CONTROL_CONTROL_H
#define CAMNODE_CONTROL_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/heartbeat.h"
#include "base/machine.h"
#include "camera/camera.h"
#include "config/config.h"
#include "config/state.h"
#include "control/board.h"
#include "control/pictures.h"
#include "proto/command.h"
#include "proto/payload.h"
#include "record/library.h"
#include "record/recorder.h"

/* Commands above this are refused as `rate_limited`, by whatever carrier they come. */
#define CONTROL_COMMANDS_PER_S 50
#define CONTROL_COMMANDS_AT_ONCE 100

struct control;

/* `config` is borrowed until control_free(). 0 or -errno (logged). Starts nothing. */
int control_new(const struct config *config, struct control **ret_control);
void control_free(struct control *control); /* takes NULL */

/* Starts cameras, library and timers. 0 or -errno. */
int control_start(struct control *control);

/*
 * The control loop, until SIGTERM or SIGINT (0) or control_quit(); or -ETIMEDOUT when a camera's
 * library is stuck (logged). `reload` (may be NULL) is called on SIGHUP. Signals must be blocked
 * before any thread starts (main does).
 */
int control_run(struct control *control, void (*reload)(void *user), void *user);
void control_quit(struct control *control); /* any thread */

/* Takes over what can change at run time from a newer configuration, which is borrowed until the
 * next reload or control_free(). Control thread (from the reload callback). */
void control_reload(struct control *control, const struct config *config);

/* Ends recordings, cameras and library, all bounded. Edges must be stopped or ready for hubs to
 * close. -ETIMEDOUT when a camera's library is stuck, or the disk of the recordings or the state
 * (logged): a thread is left behind, nothing may be freed, and the process has to end. */
int control_stop(struct control *control);

/* Where a command came from. The callback is called exactly once unless submit fails, on the
 * control thread (or the caller's); it must only copy and enqueue. `json` is "" when no reply is
 * due. */
struct control_origin {
	bool retained;    /* the broker's retain flag: refused */
	bool expired;     /* message expiry has passed: refused as stale */
	bool wants_reply; /* a response topic, or HTTP: always reply; else only with an id or on
	                     failure */
	void (*reply)(void *user, enum code code, const char *json);
	void *user;
};

/* Parses and enqueues: 0, -ENOSPC when the queue is full (the caller answers "busy" itself). */
int control_submit(struct control *control, const char *suffix, const void *payload, size_t length,
                   const struct control_origin *origin);

struct board *control_board(struct control *control);
const struct config *control_config(const struct control *control);
size_t control_camera_count(const struct control *control);
struct camera *control_camera(struct control *control, size_t index);
struct recorder *control_recorder(struct control *control, size_t index);
struct library *control_library(struct control *control);

/* A recording as lists show it; all is borrowed. */
struct payload_item library_payload(const struct library_item *item, const char *url,
                                    const char *thumbnail_url);
struct pictures *control_pictures(struct control *control);

/* What outlives a restart: who sets something there has it saved, soon, by a worker; control_free()
 * saves too. Any thread. */
struct state *control_state(struct control *control);
void control_save_state(struct control *control);

/* How the last save went: 0 or -errno; -ETIMEDOUT: the disk lets one wait. A save that failed is
 * tried again. Any thread. */
int control_save_error(struct control *control);

/* The last reading of the machine (a copy, any thread). */
void control_machine(struct control *control, struct machine_reading *ret_reading);

/* The MQTT client reports its connection and the broker's limits (any thread). */
void control_set_broker(struct control *control, bool connected, size_t max_packet_bytes);
bool control_broker_connected(struct control *control);

/* Of the control loop, the cameras, the recorders; the edges add theirs while they run. */
struct heartbeats *control_heartbeats(struct control *control);

/* How often telemetry is posted; a reload may change it (any thread). */
int control_telemetry_interval_s(struct control *control);

#endif
