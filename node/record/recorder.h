/*
 * The recorder of one camera: reads the shared frames of a hub and writes them to files, one
 * recording at a time. With a pre-roll configured it reads the JPEGs all its life, so that the last
 * seconds are held. A file is `X.part.mp4` while it runs (fragmented, plays after any cut) and
 * becomes the ordinary `X.mp4` when it ends. Segments end every `segment_s`.
 *
 * Threads: a writer per recorder (reads the hub, writes; asleep between recordings), and for all
 * recorders together one file-sync (record/syncer.h) and one finisher that makes the whole files,
 * so that no frame of the next segment has to wait. recorder_start()/stop() come from the control
 * thread, never block. Everything else is reported to the observer, on the writer's or the
 * finisher's thread.
 */
#ifndef CAMNODE_RECORD_RECORDER_H
#define CAMNODE_RECORD_RECORDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/heartbeat.h"
#include "base/str.h"
#include "base/worker.h"
#include "config/config.h"
#include "media/hub.h"
#include "record/syncer.h"

#define RECORDER_FILE_SIZE 256 /* a path below the recording folder */
#define RECORDER_LABEL_SIZE 65 /* what people call a recording */

/*
 * Each recording ends with exactly one FINISHED that has `last` set; its `file` is "" when there is
 * none to report with it (nothing was written, its file is gone, or the camera is away and its file
 * was reported).
 */
enum recorder_event_type {
	RECORDER_STARTED,  /* frames are being written: the first ones, and again after WAITING */
	RECORDER_WAITING,  /* armed: no frames now (the camera is away) */
	RECORDER_FINISHED, /* a file is whole (segments too), or its `.part` is kept as it is */
	RECORDER_FAILED,   /* `error` of the disk: what was written stays, and is told by the
	                    * FINISHED that follows. The recording goes on as soon as it can, in a
	                    * new file, with STARTED; with `last` it ends. Or a file was lost. */
};

enum recorder_reason {
	RECORDER_BY_COMMAND,
	RECORDER_BY_DURATION,
	RECORDER_BY_SCHEDULE,
	RECORDER_BY_SEGMENT,
	RECORDER_BY_CAMERA, /* the camera went away or changed its format */
	RECORDER_BY_SHUTDOWN,
	RECORDER_BY_ERROR,
	RECORDER_BY_RECOVERY,
};
const char *recorder_reason_name(enum recorder_reason reason); /* "command", … */

struct recorder_event {
	enum recorder_event_type type;
	char id[ID_SIZE];              /* of the recording */
	char file[RECORDER_FILE_SIZE]; /* relative to the folder, "" if none */
	uint64_t bytes, frames;
	uint64_t dropped; /* frames of the camera that are missing, wherever they were lost */
	int64_t started_wall_us; /* of the file */
	double duration_s;       /* of the file */
	enum config_record_format format;
	char label[RECORDER_LABEL_SIZE];
	enum recorder_reason reason;
	bool last;      /* FINISHED, FAILED: the recording is over */
	int error;      /* FAILED, or FINISHED with a kept `.part`: -ENOSPC, -EACCES, -EIO, … */
	char text[160]; /* of the error, for people; else "" */
};

struct recorder;

struct recorder_options {
	const char *camera_id;              /* copied */
	const struct config_record *config; /* borrowed for life */
	const struct config_camera *camera; /* borrowed for life; NULL: no pre-roll, no timelapse */
	struct hub *jpeg, *h264;            /* the camera's; borrowed for life; h264 may be NULL */
	struct syncer *syncer;              /* one for all recorders; borrowed for life */
	struct worker *finisher;            /* one for all recorders; borrowed for life */
	/* The wall clock, a label for times; NULL: the machine's. Any thread. */
	int64_t (*wall_from_mono_us)(int64_t mono_us);
	void (*event)(void *user, const char *camera_id, const struct recorder_event *event);
	void *user;
	/* Set by the recorder. Frames are written until the second. */
	struct heartbeat *heartbeat;
	const atomic_int_least64_t *cut_off_us;
};

struct recorder *recorder_new(const struct recorder_options *options);

/* After recorder_shutdown(). Waits for a file that is being finished right now. Takes NULL. */
void recorder_free(struct recorder *recorder);

struct recorder_request {
	enum config_record_format format;
	int64_t duration_us; /* from the first frame on, the pre-roll not counted; 0: until stopped
	                      */
	bool at_once;        /* the duration counts from now on: an earlier one goes on */
	int64_t pre_roll_us; /* 0: none; what was asked of the camera's configuration at most */
	double fps;          /* of a pre-roll: what the shared encoder of H.264 is made for */
	int64_t every_us;    /* a timelapse, always H.264: a picture every so often; 0: all */
	int64_t frame_us;    /* of a timelapse: how long a picture is shown */
	char label[RECORDER_LABEL_SIZE]; /* "": none */
};

/*
 * Starts; -EALREADY while one runs (a new duration then moves its end, `recorder_extend`), -ENOSPC
 * / -EACCES / -errno when the folder cannot take it (checked by a quick statvfs/access only),
 * -ELOOP when the camera's folder is a symbolic link, -ENOSYS when the camera has no such format,
 * -EBUSY when too many earlier ones still write, or -ESHUTDOWN. `ret_id` is the recording's id.
 */
int recorder_start(struct recorder *recorder, const struct recorder_request *request,
                   char ret_id[static ID_SIZE]);

/* Moves the end of the running recording to now + duration (0: until stopped). -ESRCH: none runs.
 */
int recorder_extend(struct recorder *recorder, int64_t duration_us);

/* Asks the running recording to end; returns at once, the finished file is an event. -ESRCH: none.
 */
int recorder_stop(struct recorder *recorder, enum recorder_reason reason);

/* At exit: ends what runs. A burst of a pre-roll, or a slow disk, has a quarter of the time for
 * what was taken before; what is not written by then is counted as dropped, so that there is time
 * to finish the file. Returns at once; recorder_shutdown() has to follow. */
void recorder_begin_shutdown(struct recorder *recorder, int64_t timeout_us);

/* As above, and waits up to `timeout_us` for the file to be finished: 0, or
 * -ETIMEDOUT when it was not. From then on no file is finished any more, the synced `.part` stays
 * and is recovered at the next start; a further call waits for that. What waits longer waits for a
 * disk that doesn't answer, and recorder_free() would too. */
int recorder_shutdown(struct recorder *recorder, int64_t timeout_us);

/* Of the writer: it rests between recordings and while the disk has it. A timelapse waits for
 * longer than it allows. */
struct heartbeat *recorder_heartbeat(struct recorder *recorder);

/* Of the running recording, else of the last one. */
struct recorder_status {
	bool running;   /* between start and stop */
	bool active;    /* frames are being written */
	bool finishing; /* a stopped recording has not told its last file yet */
	bool stuck;     /* the disk doesn't answer: not active */
	char id[ID_SIZE];
	char file[RECORDER_FILE_SIZE];
	int64_t started_wall_us; /* of the recording's first frame; 0 before it */
	int64_t ends_mono_us;    /* 0: open end */
	enum config_record_format format;
	char label[RECORDER_LABEL_SIZE];
	uint64_t bytes, frames, dropped;
	uint64_t file_bytes; /* of the file that is being written */
};
void recorder_status(struct recorder *recorder, struct recorder_status *ret_status);

#endif
